// SPDX-License-Identifier: BSD-2-Clause
// The marker instructions between which the benchmark's QEMU plugin counts; see
// tests/bench/plugin/region_counter.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// The name of a benchmark row as a template argument, and the number that the markers carry for it.
template <std::size_t size>
struct RowName {
    char text[size];

    // Implicit, so that a string can be the argument: measure<"cap.map">(...).
    consteval RowName(const char (&name)[size]) { std::copy_n(name, size, text); }

    [[nodiscard]] constexpr std::string_view view() const { return {text, size - 1}; }

    /// A hash of the name (FNV-1a, folded to 16 bits); bench.py refuses two rows with the same one.
    [[nodiscard]] consteval uint32_t number() const {
        uint32_t hash = 0x811c9dc5;
        for (const char c : view()) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
        }
        return (hash ^ (hash >> 16)) & 0xffff;
    }
};

/// Opens a region of this row: from here to the next end(), in whatever thread, kernel instructions and svc
/// count, user code does not.
template <RowName row>
[[gnu::always_inline]] inline void start() {
    asm volatile(
        "movz xzr, %[number]\n"
        "hint #0x70"
        :
        : [number] "i"(row.number())
        : "memory");
}

/// Opens a region that begins behind the last time that the kernel waits for an interrupt before its end.
template <RowName row>
[[gnu::always_inline]] inline void start_behind_wait() {
    asm volatile(
        "movz xzr, %[number]\n"
        "hint #0x72"
        :
        : [number] "i"(row.number())
        : "memory");
}

/// Closes the open region. Without one it does nothing.
[[gnu::always_inline]] inline void end() { asm volatile("hint #0x71" ::: "memory"); }

}  // namespace bench
