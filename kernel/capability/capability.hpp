// SPDX-License-Identifier: BSD-2-Clause
// A capability: what a slot holds, two words.
#pragma once

#include "abi/types.hpp"
#include "base/field.hpp"
#include "capability/rights.hpp"

namespace selene {

/// What word 0 says the capability is to. The first values are the interface's object types; those from
/// `installed_table` on are capabilities that an object holds in a slot of its own, where nobody can name them. Their
/// slot's place tells whose they are.
enum class CapType : uint8_t {
    empty = 0,
    untyped = 1,
    cap_table,
    task,
    thread,
    address_space,
    page_table,
    frame,
    endpoint,
    reply,
    notification,
    sched_context,
    interrupt_handler,
    interrupt_control,
    schedule_control,
    power_control,
    installed_table = 20,    ///< in a task
    installed_space,         ///< in a task
    installed_endpoint,      ///< in a task: where faults go
    installed_task,          ///< in a thread
    installed_buffer,        ///< in a thread: the frame of its IPC buffer
    installed_notification,  ///< in an interrupt handler
};

constexpr CapType cap_type(abi::ObjectType type) { return static_cast<CapType>(type); }
constexpr abi::ObjectType object_type(CapType type) { return static_cast<abi::ObjectType>(type); }
static_assert(cap_type(abi::ObjectType::power_control) == CapType::power_control);

/// A capability by value.
///
///        63    62..58   57..53                      52..48  47..0
/// word 0 read  type     write reply transfer        -       object
///                       inspect write_execute
/// word 1 badge (endpoint, notification, interrupt control), guard (table), or what the type needs
///
/// The rights that IPC asks for enclose the type, so that one comparison of neighbouring bits checks type and rights at
/// once. Untyped and frame use the low bits in their own way: see object/untyped.hpp and object/frame.hpp.
class Capability {
public:
    using Read = Field<63, 63>;
    using Type = Field<62, 58, CapType>;
    using ReadType = Field<63, 58>;
    using TypeWrite = Field<62, 57>;
    using TypeWriteReply = Field<62, 56>;

    // What these are of a capability to this type with these rights.
    static constexpr uint64_t read_type(CapType type) { return ReadType::of(Read::make(1) | Type::make(type)); }
    static constexpr uint64_t type_write(CapType type) {
        return TypeWrite::of(Type::make(type) | rights_bits(rights::write));
    }
    static constexpr uint64_t type_write_reply(CapType type) {
        return TypeWriteReply::of(Type::make(type) | rights_bits(rights::write | rights::reply));
    }

    constexpr Capability() = default;
    constexpr Capability(uint64_t word0, uint64_t word1) : word0_(word0), word1_(word1) {}

    template <class Object>
    static Capability to(CapType type, const Object* object, Rights rights, uint64_t word1 = 0) {
        return Capability(Type::make(type) | rights_bits(rights) | PointerField<Object>::make(object), word1);
    }

    [[nodiscard]] constexpr CapType type() const { return Type::of(word0_); }
    [[nodiscard]] constexpr bool empty() const { return word0_ == 0; }
    [[nodiscard]] constexpr uint64_t word0() const { return word0_; }
    [[nodiscard]] constexpr uint64_t word1() const { return word1_; }

    [[nodiscard]] constexpr Rights rights() const { return RequiredRights::of_word0(word0_); }
    [[nodiscard]] constexpr bool allows(Rights required) const { return allows(RequiredRights(required)); }
    [[nodiscard]] constexpr bool allows(RequiredRights required) const { return required.are_in(word0_); }
    [[nodiscard]] constexpr Capability with_rights(Rights rights) const {
        return Capability((word0_ & ~rights_bits(rights::all)) | rights_bits(rights), word1_);
    }
    /// Without the rights that are not among these.
    [[nodiscard]] constexpr Capability limited_to(Rights rights) const {
        return Capability(word0_ & (rights_bits(rights) | ~rights_bits(rights::all)), word1_);
    }
    [[nodiscard]] constexpr Capability with_type(CapType type) const {
        return Capability(Type::with(word0_, type), word1_);
    }
    [[nodiscard]] constexpr Capability with_word1(uint64_t word1) const { return Capability(word0_, word1); }

    /// The object, for every type whose low bits are an object's address.
    template <class Object>
    [[nodiscard]] Object* object() const {
        return PointerField<Object>::of(word0_);
    }

    /// The place of rights in word 0.
    [[nodiscard]] static constexpr uint64_t rights_bits(Rights rights) { return RequiredRights(rights).in_word0(); }

    friend constexpr bool operator==(const Capability&, const Capability&) = default;

private:
    uint64_t word0_ = 0;
    uint64_t word1_ = 0;
};
static_assert(sizeof(Capability) == 16);
static_assert(Capability(0, 0).with_rights(rights::all).rights() == rights::all);
static_assert(Capability::ReadType::mask == (Capability::Type::mask | Capability::rights_bits(rights::read)));
static_assert(Capability::TypeWrite::mask == (Capability::Type::mask | Capability::rights_bits(rights::write)));
static_assert(Capability::TypeWriteReply::mask ==
              (Capability::Type::mask | Capability::rights_bits(rights::write | rights::reply)));

/// What a capability has to be, so that one comparison tells: a half-word like the upper 16 bits of word 0, and a mask
/// of those of its bits that count. Word 0 has nothing in the low five of them that matters here; they are free for
/// something else that has to be compared.
///
///     15    14..10   9     8     7        6       5               4..0
///     read  type     write reply transfer inspect write_execute   free
class Requirement {
public:
    using Type = Field<14, 10, CapType>;
    using Free = Field<4, 0>;

    /// Any type but an empty slot's if that is `empty`.
    constexpr Requirement(CapType type, RequiredRights rights)
        : Requirement(Type::make(type) | rights.in_word0() >> RequiredRights::shift,
                      type == CapType::empty ? 0 : Type::mask) {}
    constexpr Requirement(CapType type, RequiredRights rights, uint64_t free)
        : Requirement(Type::make(type) | rights.in_word0() >> RequiredRights::shift | Free::make(free),
                      Type::mask | Free::mask) {}

    [[nodiscard]] constexpr bool met_by(uint64_t word0) const {
        return word0 != 0 && differences(word0 >> RequiredRights::shift) == 0;
    }
    [[nodiscard]] constexpr bool met_by(uint64_t word0, uint64_t free) const {
        return differences(Free::with(word0 >> RequiredRights::shift, free)) == 0;
    }

    [[nodiscard]] constexpr CapType type() const { return Type::of(bits_); }
    [[nodiscard]] constexpr uint64_t free() const { return Free::of(bits_); }
    [[nodiscard]] constexpr Rights rights() const {
        return RequiredRights::of_word0(uint64_t{bits_} << RequiredRights::shift);
    }

private:
    using Wanted = Field<15, 0>;
    using Mask = Field<31, 16>;

    constexpr Requirement(uint64_t wanted, uint64_t further_mask)
        : bits_(static_cast<uint32_t>(Wanted::make(wanted) | Mask::make(wanted | further_mask))) {}

    [[nodiscard]] constexpr uint64_t differences(uint64_t offered) const { return (offered ^ bits_) & Mask::of(bits_); }

    uint32_t bits_;
};

/// Whether children may be derived with a badge.
constexpr bool carries_badge(CapType type) {
    return type == CapType::endpoint || type == CapType::notification || type == CapType::interrupt_control;
}

}  // namespace selene
