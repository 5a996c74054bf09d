// SPDX-License-Identifier: BSD-2-Clause
// What the operations are done with whose latency is measured: objects in great numbers, threads that wait.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include <sel/objects.hpp>
#include <sel/result.hpp>

#include "interrupter.hpp"

namespace bench {

namespace abi = selene::abi;

/// What a thread of the stage does first; then it ends, by a fault that nobody hears of. Two arguments say with what.
enum class Act : uint8_t {
    receive,  ///< endpoint, Reply
    send,     ///< endpoint, tag
    call,     ///< endpoint, tag
    invoke,   ///< Registers to call with, 0
    wait,     ///< notification, 0
    rest,     ///< notification, 0: waits again and again, and does a little in between
    pass_on,  ///< endpoint, Reply: receives a call, then calls the endpoint in the next slot
    stay,     ///< 0, 0: runs for ever
};

/// What a system call takes: x0 to x9.
using Registers = std::array<uint64_t, 10>;

enum class Begin : uint8_t { at_once, when_resumed };

/// How a thread is to run.
struct Role {
    Act act;
    uint64_t argument0 = 0;
    uint64_t argument1 = 0;
    uint8_t priority = 100;
    std::optional<sel::Frame> buffer = {};  // of its IPC buffer, at the frame's beginning
    std::optional<sel::Task> task = {};     // without one it runs in the stage's
    uint64_t budget = 62'500'000;           // ticks; as many as a second has
    uint64_t period = 62'500'000;
    uint64_t refills = 2;
    Begin begin = Begin::at_once;
};

/// Whether each thread keeps a scheduling context of its own.
enum class Time : uint8_t { own, until_it_waits };

/// Makes objects from one untyped, with capabilities in slots side by side, and takes all of them back at once.
class Stage {
public:
    /// Errors: the first thing that the environment lacks, or the first refusal.
    [[nodiscard]] static sel::Result<Stage> from_environment();

    /// Makes `count` objects from `source`; the first one's slot.
    [[nodiscard]] sel::Result<sel::CapIndex> make(abi::ObjectType type, uint64_t size, uint64_t count);
    template <typename T>
    [[nodiscard]] sel::Result<T> make(uint64_t size = 0) {
        SEL_TRY(slot, make(T::object_type, size, 1));
        return T(slot);
    }
    /// Makes an untyped and lets it be the source of what is made from now on.
    [[nodiscard]] sel::Result<sel::CapIndex> make_from_new_untyped(uint64_t pages);

    /// Takes `count` empty slots.
    [[nodiscard]] sel::CapIndex slots(uint64_t count);

    /// Derives `count` children of what a slot holds.
    sel::Result<sel::CapIndex> derive(sel::CapIndex parent, uint64_t count);

    /// Unmap in the own table.
    sel::Result<uint64_t> unmap(sel::CapIndex first, uint64_t count, abi::KeepRoot root) const {
        return table.unmap({.first = first.raw(), .count = count, .root = root});
    }

    /// Makes threads, each of which runs until it waits; the first one's slot. Their priorities must be above the own.
    [[nodiscard]] sel::Result<sel::CapIndex> threads(uint64_t count, Time time,
                                                     const std::function<Role(uint64_t)>& role);

    /// Hangs page tables in, so that frames of 4 KiB can be mapped in all of [address, address + bytes).
    sel::Result<void> hang_tables(uint64_t address, uint64_t bytes, uint64_t smallest_frame_bits = 12);

    /// Makes a frame of 4 KiB and maps it here.
    [[nodiscard]] sel::Result<sel::Frame> map_page(uint64_t address);

    /// Takes back all that was made.
    sel::Result<void> clear();

    sel::CapTable table;
    sel::AddressSpace space;
    sel::Thread thread;
    sel::Untyped memory;
    sel::Untyped giant;   // 2 GiB, so that an aligned GiB lies in it
    sel::Untyped source;  // what objects are made from: `memory`, if nothing else is said
    sel::ScheduleControl control;
    sel::InterruptControl interrupts;
    sel::Task task;  // with the own table and space
    Interrupter interrupter;
    uint64_t free_address = 0;  // `free_bytes` from here hold no mapping and no page table
    uint64_t step = 0;          // ticks from one interrupt of a sweep to the next
    uint64_t shots = 0;         // of a sweep, at most

    static constexpr uint64_t free_bytes = uint64_t{16} << 30;

private:
    sel::CapIndex first_slot_;
    uint64_t used_slots_ = 0;
};

}  // namespace bench
