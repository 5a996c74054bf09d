// SPDX-License-Identifier: BSD-2-Clause
// What can fail returns a Result: a value, or the code of an error. What the error names lies in the core's Refusal, so that a Result travels in registers.
#pragma once

#include <cstdint>
#include <expected>
#include <utility>

#include "abi/types.hpp"

namespace selene {

template <class Value>
using Result = std::expected<Value, abi::ErrorCode>;

/// What the last refusal on a core names. The details mean what kernel/abi/errors.yaml says; `done` counts the items of
/// a range that were worked off before.
struct Refusal {
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t done = 0;
};

/// Never leaves the kernel: the operation has stored its progress and is to be called again when the pending interrupt
/// is dealt with.
inline constexpr auto preempted = static_cast<abi::ErrorCode>(0xffff);

/// Refuse what is being done on this core. syscall/refusal.cpp.
[[gnu::cold]] std::unexpected<abi::ErrorCode> refuse(abi::ErrorCode code, uint64_t detail0 = 0, uint64_t detail1 = 0,
                                                     uint64_t done = 0);
/// Refuse an item of a range, for the reason that the refusal of this core names already.
[[gnu::cold]] std::unexpected<abi::ErrorCode> refuse_item(abi::ErrorCode code, uint64_t done);

/// Evaluates a Result; hands its error to the caller of the enclosing function or goes on with its value.
#define TRY(variable, expression)                          \
    auto variable##_result = (expression);                 \
    if (!variable##_result) [[unlikely]]                   \
        return std::unexpected(variable##_result.error()); \
    auto variable = *variable##_result

#define TRY_VOID(expression)                                \
    if (auto result_ = (expression); !result_) [[unlikely]] \
    return std::unexpected(result_.error())

}  // namespace selene
