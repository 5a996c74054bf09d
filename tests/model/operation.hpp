// SPDX-License-Identifier: BSD-2-Clause
// Operation: one step of a sequence that kernel and model carry out, as data.
#pragma once

#include <string>

#include "messages.hpp"

namespace selene::model {

/// Indices are those of the acting thread's capability space. What an operation does not need stays 0.
struct Operation {
    enum class Kind : uint8_t {
        invoke,   ///< a method of `self`
        deliver,  ///< send `items` to a thread with the same table as the first actor's, window `self`, `words`
        signal,
        poll,
        raise,  ///< interrupt line `self`, for a moment
    };

    Kind kind = Kind::invoke;
    unsigned actor = 0;
    uint64_t self = 0;
    uint32_t method = 0;
    std::vector<uint64_t> words = {};
    uint64_t progress = 0;  ///< what the last message word says
    uint64_t tag_bits = 0;
    std::vector<Item> items = {};
};

/// The threads that act: the first with a flat table, the second as the first lets it. Null if one has ended.
struct Actors {
    Object* threads[2] = {};
    Object* receiver = nullptr;  ///< of what is delivered
};

/// What the model says to it; nothing if it is not the model's.
std::optional<Outcome> apply(System& system, const Actors& actors, const Operation& operation);

/// C++ that makes these operations again.
std::string as_source(const std::vector<Operation>& operations);

}  // namespace selene::model
