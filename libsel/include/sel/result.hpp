// SPDX-License-Identifier: BSD-2-Clause
// Results: what a function returns that can be refused, by the kernel or by the library.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>
#include <type_traits>
#include <utility>

#include "abi/types.hpp"

namespace sel {

namespace abi = selene::abi;

/// Refusals that the library itself decides, numbered beyond the kernel's.
enum class LibraryError : uint32_t {
    bad_environment = 0x1000,  // the environment is damaged; details: offset, 0
    unknown_name,              // the environment has no such name; details: the first 16 characters of the name
    no_slots,                  // too few free slots; details: needed, free in the largest range
    no_addresses,              // too little free address space; details: bytes needed, bytes in the largest range
    no_memory,                 // no held untyped is large enough; details: bytes needed, 0
    no_ipc_buffer,             // the thread has no IPC buffer; details: 0, 0
    not_allocated,             // what was given back did not come from here; details: index or address, 0
    unexpected_message,        // the partner answered with something else; details: label, length
    not_understood,            // the partner knows no such request; details: label, length
    outside_region,            // not within the shared memory; details: offset, bytes
    too_many_clients,          // a server has no room for the state of another client; details: badge, room
    closed,                    // a partner has closed what both used; details: 0, 0
    partner_died,              // a partner has died while it held a lock; details: the partner's number, 0
    not_held,                  // unlocked by who does not hold it; details: who holds it or 0, 0
    held_already,              // locked by who holds it: it would wait for itself; details: its number, 0
    no_region,                 // nothing is to be at an address that was touched; details: the address, 0
    count_too_large,           // a semaphore's count would pass its limit; details: the count, the limit
    timed_out,                 // a partner has not answered in time; details: the limit in nanoseconds, 0
};

/// An enumeration of a protocol's own errors: any scoped one of two bytes. Its sentences: sel/error.hpp.
template <typename E>
concept ServiceError = std::is_scoped_enum_v<E> && sizeof(E) <= 2;

/// Errors from here on are a service's own.
inline constexpr uint32_t service_errors = 0x10000;

/// What is added to the enumerators of a service's errors. It is made from the enumeration's full name, so that an error of
/// one service, which another may pass on, is not taken for one of the other's.
template <ServiceError E>
consteval uint32_t errors_of() {
    // FNV-1a, https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
    uint32_t hash = 0x811c'9dc5;
    for (const char letter : std::string_view(__PRETTY_FUNCTION__)) {
        hash = (hash ^ static_cast<uint8_t>(letter)) * 0x0100'0193;
    }
    return (hash | 1) * service_errors;
}

/// Why something was refused. sel/error.hpp makes a sentence of it.
struct Error {
    uint32_t code;  // of abi::ErrorCode or LibraryError, or a service's: errors_of() and its enumerator
    std::array<uint64_t, 2> details{};  // what they are depends on the code
    uint64_t done = 0;                  // range operations: how many items were done before the refused one

    constexpr Error(abi::ErrorCode kernel_code, uint64_t first = 0, uint64_t second = 0, uint64_t items_done = 0)
        : code(static_cast<uint32_t>(kernel_code)), details{first, second}, done(items_done) {}
    constexpr Error(LibraryError library_code, uint64_t first = 0, uint64_t second = 0)
        : code(static_cast<uint32_t>(library_code)), details{first, second} {}
    template <ServiceError E>
    constexpr Error(E service_code, uint64_t first = 0, uint64_t second = 0)
        : code(errors_of<E>() + static_cast<uint16_t>(service_code)), details{first, second} {}

    [[nodiscard]] constexpr bool is(abi::ErrorCode other) const { return code == static_cast<uint32_t>(other); }
    [[nodiscard]] constexpr bool is(LibraryError other) const { return code == static_cast<uint32_t>(other); }
    template <ServiceError E>
    [[nodiscard]] constexpr bool is(E other) const {
        return code == errors_of<E>() + static_cast<uint16_t>(other);
    }

    friend constexpr bool operator==(const Error&, const Error&) = default;
};

/// What a function returns that can be refused: a value or an Error.
///
/// Example: a request that is made a second time if its answer did not come in time; other errors are the caller's.
///
///     sel::Result<uint64_t> ask_twice(sel::Result<uint64_t> (*ask)()) {
///         const auto first = ask();
///         if (first || !first.error().is(sel::LibraryError::timed_out)) return first;
///         SEL_TRY(second, ask());
///         if (second == 0) return sel::refused({sel::LibraryError::not_understood});
///         return second;
///     }
template <typename T>
using Result = std::expected<T, Error>;

/// Lets an Error be returned from a function with a Result: return refused(...).
constexpr std::unexpected<Error> refused(Error error) { return std::unexpected(error); }

/// Evaluates a Result; returns its error from the enclosing function, or goes on with its value as a new variable.
#define SEL_TRY(variable, expression)                                            \
    auto variable##_result = (expression);                                       \
    if (!variable##_result) return ::std::unexpected(variable##_result.error()); \
    auto variable = ::std::move(*variable##_result)

/// The same for a Result without value, or one whose value does not matter.
#define SEL_TRY_VOID(expression) \
    if (auto sel_result = (expression); !sel_result) return ::std::unexpected(sel_result.error())

}  // namespace sel
