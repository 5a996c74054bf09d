// SPDX-License-Identifier: BSD-2-Clause
// Lets a test component have further threads and kernel objects of its own, made as any program would make them.
#pragma once

#include <atomic>
#include <optional>

#include <sel/mapper.hpp>
#include <sel/objects.hpp>
#include <sel/untyped_allocator.hpp>

namespace test {

/// How an actor is to run.
struct Role {
    uint8_t priority = 100;
    uint64_t budget_us = 1000;  // in each period; none: it starts without time of its own
    uint64_t period_us = 1000;
    bool buffer = true;                  // whether it has an IPC buffer
    std::optional<sel::Task> task = {};  // without one it runs in the stage's, which has no fault endpoint
    bool floating_point = false;         // whether it may use these registers
};

/// A thread that runs a piece of the test.
struct Actor {
    sel::UntypedAllocator::Objects objects;  // of the thread
    sel::Thread thread;
    sel::SchedContext time;
    unsigned number;
};

/// Makes threads and objects. The component's spec gives it
///     table, space, thread   its own; the thread's maximum priority must allow those of the roles
///     memory                 an untyped of 22 bits
///     time                   schedule control of core 0
/// Only the first thread may print, and actors may not allocate: the runtime serves one thread.
class Stage {
public:
    static constexpr unsigned most_actors = 20;
    static constexpr uint64_t memory_pages = 1024;

    /// Takes what the environment has; ends the component if something is missing.
    Stage();

    /// A new object of the type T.
    template <typename T>
    [[nodiscard]] T make(uint64_t size = 0) {
        return make_objects(T::object_type, size, 1).template as<T>();
    }
    [[nodiscard]] sel::UntypedAllocator::Objects make_objects(sel::abi::ObjectType type, uint64_t size, uint64_t count);

    /// A capability derived from another one.
    template <typename T>
    [[nodiscard]] T derive(T parent, sel::abi::RightsMask rights, uint64_t badge = 0) {
        return T(derive_index(parent.index(), rights, badge));
    }

    /// Takes away what was derived from a capability and, with KeepRoot::self, itself.
    void unmap(sel::stub::Capability capability, sel::abi::KeepRoot root);

    /// A task with the component's table and space, and this fault endpoint.
    [[nodiscard]] sel::Task make_task(sel::Endpoint faults);

    /// A thread that calls `script`, which must live as long. It runs at once if its priority is above the caller's.
    template <typename Script>
    Actor start(const Role& role, Script& script) {
        return start_thread(role, [](void* context) { (*static_cast<Script*>(context))(); }, &script);
    }

    /// A thread that begins with these registers and knows nothing of the stage; `role` says how else it is to run.
    Actor start_at(const Role& role, const sel::stub::Thread::Start& begin);

    /// Whether its script has ended.
    [[nodiscard]] bool has_ended(const Actor& actor) const;

    /// Waits until its script has ended.
    void wait_for(const Actor& actor);

    /// Destroys the thread.
    void destroy(const Actor& actor);

    [[nodiscard]] sel::CapTable table() const { return table_; }
    [[nodiscard]] sel::AddressSpace space() const { return space_; }
    [[nodiscard]] sel::Thread thread() const { return thread_; }
    [[nodiscard]] sel::ScheduleControl time() const { return time_; }
    [[nodiscard]] sel::UntypedAllocator& memory() { return memory_; }
    [[nodiscard]] sel::Mapper& mapper() { return mapper_; }

private:
    struct Seat;

    using Script = void (*)(void*);
    Actor start_thread(const Role& role, Script script, void* context);
    Actor make_thread(const Role& role);
    [[nodiscard]] sel::CapIndex derive_index(sel::CapIndex parent, sel::abi::RightsMask rights, uint64_t badge);
    [[nodiscard]] static Seat& seat(unsigned number);
    [[noreturn]] static void enter(Seat* seat);

    sel::CapTable table_;
    sel::AddressSpace space_;
    sel::Thread thread_;
    sel::ScheduleControl time_;
    sel::UntypedAllocator memory_;
    sel::Mapper mapper_;
    sel::Task task_;
    sel::Notification ended_;
    unsigned actors_ = 0;
};

inline constexpr sel::abi::RightsMask all_rights{sel::abi::all_rights};

}  // namespace test
