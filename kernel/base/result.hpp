// SPDX-License-Identifier: BSD-2-Clause
// What can fail returns a Result: a value, or the code of an error. What the error names lies in the core's Refusal, so
// that a Result travels in one or two registers; std::expected takes more of both instructions and registers.
#pragma once

#include <cstdint>

#include "abi/types.hpp"

namespace selene {

/// What the last refusal on a core names. The details mean what kernel/abi/errors.yaml says; `done` counts the items of
/// a range that were worked off before.
struct Refusal {
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t done = 0;
};

/// The code of an error, to be returned as a Result of any type.
struct [[nodiscard]] Refused {
    abi::ErrorCode code;
};

template <class Value>
class [[nodiscard]] Result {
public:
    constexpr Result(Value value) : value_(value) {}
    constexpr Result(Refused refused) : error_(refused.code) {}

    constexpr explicit operator bool() const { return error_ == abi::ErrorCode{}; }
    [[nodiscard]] constexpr abi::ErrorCode error() const { return error_; }
    [[nodiscard]] constexpr const Value& operator*() const { return value_; }
    constexpr const Value* operator->() const { return &value_; }

private:
    // First, so that to hand on a refusal is a jump.
    abi::ErrorCode error_{};
    Value value_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    constexpr Result() = default;
    constexpr Result(Refused refused) : error_(refused.code) {}

    constexpr explicit operator bool() const { return error_ == abi::ErrorCode{}; }
    [[nodiscard]] constexpr abi::ErrorCode error() const { return error_; }

private:
    abi::ErrorCode error_{};
};

/// Never leaves the kernel: the operation has stored its progress and is to be called again when the pending interrupt
/// is dealt with.
inline constexpr auto preempted = static_cast<abi::ErrorCode>(0xffff);

/// Refuse what is being done on this core. syscall/refusal.cpp.
[[gnu::cold]] Refused refuse(abi::ErrorCode code, uint64_t detail0, uint64_t detail1, uint64_t done);
// Functions of their own, since what a refusal does not name would be an instruction wherever one is.
[[gnu::cold, gnu::noinline]] inline Refused refuse(abi::ErrorCode code, uint64_t detail0, uint64_t detail1) {
    return refuse(code, detail0, detail1, 0);
}
[[gnu::cold, gnu::noinline]] inline Refused refuse(abi::ErrorCode code, uint64_t detail0) {
    return refuse(code, detail0, 0, 0);
}
[[gnu::cold, gnu::noinline]] inline Refused refuse(abi::ErrorCode code) { return refuse(code, 0, 0, 0); }
/// Refuse an item of a range, for the reason that the refusal of this core names already.
[[gnu::cold]] Refused refuse_item(abi::ErrorCode code, uint64_t done);

/// Evaluates a Result; hands its error to the caller of the enclosing function or goes on with its value.
#define TRY(variable, expression)                  \
    auto variable##_result = (expression);         \
    if (!variable##_result) [[unlikely]]           \
        return Refused{variable##_result.error()}; \
    auto variable = *variable##_result

#define TRY_VOID(expression)                                \
    if (auto result_ = (expression); !result_) [[unlikely]] \
        return Refused { result_.error() }

}  // namespace selene
