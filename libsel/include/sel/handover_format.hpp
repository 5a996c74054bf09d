// SPDX-License-Identifier: BSD-2-Clause
// The description of the memory that the loader hands over, as the receiver finds it: what the loader writes and
// sel::take_handed_over() reads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sel {

/// A component that is given `name: remaining_untyped` finds, under that name, a range of slots and memory:
///
///   0      +---------------------------+
///          | HandedOverHeader          |  48 bytes
///   48     +---------------------------+
///          | HandedOverUntyped [0]     |  32 bytes each, `count` of them
///          | HandedOverUntyped [1] ... |
///          +---------------------------+
///
/// Example: how much of the machine's memory the kernel keeps, from the bytes of that page.
///
///     uint64_t bytes_of_kernel(std::span<const std::byte, sel::handed_over_bytes> page) {
///         sel::HandedOverHeader header{};
///         std::memcpy(&header, page.data(), sizeof header);
///         return header.magic == sel::handed_over_magic ? header.kernel_bytes : 0;
///     }

inline constexpr uint64_t handed_over_magic = 0x5245564f444e4148;  // the bytes "HANDOVER"

/// What becomes of the machine's memory, to the byte:
///
///     boot_bytes = kernel_bytes + system_bytes + other_bytes + the sizes of all entries that are RAM
struct HandedOverHeader {
    uint64_t magic;
    uint64_t count;         ///< of entries
    uint64_t boot_bytes;    ///< all RAM that there is
    uint64_t kernel_bytes;  ///< what stays the kernel's
    uint64_t system_bytes;  ///< what the objects of the specification take, and what the compiler adds to them
    uint64_t other_bytes;   ///< what goes to others, or stays with nobody because of quotas
};

/// What an untyped is.
enum class HandedOverKind : uint64_t {
    memory = 0,  ///< RAM from which nothing is made
    device = 1,  ///< device memory: only frames can be made from it
    boot = 2,    ///< RAM in which the loader still lies: unmapping what was made from it makes it free memory
};

struct HandedOverUntyped {
    uint64_t slot;     ///< index in the receiver's table
    uint64_t address;  ///< physical
    uint64_t size;     ///< in bytes
    HandedOverKind kind;
};

static_assert(sizeof(HandedOverHeader) == 48 && sizeof(HandedOverUntyped) == 32);

/// Bytes of each page of the description: there are as many as there may be entries on any machine.
inline constexpr uint64_t handed_over_bytes = 4096;
/// Entries that so many pages have room for.
[[nodiscard]] constexpr uint64_t handed_over_entries(uint64_t pages) {
    return (pages * handed_over_bytes - sizeof(HandedOverHeader)) / sizeof(HandedOverUntyped);
}

}  // namespace sel
