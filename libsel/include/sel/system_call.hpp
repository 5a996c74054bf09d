// SPDX-License-Identifier: BSD-2-Clause
// The ten system calls as inline functions on registers: the only place in user code that enters the kernel.
#pragma once

#include <array>
#include <cstdint>

#include "abi/types.hpp"

namespace sel {

namespace abi = selene::abi;

/// What goes into the kernel and comes out of it. Programs use the typed capabilities (sel/endpoint.hpp and its
/// neighbours) and the generated stubs (abi/stubs.hpp), which stand on these functions.
///
///             in                                        out
///   x0        capability index                          badge (receive forms), bits (wait, poll), else 0
///   x1        tag                                       tag
///   x2..x9    message words, zero beyond the length     message words
///   x10       index of the Reply capability             zero, as x11..x18
///
/// Rights: those of the operation (docs/reference.md). Errors: if the kernel refuses, the tag that comes out has its
/// error bit set: x0 is the error code, x2 and x3 are its details and x4 is how many items a range operation has done.
/// See sel/error.hpp.
///
/// Example: a method that no stub has, as a test of the kernel calls it: was it refused?
///
///     bool is_refused(sel::CapIndex object, uint32_t label) {
///         const sel::Registers out =
///             sel::system_call<sel::abi::SystemCall::call>({.x0 = object.raw(), .tag = sel::abi::Tag().with_label(label)});
///         return out.tag.error();
///     }
struct Registers {
    uint64_t x0 = 0;
    abi::Tag tag{};
    std::array<uint64_t, 8> words{};
    uint64_t reply = abi::no_capability;
};

#if defined(__aarch64__)

// Enters the kernel with all eight message words. To the compiler this is a function call: x0..x18 and the flags
// are dead afterwards, memory (the IPC buffer) may have changed, x19..x30 and the floating-point registers are kept.
template <abi::SystemCall number>
[[gnu::always_inline]] inline Registers system_call(const Registers& in) {
    register uint64_t x0 asm("x0") = in.x0;
    register uint64_t x1 asm("x1") = in.tag.raw();
    register uint64_t x2 asm("x2") = in.words[0];
    register uint64_t x3 asm("x3") = in.words[1];
    register uint64_t x4 asm("x4") = in.words[2];
    register uint64_t x5 asm("x5") = in.words[3];
    register uint64_t x6 asm("x6") = in.words[4];
    register uint64_t x7 asm("x7") = in.words[5];
    register uint64_t x8 asm("x8") = in.words[6];
    register uint64_t x9 asm("x9") = in.words[7];
    register uint64_t x10 asm("x10") = in.reply;
    asm volatile("svc %[number]"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7), "+r"(x8), "+r"(x9),
                   "+r"(x10)
                 : [number] "i"(static_cast<unsigned>(number))
                 : "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    return {.x0 = x0, .tag = abi::Tag(x1), .words = {x2, x3, x4, x5, x6, x7, x8, x9}, .reply = x10};
}

// For signal, wait, poll and yield, which carry no message in either direction: the words need no clearing.
template <abi::SystemCall number>
[[gnu::always_inline]] inline Registers short_system_call(uint64_t capability) {
    register uint64_t x0 asm("x0") = capability;
    register uint64_t x1 asm("x1") = 0;
    register uint64_t x2 asm("x2");
    register uint64_t x3 asm("x3");
    register uint64_t x4 asm("x4");
    asm volatile("svc %[number]"
                 : "+r"(x0), "+r"(x1), "=r"(x2), "=r"(x3), "=r"(x4)
                 : [number] "i"(static_cast<unsigned>(number))
                 : "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "cc",
                   "memory");
    return {.x0 = x0, .tag = abi::Tag(x1), .words = {x2, x3, x4}, .reply = 0};
}

#else

// On any other machine the library is under test: the test is the kernel.
Registers simulated_system_call(abi::SystemCall number, const Registers& in);

template <abi::SystemCall number>
inline Registers system_call(const Registers& in) {
    return simulated_system_call(number, in);
}

template <abi::SystemCall number>
inline Registers short_system_call(uint64_t capability) {
    return simulated_system_call(number, {.x0 = capability});
}

#endif

}  // namespace sel
