// SPDX-License-Identifier: BSD-2-Clause
// Refusals as data: for each method and system call, each error that it can meet, and how to meet it.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "talk.hpp"

namespace selene::test {

/// A world in which something is refused once.
class Scene {
public:
    World world;

    /// Make a system call that is to be refused: whatever it is refused with, nothing must change.
    void refuse(const std::function<Registers()>& action);
    /// The same, while an unmap of what descends from a slot is under way: another thread tries.
    void refuse_while_unmapping(uint64_t root, const std::function<Registers()>& action);
    /// A call that waited has ended with an error.
    void ended(const Actor& actor) { error_ = error_of(actor); }

    [[nodiscard]] const std::optional<sel::Error>& error() const { return error_; }

    // --- Supply -------------------------------------------------------------------------------------------------

    uint64_t make(ObjectType type, uint64_t size = 0) { return world.make(type, size); }
    uint64_t empty() { return world.take_slot(); }
    /// A capability as deep in the derivation tree as there can be one.
    uint64_t deepest(uint64_t source);
    uint64_t device_untyped() { return world.info().untypeds[world.info().untyped_count - 1].slot; }
    uint64_t device_frame();
    /// A frame mapped where page tables are made for it, and its address.
    uint64_t mapped_frame(uint64_t address);

private:
    std::optional<sel::Error> error_;
};

/// A method's number and its arguments, to what a slot of the first task's table names.
template <class Method>
Registers invoke(uint64_t self, Method method, std::initializer_list<uint64_t> words) {
    Message message{.length = static_cast<unsigned>(words.size()), .label = static_cast<uint32_t>(method)};
    std::copy(words.begin(), words.end(), message.words.begin());
    return talk(SystemCall::call, self, message);
}

struct MethodRefusal {
    ObjectType object;
    uint32_t method;
    ErrorCode code;
    void (*provoke)(Scene& scene);

    template <class Method>
    constexpr MethodRefusal(ObjectType type, Method number, ErrorCode error, void (*how)(Scene&))
        : object(type), method(static_cast<uint32_t>(number)), code(error), provoke(how) {}
};
std::span<const MethodRefusal> refusals_of_capabilities();
std::span<const MethodRefusal> refusals_of_spaces();
std::span<const MethodRefusal> refusals_of_threads();

struct CallRefusal {
    SystemCall call;
    ErrorCode code;
    void (*provoke)(Scene& scene);
};
std::span<const CallRefusal> refusals_of_messages();

constexpr uint64_t own_slot = static_cast<uint64_t>(BootSlot::table);
constexpr uint64_t all_rights = abi::all_rights;

}  // namespace selene::test
