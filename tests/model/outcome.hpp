// SPDX-License-Identifier: BSD-2-Clause
// Outcome: what came of an operation.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <utility>
#include <vector>

#include "abi/types.hpp"

namespace selene::model {

using abi::ErrorCode;
using abi::ObjectType;
using abi::Right;

/// What a report names: an object, the memory of one, or a slot, by its holder's type and address and its index there.
/// The kernel says a number instead, the same for the same thing and another for each other thing that there is.
struct Name {
    enum class Kind : uint8_t { nothing, object, slot };

    Kind kind = Kind::nothing;
    ObjectType type = ObjectType::empty;
    uint64_t base = 0;
    uint64_t index = 0;
    friend auto operator<=>(const Name&, const Name&) = default;
};

/// A word of a report: a number or a name; or it is not the model's to know.
struct Word {
    uint64_t number = 0;
    Name name = {};
    bool unknown = false;
};

/// A code of 0 is success. `done` says how many items of a range were done before one was refused.
struct Outcome {
    uint64_t code = 0;
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t done = 0;
    uint64_t result = 0;            ///< of success: the first result word, if there is one
    std::vector<Word> report = {};  ///< of a method that reports: all result words; compared apart

    static Outcome refused(ErrorCode code, uint64_t detail0 = 0, uint64_t detail1 = 0) {
        return {static_cast<uint64_t>(code), detail0, detail1};
    }
    static Outcome with(uint64_t result) { return {.result = result}; }
    static Outcome reporting(std::vector<Word> report) {
        return {.result = report.at(0).number, .report = std::move(report)};
    }

    [[nodiscard]] bool refused() const { return code != 0; }
    [[nodiscard]] bool refused_as(ErrorCode error) const { return code == static_cast<uint64_t>(error); }
    [[nodiscard]] Outcome after(uint64_t items) const {
        Outcome outcome = *this;
        outcome.done = items;
        return outcome;
    }
    friend bool operator==(const Outcome& a, const Outcome& b) {
        return a.code == b.code && a.detail0 == b.detail0 && a.detail1 == b.detail1 && a.done == b.done &&
               a.result == b.result;
    }
};

inline std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
    if (!outcome.refused()) return stream << "obeyed (" << outcome.result << ")";
    return stream << "code " << outcome.code << " (" << outcome.detail0 << ", " << outcome.detail1 << "), "
                  << outcome.done << " done";
}

}  // namespace selene::model
