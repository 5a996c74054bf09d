// SPDX-License-Identifier: BSD-2-Clause
// Thread: a flow of control in a task.
#pragma once

#include <cstddef>

#include "base/assert.hpp"
#include "base/ring.hpp"
#include "base/units.hpp"
#include "capability/slot.hpp"
#include "object/task.hpp"

namespace selene {

struct Notification;
struct Reply;
struct SchedContext;

/// What a thread does. The codes are even and the first two are what the hot path looks for, see Thread::summary. A
/// donor is a thread whose budget goes to whoever works for it.
enum class ThreadState : uint8_t {
    receiving_passive = 0,  ///< waits on an endpoint, no budget of its own, a Reply at hand
    called_donating = 2,    ///< waits for a reply, its budget lent
    running = 4,
    ready = 6,
    waiting = 8,            ///< on a notification
    faulted_donating = 10,  ///< like called_donating, after a fault
    receiving_active = 12,  ///< like receiving_passive, with a budget of its own
    receiving_plain = 14,   ///< waits on an endpoint without a Reply
    unfinished = 16,       ///< among passive receivers: its lender has left; who lends next gets it to its next receive
    called_keeping = 18,   ///< waits for a reply, its budget kept
    faulted_keeping = 20,  ///< like called_keeping, after a fault
    sending = 22,          ///< waits to be received
    calling = 24,          ///< the same, and wants a reply
    faulting = 26,         ///< the same, after a fault
    faulting_alone = 28,   ///< among senders, after a fault, without time to lend: its handler needs some
    without_budget = 30,   ///< could run, but its context is used up or missing
    inactive = 32,         ///< not started, or its task or space is gone, or a fault found no handler
};
inline constexpr uint8_t state_mask = 0x3f;      ///< where the code is
inline constexpr uint8_t state_stopped = 0x80;   ///< or-ed to the code: suspended
inline constexpr uint8_t state_uses_fpu = 0x40;  ///< the same: has used the floating-point registers
inline constexpr unsigned state_shift = 8;       ///< where the code and these stand in Thread::summary

/// What has become of the time that a thread ran on: if it is not dispatched again, that is a time-out.
enum class LostTime : uint8_t {
    none = 0,
    used_up = 1,      ///< it ran when it was last put into a ready queue
    lender_left = 2,  ///< it is ready without a context, or blocked, until somebody has been told
};

/// How the next exit to user level restores registers.
enum class ResumeKind : uint16_t {
    message = 0,  ///< a voluntary entry: x0 to x9 carry a result, x10 to x18 are zero
    all = 1,      ///< an interrupt, a fault or a system call to be repeated: every register as it was
};

/// Registers x0 to x18 and the processor state: saved when all are, otherwise x0 to x9 carry the result.
struct Registers {
    uint64_t x[19];
    uint64_t pstate;
};

/// 1 KiB. The first three cache lines are all that the hot path touches.
struct alignas(64) Thread {
    uint64_t preserved[12] SELENE_GUARDED_BY(own_core);  ///< x19 to x30
    uint64_t sp SELENE_GUARDED_BY(own_core);
    uint64_t pc SELENE_GUARDED_BY(own_core);
    uint64_t tls SELENE_GUARDED_BY(own_core);
    uint64_t entry_scratch SELENE_GUARDED_BY(own_core);  ///< x17 while the vector finds out why it was entered

    /// Core << 16 | state << 8 | priority, so that one subtraction from the core's word answers all three.
    uint32_t summary SELENE_GUARDED_BY(own_core);
    ResumeKind resume SELENE_GUARDED_BY(own_core);
    /// Calls through which what it runs on was passed on to it; 0 if it has time of its own.
    uint16_t loan_depth SELENE_GUARDED_BY(own_core);
    Task* task SELENE_GUARDED_BY(own_core);
    Reply* reply SELENE_GUARDED_BY(own_core);      ///< the Reply it receives with or serves
    Thread* next SELENE_GUARDED_BY(own_core);      ///< in a queue
    Thread* previous SELENE_GUARDED_BY(own_core);  ///< in a queue
    void* blocked_on SELENE_GUARDED_BY(own_core);  ///< the object whose queue or reply it waits in
    /// What it runs on when it is dispatched next, its own or a lent one; stale while running or lending.
    SchedContext* context SELENE_GUARDED_BY(own_core);
    Notification* bound SELENE_GUARDED_BY(own_core);  ///< whose signals end its receives

