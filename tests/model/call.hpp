// SPDX-License-Identifier: BSD-2-Clause
// Call: from what a thread says to a method and its arguments, or to a refusal.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "system.hpp"

namespace selene::model {

/// A call as a thread makes it: the method's number as label, the arguments as words. In the last word of the message a
/// range operation keeps how many items it has done.
struct Request {
    uint64_t self = 0;
    uint32_t method = 0;
    std::vector<uint64_t> words = {};
    uint64_t progress = 0;
    uint64_t tag_bits = 0;  ///< that a caller must not set
};

/// A call whose capabilities have been found and whose words are in range.
struct Call {
    const Object* thread = nullptr;
    Capability* self = nullptr;
    std::array<uint64_t, abi::register_words> words{};
    std::array<Capability*, abi::register_words> capabilities{};  ///< those of the words that name one

    [[nodiscard]] Object& object() const { return *self->object; }
    [[nodiscard]] uint64_t progress() const { return words[abi::register_words - 1]; }
};

/// What a look-up comes to: a slot, which may be empty, or a refusal.
struct Slot {
    Place place;
    Outcome outcome;
};
/// The slot that an index names in the capability space of a thread; `argument` is for the error.
Slot look_up(const System& system, const Object& thread, uint64_t argument, uint64_t index);

/// The capability that an index names, its type (none: any) and rights checked.
struct Found {
    Capability* capability;
    Outcome outcome;
};
Found find(const System& system, const Object& thread, uint64_t argument, uint64_t index,
           std::optional<ObjectType> type, uint64_t rights);

/// Do what a thread asks for. Nothing if that is not a method call but a message, or the end of the machine.
std::optional<Outcome> invoke(System& system, const Object& thread, const Request& request);

}  // namespace selene::model
