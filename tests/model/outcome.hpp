// SPDX-License-Identifier: BSD-2-Clause
// Outcome: what came of an operation.
#pragma once

#include <cstdint>
#include <ostream>

#include "abi/types.hpp"

namespace selene::model {

using abi::ErrorCode;
using abi::ObjectType;
using abi::Right;

/// A code of 0 is success. `done` says how many items of a range were done before one was refused.
struct Outcome {
    uint64_t code = 0;
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t done = 0;
    uint64_t result = 0;  ///< of success: the first result word, if there is one

    static Outcome refused(ErrorCode code, uint64_t detail0 = 0, uint64_t detail1 = 0) {
        return {static_cast<uint64_t>(code), detail0, detail1};
    }
    static Outcome with(uint64_t result) { return {.result = result}; }

    [[nodiscard]] bool refused() const { return code != 0; }
    [[nodiscard]] bool refused_as(ErrorCode error) const { return code == static_cast<uint64_t>(error); }
    [[nodiscard]] Outcome after(uint64_t items) const {
        Outcome outcome = *this;
        outcome.done = items;
        return outcome;
    }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
    if (!outcome.refused()) return stream << "obeyed (" << outcome.result << ")";
    return stream << "code " << outcome.code << " (" << outcome.detail0 << ", " << outcome.detail1 << "), "
                  << outcome.done << " done";
}

}  // namespace selene::model
