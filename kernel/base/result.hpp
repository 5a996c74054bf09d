// SPDX-License-Identifier: BSD-2-Clause
// What can fail returns a Result: a value, or an Error that names the offending argument, index or limit.
#pragma once

#include <cstdint>
#include <expected>
#include <utility>

#include "abi/types.hpp"

namespace selene {

/// Why an operation was refused. The details mean what kernel/abi/errors.yaml says; `done` counts the items of a range that were worked off before.
struct [[nodiscard]] Error {
    abi::ErrorCode code;
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t done = 0;

    friend constexpr bool operator==(const Error&, const Error&) = default;
};

/// Never leaves the kernel: the operation has stored its progress and is to be called again when the pending interrupt is dealt with.
inline constexpr auto preempted_code = static_cast<abi::ErrorCode>(0xffff);
inline constexpr Error preempted{preempted_code};

template <class Value>
using Result = std::expected<Value, Error>;

inline std::unexpected<Error> refuse(abi::ErrorCode code, uint64_t detail0 = 0, uint64_t detail1 = 0) {
    return std::unexpected(Error{code, detail0, detail1});
}

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
