// SPDX-License-Identifier: BSD-2-Clause
// Stage: a small world of the kernel, whose state can be taken and put back.
#pragma once

#include <functional>
#include <optional>

#include "form.hpp"
#include "image.hpp"
#include "world.hpp"

namespace selene::test {

class Stage;

/// A world to be searched: what is there at first, and what may be done.
struct Description {
    const char* name;
    unsigned slots;  ///< of the table that the threads have in common
    void (*set_up)(Stage& stage);
    std::vector<Form> forms;
    /// An untyped with this many bytes in use gives no more until it is whole again.
    uint64_t untyped_limit = 0;
    /// Operations are preempted in the middle of so many others at most.
    unsigned most_pending = 2;
    /// A thread whose operation was preempted may do something else instead of going on.
    bool gives_up = false;
    /// Operations name slots of the common table by number: its slots are not interchangeable.
    bool ordered = false;
    /// Frames are mapped: the translation buffer is part of the state.
    bool translates = false;
    /// Time is part of the state, and with it who runs and who is next.
    bool timed = false;
};

/// How a thread is made.
struct Making {
    bool own_task = false;  ///< with a space of its own and the common table
    bool passive = false;
    bool started = true;
    bool buffered = false;
    uint8_t priority = 255;
    /// Time in Stage::unit, as much as there is if both are the same.
    unsigned budget = 2;
    unsigned period = 2;
    /// It lets time pass and does nothing else.
    bool only_waits = false;
};

/// Where the first thread has what belongs to one.
struct Made {
    uint64_t thread;
    uint64_t context;  ///< 0 if it is passive
    uint64_t task;     ///< 0 if it is the common one
    uint64_t space;
};

/// What a system call has come to.
struct Entry {
    bool preempted;  ///< it is to be repeated
    bool refused;    ///< the caller has an error, and nothing is said to be done
    bool all;        ///< fewer polls were met than the one that was to preempt it
};

/// The boot's objects are gone. What remains is a keeper table that nobody can name, with the origins of all that is
/// permanent, the untyped that it was made from, the common table, and the threads.
class Stage {
public:
    static constexpr unsigned maximum_pending = 4;
    /// Of time, in ticks: budgets end, and come back, at multiples of it.
    static constexpr uint64_t unit = machine::SimulatedMachine::frequency / 200;

    explicit Stage(const Description& description);

    // --- Setting up, as the first thread ------------------------------------------------------------------------

    /// Make an object whose origin the keeper gets; where the first thread has it until then.
    uint64_t make(abi::ObjectType type, uint64_t size = 0);
    /// Derive into the common table.
    void give(uint64_t to, uint64_t from, uint64_t badge = 0);
    /// Move into the common table.
    void grant(uint64_t to, uint64_t from);
    /// A thread, started; the first one in the common task and with time of its own.
    Made thread(const Making& making = {});
    [[nodiscard]] uint64_t common_table() const { return table_index_; }
    [[nodiscard]] uint64_t common_space() const { return space_index_; }
    [[nodiscard]] uint64_t common_task() const { return task_; }

    // --- States -------------------------------------------------------------------------------------------------

    struct State {
        Image::Bytes memory;
        machine::TranslationBuffer translations;
    };
    [[nodiscard]] const Description& description() const { return *description_; }
    [[nodiscard]] Kernel& kernel() { return world_.kernel(); }
    [[nodiscard]] Core& core() { return world_.core(); }
    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const State& first_state() const { return first_state_; }
    void save(State& to);
    void restore(const State& from);
    /// Whether nothing differs from a state but what every entry of `caller` changes. Forgets that of the present.
    [[nodiscard]] bool unchanged_since(const State& before, Thread& caller);
    /// Panics if memory has changed that is no part of the states.
    void check_rest();

    // --- Threads ------------------------------------------------------------------------------------------------

    [[nodiscard]] Thread* running() { return now_.running; }
    /// The living threads, in the order of the derivation list.
    [[nodiscard]] std::vector<Thread*> threads();
    [[nodiscard]] static bool can_run(const Thread& thread);
    /// Whether who is current, and who is next, is part of the state: then only the current one acts.
    [[nodiscard]] bool takes_turns() const { return description_->translates || description_->timed; }
    [[nodiscard]] bool only_waits(const Thread& thread) const { return &thread == waiter_; }
    /// Let time pass until `thread` runs; whether it does.
    bool bring(Thread& thread);
    /// How many other threads have to repeat an operation.
    [[nodiscard]] unsigned pending_beside(const Thread& thread) const;
    /// The operation that a thread has to repeat, or in which it waits with slots of its choice in its buffer.
    [[nodiscard]] const Operation* pending(const Thread& thread) const;
    [[nodiscard]] static bool has_to_repeat(const Thread& thread);
    /// Make the running thread do something, preempted at its `poll`-th poll if it has so many.
    Entry perform(const Operation& operation, unsigned poll);
    /// Let the running thread repeat its operation.
    Entry go_on(unsigned poll);

    /// The table whose slots are interchangeable, if there is one.
    [[nodiscard]] CapTable* interchangeable() { return description_->ordered ? nullptr : table_; }
    /// Whether a slot lies in a table that lives and is not dying.
    [[nodiscard]] bool lives(const Slot& slot);
    [[nodiscard]] bool is_keeper(const CapTable& table) const { return &table == keeper_table_; }
    /// Which slots of that table pending operations name.
    [[nodiscard]] uint64_t named_slots();
    [[nodiscard]] std::string name_of(const Thread& thread);

private:
    struct Pending {
        Thread* thread;
        Operation operation;
    };
    struct Now {
        Thread* running;
        Pending pending[maximum_pending];
    };

    /// What every entry of a thread changes.
    struct Kept {
        selene::Registers registers;
        uint64_t pc;
        ResumeKind resume;
        Refusal refusal;
        Thread* entered;
        abi::ReceiveWindow window;
        abi::MessageItem item;
    };

    uint64_t make_task(uint64_t space);
    void settle();
    void track();
    Entry enter(Thread& thread, const Operation& operation, unsigned poll);
    void keep_pending(Thread& thread, const Operation& operation);
    void keep(const Thread& thread);
    void write_buffer(const Thread& thread, const Operation& operation);

    const Description* description_;
    World world_;
    Image image_;
    alignas(8) Now now_{};
    State first_state_;
    Kept kept_{};
    uint64_t keeper_ = 0;
    CapTable* keeper_table_ = nullptr;
    Slot* memory_ = nullptr;  ///< the untyped that everything is made from
    uint64_t table_index_ = 0;
    uint64_t space_index_ = 0;
    CapTable* table_ = nullptr;
    uint64_t task_ = 0;
    std::vector<Thread*> actors_;
    const Thread* waiter_ = nullptr;
    bool one_space_ = true;
    Image::Bytes rest_;
};

}  // namespace selene::test
