// SPDX-License-Identifier: BSD-2-Clause
// In place of the kernel's Invocation: a message, a table of capabilities, and what became of the call.
#pragma once

#include <array>
#include <map>

#include "base/result.hpp"
#include "base/units.hpp"
#include "capability/capability.hpp"
#include "capability/slot.hpp"

namespace selene {

/// What the generated decoder sees of a system call.
struct Invocation {
    uint64_t word(unsigned index) const { return words.at(index); }
    unsigned length() const { return given_length; }
    uint32_t method() const { return given_method; }
    abi::ObjectType type() const { return invoked_type; }
    Rights rights() const { return invoked_rights; }

    Result<Slot*> capability(unsigned argument, uint64_t index, Requirement wanted) {
        const Rights required = wanted.rights();
        const abi::ObjectType required_type = object_type(wanted.type());
        const auto found = table.find(index);
        if (found == table.end()) return refuse(abi::ErrorCode::empty_slot, argument, index);
        Slot& slot = found->second;
        if (required_type != abi::ObjectType::empty && slot.type != required_type)
            return refuse(abi::ErrorCode::wrong_type, argument, static_cast<uint64_t>(slot.type));
        if (!slot.rights.include(required))
            return refuse(abi::ErrorCode::missing_right, argument, (required - slot.rights).mask());
        return &slot;
    }

    void set_result(unsigned index, uint64_t value) { results.at(index) = value; }

    std::array<uint64_t, abi::register_words> words{};
    unsigned given_length = 0;
    uint32_t given_method = 0;
    abi::ObjectType invoked_type = abi::ObjectType::empty;
    Rights invoked_rights{};
    std::map<uint64_t, Slot> table{};

    std::array<uint64_t, abi::register_words> results{};
    unsigned result_length = 0;
};

}  // namespace selene