    Registers registers SELENE_GUARDED_BY(own_core);

    uint64_t* buffer SELENE_GUARDED_BY(own_core);           ///< kernel's view of the IPC buffer, null if none
    SchedContext* own_context SELENE_GUARDED_BY(own_core);  ///< the one bound to it
    Thread* lower[2] SELENE_GUARDED_BY(own_core);           ///< leaders below it, see WaitQueue
    /// Anchor: tables that an unmap by this thread is taking apart.
    RingNode dying_tables SELENE_GUARDED_BY(tree_lock);
    uint64_t message_tag SELENE_GUARDED_BY(own_core);  ///< of a message that waits to be received
    uint64_t message_badge SELENE_GUARDED_BY(own_core);
    uint8_t maximum_priority SELENE_GUARDED_BY(own_core);
    uint8_t floating_point SELENE_GUARDED_BY(own_core);  ///< abi::FloatingPoint
    uint8_t started SELENE_GUARDED_BY(own_core);         ///< Thread.start has been obeyed
    LostTime lost_time SELENE_GUARDED_BY(own_core);
    uint32_t fpcr SELENE_GUARDED_BY(own_core);
    uint32_t fpsr SELENE_GUARDED_BY(own_core);
    uint32_t reserved1;
    uint64_t fault_address SELENE_GUARDED_BY(own_core);  ///< of the fault that waits to be received or answered
    uint64_t fault_syndrome SELENE_GUARDED_BY(own_core);

    Slot task_slot;
    Slot buffer_slot;

    uint64_t vectors[64] SELENE_GUARDED_BY(own_core);  ///< q0 to q31

    [[nodiscard]] ThreadState state() const SELENE_REQUIRES(own_core) {
        return static_cast<ThreadState>((summary >> 8) & state_mask);
    }
    [[nodiscard]] bool stopped() const SELENE_REQUIRES(own_core) {
        return (summary & (uint32_t{state_stopped} << 8)) != 0;
    }
    [[nodiscard]] uint8_t priority() const SELENE_REQUIRES(own_core) { return static_cast<uint8_t>(summary); }
    void set_state(ThreadState state) SELENE_REQUIRES(own_core) {
        summary = (summary & ~(uint32_t{state_mask} << 8)) | (uint32_t{static_cast<uint8_t>(state)} << 8);
    }
    /// From the state that it is in.
    void change_state(ThreadState from, ThreadState to) SELENE_REQUIRES(own_core) {
        SELENE_ASSERT(state() == from);
        summary += (uint32_t{static_cast<uint8_t>(to)} - uint32_t{static_cast<uint8_t>(from)}) << state_shift;
    }
    [[nodiscard]] bool uses_fpu() const SELENE_REQUIRES(own_core) {
        return (summary & (uint32_t{state_uses_fpu} << state_shift)) != 0;
    }
    void set_flag(uint8_t flag) SELENE_REQUIRES(own_core) { summary |= uint32_t{flag} << 8; }
    void clear_flag(uint8_t flag) SELENE_REQUIRES(own_core) { summary &= ~(uint32_t{flag} << 8); }
    void set_priority(uint8_t priority) SELENE_REQUIRES(own_core) { summary = (summary & ~uint32_t{0xff}) | priority; }

    /// Without the lock it is a hint: the unmap of another core may bury the last one meanwhile.
    [[nodiscard]] bool has_dying_tables() const SELENE_UNLOCKED { return !dying_tables.alone(); }

    static Thread& of_task_slot(Slot& slot) {
        return *reinterpret_cast<Thread*>(reinterpret_cast<char*>(&slot) - offset_of_task_slot);
    }
    static Thread& of_buffer_slot(Slot& slot) {
        return *reinterpret_cast<Thread*>(reinterpret_cast<char*>(&slot) - offset_of_buffer_slot);
    }
    static const Thread& of_buffer_slot(const Slot& slot) { return of_buffer_slot(const_cast<Slot&>(slot)); }
    static constexpr size_t offset_of_task_slot = 448;
    static constexpr size_t offset_of_buffer_slot = 480;
};
static_assert(sizeof(Thread) == 1024);
static_assert(offsetof(Thread, summary) == 128 && offsetof(Thread, reply) == 144 &&
              offsetof(Thread, blocked_on) == 168);
static_assert(offsetof(Thread, task_slot) == Thread::offset_of_task_slot &&
              offsetof(Thread, buffer_slot) == Thread::offset_of_buffer_slot);

}  // namespace selene
