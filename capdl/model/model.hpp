// SPDX-License-Identifier: BSD-2-Clause
// What a spec means: objects, the capabilities in their slots, what covers what, what derives from what.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "language/syntax.hpp"
#include "language/vocabulary.hpp"
#include "text/name_table.hpp"
#include "text/source.hpp"

namespace capdl {

/// The number of an object in a Model; elements of an array are consecutive.
enum class ObjectId : uint32_t { none = no_index };
[[nodiscard]] constexpr uint32_t index_of(ObjectId id) { return static_cast<uint32_t>(id); }

/// A parameter with its value; see ParameterRule for the shapes.
struct ObjectParameter {
    Parameter parameter;
    uint64_t value = 0;
    uint64_t second = 0;
    uint64_t third = 0;
    Name text = Name::none;
    Slice list = {};  ///< of the Model's numbers or fills
    Span span = {};
};

/// A part of a frame's content.
struct Fill {
    FillSource source;
    uint64_t offset;
    uint64_t length;
    uint64_t source_offset = 0;
    Name text = Name::none;  ///< file name, or hexadecimal digits
    ObjectId frame = ObjectId::none;
    Span span = {};
};

struct Object {
    ObjectType type;
    Name name;
    uint32_t element = no_index;        ///< index in its array, if it is in one
    ObjectId untyped = ObjectId::none;  ///< what covers it
    uint32_t component = no_index;      ///< whose it is
    Slice parameters = {};
    Slice children = {};  ///< of an untyped, in allocation order
    Slice slots = {};     ///< in order of the slot number
    Span span = {};
};

/// The number of a capability in a Model.
enum class CapabilityId : uint32_t { none = no_index };
[[nodiscard]] constexpr uint32_t index_of(CapabilityId id) { return static_cast<uint32_t>(id); }

enum class Cached : uint8_t { unsaid, cached, uncached };
enum class Executable : uint8_t { unsaid, executable, execute_never };
enum class ReplyKind : uint8_t { none, reply, master_reply };

/// A capability in a slot.
struct Capability {
    ObjectId container = ObjectId::none;
    uint64_t slot = 0;
    ObjectId object = ObjectId::none;  ///< none: an authority
    Authority authority = Authority::none;
    Rights rights;
    Cached cached = Cached::unsaid;
    Executable executable = Executable::unsaid;
    ReplyKind reply = ReplyKind::none;
    uint8_t guard_size = 0;
    bool has_mapping = false;
    uint64_t word = 0;                         ///< badge, guard, core, quota, software interrupt, index of a mapping
    uint64_t second = 0;                       ///< target of a software interrupt; ASID high << 32 | low, plus 1
    CapabilityId parent = CapabilityId::none;  ///< as `cdt` or `child_of` say
    Span span;
};

/// A name that objects have: one object, or an array of them.
struct Declaration {
    ObjectId first = ObjectId::none;
    uint32_t count = 0;
    bool is_array = false;
    Span span;
};

/// A slot by its place.
struct SlotPlace {
    ObjectId container = ObjectId::none;
    uint64_t slot = 0;
    friend bool operator==(const SlotPlace&, const SlotPlace&) = default;
};

struct InterruptMapping {
    uint64_t number;
    ObjectId object;
    Span span;
};

/// A component after expansion: which objects are its own.
struct Component {
    Name name;
    ObjectId home = ObjectId::none;
    ObjectId cnode = ObjectId::none;
    ObjectId thread = ObjectId::none;
    Span span;
};

/// Components whose homes lie in one untyped, so that they can be taken away and made anew together.
struct RestartGroup {
    Name name;
    ObjectId home;
    uint32_t supervisor = no_index;  ///< the component that does so
    Span span;
};

/// A rule about who may affect whom.
struct Policy {
    struct Subject {
        std::string name;  ///< of a component, an object, or an element of an array
        Span span;
    };
    SyntaxPolicy::Kind kind;
    std::vector<Subject> from;
    std::vector<Subject> to;
    std::vector<Subject> through;
    Span span;
};

class Model {
public:
    /// Limits that keep any input from exhausting the machine.
    static constexpr uint32_t object_limit = 1u << 20;
    static constexpr uint32_t capability_limit = 1u << 21;
    static constexpr uint32_t reference_limit = 1u << 22;  ///< objects that all references together name
    static constexpr unsigned untyped_depth_limit = 200;

