// SPDX-License-Identifier: BSD-2-Clause
// What the debug kernel writes down of itself: entries, exits and who went on, in memory that user level maps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace selene::abi {

/// Why the kernel was entered, and that it was left.
enum class KernelEventKind : uint8_t {
    none = 0,
    system_call = 1,  ///< number: abi::SystemCall; detail: bits 63 to 32 the label, 31 to 0 the index of the capability
    exception = 2,    ///< number: its class, see "ESR_EL1" in the Arm Architecture Reference Manual
    interrupt = 3,
    leave = 4,  ///< the thread is the one that goes on
    idle = 5,   ///< there is none: the kernel waits for an interrupt
    awake = 6,  ///< which has come
};

/// One event: 32 bytes.
struct KernelEvent {
    uint64_t time;    ///< of the virtual counter, as user level reads it
    uint64_t thread;  ///< who was running, or goes on: its identity, as inspection reports it; 0 if nobody
    uint64_t what;    ///< bits 7 to 0 the kind, 15 to 8 the number
    uint64_t detail;

    [[nodiscard]] constexpr KernelEventKind kind() const { return static_cast<KernelEventKind>(what & 0xff); }
    [[nodiscard]] constexpr unsigned number() const { return static_cast<unsigned>(what >> 8 & 0xff); }
    [[nodiscard]] static constexpr uint64_t what_of(KernelEventKind kind, unsigned number) {
        return static_cast<uint64_t>(kind) | uint64_t{number} << 8;
    }
};
static_assert(sizeof(KernelEvent) == 32);

/// A block of 2 MiB that the debug kernel keeps free and describes in the device tree it hands on, as a device of the
/// model `model`; the release kernel has none. It is mapped as device memory, and can be given to one component. Event
/// number n lies at n % capacity, so what is `capacity` events old is overwritten.
struct KernelTrace {
    static constexpr char model[] = "selene,kernel-trace";
    static constexpr uint64_t block_bytes = 2 << 20;
    static constexpr uint64_t expected_magic = 0x3165636172746b73;  // "sktrace1"
    static constexpr uint64_t capacity = (block_bytes - 64) / sizeof(KernelEvent);

    uint64_t magic;
    uint64_t recording;  ///< written by the reader: the kernel writes events while it is not 0
    uint64_t written;    ///< events since the start
    uint64_t reserved[5];
    KernelEvent events[capacity];
};
static_assert(offsetof(KernelTrace, events) == 64 && sizeof(KernelTrace) == KernelTrace::block_bytes);

}  // namespace selene::abi
