// SPDX-License-Identifier: BSD-2-Clause
// Thread: a flow of control in a task.
#pragma once

#include <cstddef>

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
    called_keeping = 14,    ///< waits for a reply, its budget kept
    sending = 16,           ///< waits to be received
    calling = 18,           ///< the same, and wants a reply
    faulting = 20,          ///< the same, after a fault
    faulted_keeping = 22,   ///< like called_keeping, after a fault
    receiving_plain = 24,   ///< waits on an endpoint without a Reply
    without_budget = 26,    ///< could run, but its context is used up or missing
    inactive = 28,          ///< not started, or its task or space is gone, or a fault found no handler
};
inline constexpr uint8_t state_stopped = 0x80;  ///< or-ed to the code: suspended

/// How the next exit to user level restores registers.
enum class ResumeKind : uint32_t {
    message = 0,  ///< a voluntary entry: x0 to x9 carry a result, x10 to x18 are zero
    all = 1,      ///< an interrupt, a fault or a system call to be repeated: every register as it was
};

/// Registers x0 to x18 and the processor state: saved when all are, otherwise x0 to x9 carry the result.
struct Registers {
    uint64_t x[19];
    uint64_t pstate;
};

/// 1 KiB. The first three cache lines are all that the hot path touches. Locks: queue fields belong to the queue's
/// lock, see docs/design.md; the rest to the core that the thread runs on.
struct alignas(64) Thread {
    uint64_t preserved[12];  ///< x19 to x30
    uint64_t sp;
    uint64_t pc;
    uint64_t tls;
    uint64_t entry_scratch;  ///< x17 while the vector finds out why it was entered

    /// Core << 16 | state << 8 | priority, so that one subtraction from the core's word answers all three.
    uint32_t summary;
    ResumeKind resume;
    Task* task;
    Reply* reply;         ///< the Reply it receives with or serves
    Thread* next;         ///< in a queue
    Thread* previous;     ///< in a queue
    void* blocked_on;     ///< the object whose queue or reply it waits in
    Notification* bound;  ///< whose signals end its receives
    /// What it runs on when it is dispatched next, its own or a lent one; stale while running or lending.
    SchedContext* context;

    Registers registers;

    uint64_t* buffer;           ///< kernel's view of the IPC buffer, null if none
    SchedContext* own_context;  ///< the one bound to it
    Thread* group_leader;       ///< equals in a queue, see WaitQueue
    Thread* group_last;
    RingNode dying_tables;  ///< anchor: tables that an unmap by this thread is taking apart
    uint64_t message_tag;   ///< of a message that waits to be received
    uint64_t message_badge;
    uint8_t maximum_priority;
    uint8_t floating_point;  ///< abi::FloatingPoint
    uint8_t started;         ///< Thread.start has been obeyed
    uint8_t reserved0;
    uint32_t fpcr;
    uint32_t fpsr;
    uint32_t reserved1;
    uint64_t fault_address;  ///< of the fault that waits to be received or answered
    uint64_t fault_syndrome;

    Slot task_slot;
    Slot buffer_slot;

    uint64_t vectors[64];  ///< q0 to q31

    [[nodiscard]] ThreadState state() const { return static_cast<ThreadState>((summary >> 8) & 0x3f); }
    [[nodiscard]] bool stopped() const { return (summary & (uint32_t{state_stopped} << 8)) != 0; }
    [[nodiscard]] uint8_t priority() const { return static_cast<uint8_t>(summary); }
    void set_state(ThreadState state) {
        summary = (summary & ~(uint32_t{0x3f} << 8)) | (uint32_t{static_cast<uint8_t>(state)} << 8);
    }
    void set_flag(uint8_t flag) { summary |= uint32_t{flag} << 8; }
    void clear_flag(uint8_t flag) { summary &= ~(uint32_t{flag} << 8); }
    void set_priority(uint8_t priority) { summary = (summary & ~uint32_t{0xff}) | priority; }

    static Thread& of_task_slot(Slot& slot) {
        return *reinterpret_cast<Thread*>(reinterpret_cast<char*>(&slot) - offset_of_task_slot);
    }
    static Thread& of_buffer_slot(Slot& slot) {
        return *reinterpret_cast<Thread*>(reinterpret_cast<char*>(&slot) - offset_of_buffer_slot);
    }
    static constexpr size_t offset_of_task_slot = 448;
    static constexpr size_t offset_of_buffer_slot = 480;
};
static_assert(sizeof(Thread) == 1024);
static_assert(offsetof(Thread, summary) == 128 && offsetof(Thread, reply) == 144 && offsetof(Thread, context) == 184);
static_assert(offsetof(Thread, task_slot) == Thread::offset_of_task_slot &&
              offsetof(Thread, buffer_slot) == Thread::offset_of_buffer_slot);

}  // namespace selene