    Architecture architecture = Architecture::aarch64;
    std::vector<Object> objects;
    std::vector<Capability> capabilities;  ///< after `seal` by container and slot
    std::vector<ObjectParameter> parameters;
    std::vector<Fill> fills;
    std::vector<uint64_t> numbers;
    std::vector<SlotPlace> mappings;  ///< what `mapping` says on frame capabilities
    std::vector<InterruptMapping> interrupts;
    std::optional<SyntaxDomains> domains;
    std::vector<Component> components;
    std::vector<RestartGroup> groups;
    std::vector<Policy> policies;

    explicit Model(NameTable& names) : names_(names) {}

    // --- Building ---
    /// Declares `count` objects under a name that has none yet; `array` says whether they are `name[count]`.
    enum class Form : uint8_t { single, array };
    ObjectId declare(Object prototype, Form form, uint32_t count);
    /// Says that an untyped covers an object that none covers yet.
    void cover(ObjectId untyped, ObjectId child);
    CapabilityId add(const Capability& capability);
    /// Puts capabilities and children in order and gives each object its slices. Numbers of capabilities change.
    void seal();

    // --- After mistakes ---
    /// Says that what has this name is missing, for a reason that has been reported.
    void lose(Name name) { lost_.insert(name); }
    /// Whether a name, or what it is a part of, is missing for such a reason: then nothing more is to be said of it.
    [[nodiscard]] bool is_lost(std::string_view name) const;

    // --- Looking ---
    [[nodiscard]] const Object& operator[](ObjectId id) const { return objects[index_of(id)]; }
    [[nodiscard]] Object& operator[](ObjectId id) { return objects[index_of(id)]; }
    [[nodiscard]] const Capability& operator[](CapabilityId id) const { return capabilities[index_of(id)]; }
    [[nodiscard]] const Declaration* find(Name name) const;
    [[nodiscard]] std::span<const ObjectParameter> parameters_of(ObjectId id) const {
        return Module::part(parameters, (*this)[id].parameters);
    }
    [[nodiscard]] const ObjectParameter* parameter(ObjectId id, Parameter parameter) const;
    [[nodiscard]] std::optional<uint64_t> value(ObjectId id, Parameter parameter) const;
    [[nodiscard]] std::span<const Fill> fills_of(ObjectId id) const;
    [[nodiscard]] std::span<const ObjectId> children_of(ObjectId id) const {
        return Module::part(children_, (*this)[id].children);
    }
    /// Only after `seal`.
    [[nodiscard]] std::span<const Capability> slots_of(ObjectId id) const {
        return Module::part(capabilities, (*this)[id].slots);
    }
    [[nodiscard]] const Capability* slot(ObjectId id, uint64_t number) const;
    [[nodiscard]] CapabilityId id_of(const Capability* capability) const {
        return static_cast<CapabilityId>(capability - capabilities.data());
    }
    [[nodiscard]] const Capability* slot(ObjectId thread, ThreadSlot slot) const {
        return this->slot(thread, static_cast<uint64_t>(slot));
    }
    [[nodiscard]] std::string_view text(Name name) const { return names_.text(name); }
    [[nodiscard]] NameTable& names() const { return names_; }
    /// Whether an object lies where the machine has it, not in what covers it: a device's frame, or one with `paddr`.
    [[nodiscard]] bool has_place(ObjectId id) const;
    /// Whether an object is made from an untyped, directly or from one that is: then it goes when that is taken back.
    [[nodiscard]] bool is_made_from(ObjectId untyped, ObjectId id) const;
    /// Whether an object stands for an interrupt; a cnode of 0 bits does too.
    [[nodiscard]] bool is_interrupt(ObjectId id) const;
    /// `name` or `name[3]`.
    [[nodiscard]] std::string name_of(ObjectId id) const;
    /// Every name that is declared, in order of the first appearance.
    [[nodiscard]] std::span<const Name> declared_names() const { return declared_names_; }

private:
    void order_children();
    void order_capabilities();

    NameTable& names_;
    std::vector<Declaration> declarations_;  ///< by name
    std::vector<Name> declared_names_;
    struct Cover {
        ObjectId untyped;
        ObjectId child;
    };
    std::vector<Cover> covers_;
    std::vector<ObjectId> children_;
    std::unordered_set<Name> lost_;
};

}  // namespace capdl
