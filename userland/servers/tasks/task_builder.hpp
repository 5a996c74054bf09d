// SPDX-License-Identifier: BSD-2-Clause
// Builds a task from a program and memory, and starts it.
#pragma once

#include <string>
#include <vector>

#include <sel/objects.hpp>
#include <sel/slot_allocator.hpp>
#include <sel/untyped_allocator.hpp>

#include "program.hpp"

namespace tasks {

/// A capability for a task, and its name there.
struct Gift {
    std::string name;
    sel::CapIndex slot;  ///< of the builder's own table; the task gets a child
    sel::abi::RightsMask rights;
    uint64_t badge = 0;
};

struct Argument {
    std::string name;
    std::string value;
};

/// Memory for a task that others have, too.
struct SharedMemory {
    std::string name;
    sel::CapIndex first;  ///< frames in consecutive slots of the builder's own table; the task gets children
    uint64_t frames;
    unsigned size_bits;  ///< of each: 12 or 21
    sel::abi::RightsMask rights;
};

/// What a task is to be.
struct TaskRecipe {
    std::string_view elf;
    std::vector<Argument> arguments{};
    std::vector<Gift> gifts{};
    std::vector<SharedMemory> shared{};
    uint64_t priority = 50;
    uint64_t slots = 64;
    uint64_t stack_pages = 4;
    uint64_t budget_us = 5000;
    uint64_t period_us = 5000;
    sel::Endpoint faults{};    ///< who hears of its faults and its end, and
    uint64_t fault_badge = 0;  ///< by which badge
};

/// What a task consists of, in slots of the builder's own table. All of it but `faults` lies in its home.
struct BuiltTask {
    static constexpr uint64_t slots = 8;

    sel::CapIndex first;  ///< of `slots` slots

    [[nodiscard]] sel::CapTable frames() const { return sel::CapTable(first); }  ///< holds its frames and page tables
    [[nodiscard]] sel::CapTable table() const { return sel::CapTable(first + 1); }
    [[nodiscard]] sel::AddressSpace space() const { return sel::AddressSpace(first + 2); }
    [[nodiscard]] sel::Task task() const { return sel::Task(first + 3); }
    [[nodiscard]] sel::Thread thread() const { return sel::Thread(first + 4); }
    [[nodiscard]] sel::SchedContext time() const { return sel::SchedContext(first + 5); }
    [[nodiscard]] sel::Frame buffer() const { return sel::Frame(first + 6); }
    [[nodiscard]] sel::Endpoint faults() const { return sel::Endpoint(first + 7); }
};

/// A refusal of the builder itself: the file is no program that it can load.
enum class BuilderRefusal : uint16_t { bad_program = 1 };

/// Makes tasks. Everything of a task lies in one piece of untyped memory, its home: who takes that back has all of it back.
/// It works through a window of its own address space, of 2 MiB.
class TaskBuilder {
public:
    struct Means {
        sel::CapTable table;            ///< its own
        sel::SlotAllocator& slots;      ///< of that
        sel::AddressSpace space;        ///< its own
        sel::UntypedAllocator& memory;  ///< for the window's page tables
        uint64_t window;                ///< address of the window, a multiple of 2 MiB: nothing is there
        sel::ScheduleControl control;   ///< of the core that tasks run on
        sel::Thread authority;          ///< whose maximum priority allows those of the tasks
        sel::CapIndex passage;          ///< an empty slot of its own table
    };

    static constexpr uint64_t most_pages = 4096;

    /// Prepares the window. Errors: those of UntypedAllocator::allocate and AddressSpace::map_table.
    [[nodiscard]] static sel::Result<TaskBuilder> make(const Means& means);

    /// What a home for this task needs, in pages. Errors: bad_program; the sentence that says why is in complaint().
    [[nodiscard]] sel::Result<uint64_t> plan(const TaskRecipe& recipe);

    /// Builds the task of the last plan() in a home of that size, and starts it. With an error, what was built is the
    /// home's: whoever takes that back is where he was before. Errors: no_slots; what the kernel refuses.
    [[nodiscard]] sel::Result<BuiltTask> build(const TaskRecipe& recipe, sel::Untyped home);

    /// Gives the slots back of a task whose home is gone.
    void forget(const BuiltTask& task);

    [[nodiscard]] const std::string& complaint() const { return complaint_; }

private:
    explicit TaskBuilder(const Means& means) : means_(means) {}

    sel::Result<void> make_objects(const TaskRecipe& recipe, sel::Untyped home, const BuiltTask& task) const;
    sel::Result<void> make_memory(const BuiltTask& task);
    template <typename Use>
    sel::Result<void> pass_by(const BuiltTask& task, uint64_t slot, const Use& use) const;
    sel::Result<void> share(const TaskRecipe& recipe, const BuiltTask& task) const;
    sel::Result<void> fill(const BuiltTask& task, uint64_t first, uint64_t count, uint64_t base) const;
    sel::Result<void> give(const TaskRecipe& recipe, const BuiltTask& task) const;
    sel::Result<void> run(const TaskRecipe& recipe, const BuiltTask& task) const;
    void write_environment(const TaskRecipe& recipe);
    [[nodiscard]] uint64_t frame_slots() const;

    Means means_;
    ProgramPlan plan_{};
    std::string environment_;
    std::string complaint_;
};

}  // namespace tasks
