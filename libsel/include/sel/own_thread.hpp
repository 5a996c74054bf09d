// SPDX-License-Identifier: BSD-2-Clause
// Further threads of a component: its memory, its capabilities, a stack and time of their own.
#pragma once

#include <chrono>
#include <cstdint>

#include <sel/workspace.hpp>

namespace sel {

/// A task with the component's own space and all of its capabilities, as far as its slots may grow: for OwnThread.
/// It stays until the workspace goes. Threads that fault stop, and if `faults` is one, its receiver is told.
/// Errors: as for UntypedAllocator::allocate; what Task.install refuses.
[[nodiscard]] Result<Task> make_own_task(Workspace& work, Endpoint faults = {});

/// A thread that runs a function of this component. It has a stack with a guard page below, thread-local variables and
/// an IPC buffer, all of them memory of the workspace; they and the thread are gone with the object, whatever it did.
///
/// The runtime serves one thread (README.md): the others neither allocate nor print, nor share a workspace.
///
/// Rights: W on the task, on the thread named as authority, and on schedule control.
///
/// Example: count in the background.
///
///     sel::Result<uint64_t> count_in_background(const sel::OwnThread::Means& means) {
///         uint64_t counted = 0;
///         auto work = [&] {
///             while (counted < 1000) ++counted;
///         };
///         SEL_TRY(thread, sel::OwnThread::start(means, {.priority = 50}, work));
///         SEL_TRY_VOID(thread.join());
///         return counted;
///     }
class [[nodiscard]] OwnThread {
public:
    struct Means {
        Workspace& work;
        Task task;             ///< from make_own_task()
        Thread authority;      ///< whose maximum priority bounds the new thread's
        ScheduleControl time;  ///< of the core that it runs on
    };

    struct Role {
        uint8_t priority = 100;
        std::chrono::nanoseconds budget = std::chrono::milliseconds(10);  ///< in each period; 0: no time of its own
        std::chrono::nanoseconds period = std::chrono::milliseconds(10);  ///< equal to the budget: round robin
        uint64_t stack_bytes = 16384;                                     ///< multiple of 4096
        abi::FloatingPoint floating_point = abi::FloatingPoint::refused;  ///< allowed: of components that use it
    };

    /// Starts a thread that calls `function`, which must live as long as the thread. It runs at once if its priority is
    /// above the caller's. Errors: as for Workspace::map and UntypedAllocator::allocate; what Thread.set_priority and
    /// ScheduleControl.configure refuse.
    template <typename Function>
    [[nodiscard]] static Result<OwnThread> start(const Means& means, const Role& role, Function& function) {
        return start_script(means, role, [](void* context) { (*static_cast<Function*>(context))(); }, &function);
    }

    OwnThread(OwnThread&&) noexcept = default;
    OwnThread& operator=(OwnThread&&) = delete;

    /// Waits until its function has returned; of one that has faulted `faults` of make_own_task() hears, and nobody else. One
    /// thread may wait. Errors: those of Notification::wait.
    Result<void> join() const;

    [[nodiscard]] bool has_ended() const;
    [[nodiscard]] Thread thread() const { return thread_.get(); }
    [[nodiscard]] SchedContext context() const { return context_.get(); }
    /// Its IPC buffer: others may fill it while it waits for them.
    [[nodiscard]] IpcBuffer* buffer() const;

private:
    struct Seat;
    using Script = void (*)(void*);

    OwnThread(Reservation place, MappedMemory stack, MappedMemory page)
        : place_(std::move(place)), stack_(std::move(stack)), page_(std::move(page)) {}

    [[nodiscard]] static Result<OwnThread> start_script(const Means& means, const Role& role, Script script,
                                                        void* context);
    [[nodiscard]] Result<void> prepare(const Means& means, const Role& role);
    [[nodiscard]] Seat& seat() const;
    [[noreturn]] static void enter(Seat* seat);

    Reservation place_;
    MappedMemory stack_;
    MappedMemory page_;  // IPC buffer, thread-local variables, Seat
    Owned<Notification> ended_{};
    Owned<SchedContext> context_{};
    Owned<Thread> thread_{};  // the last: it goes first
};

}  // namespace sel
