// SPDX-License-Identifier: BSD-2-Clause
// The fixture's ways into the kernel.
#include "world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>

#include "boot/first_task.hpp"
#include "hot_entry.hpp"
#include "invariants/invariants.hpp"
#include "object/cap_table.hpp"
#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "scheduling/scheduler.hpp"
#include "syscall/invocation.hpp"
#include "translation_invariant.hpp"

namespace selene::test {

namespace {

using machine::simulated;

/// Where user code's one `svc` instruction stands.
constexpr uint64_t call_address = 0x1000;
constexpr uint64_t after_call = call_address + 4;

World* the_world = nullptr;

std::vector<std::vector<std::byte>> used_snapshots;

void write_registers(Thread& thread, const Registers& in) {
    auto& x = thread.registers.x;
    x[0] = in.x0;
    x[1] = in.tag.raw();
    for (unsigned i = 0; i < in.words.size(); ++i) x[2 + i] = in.words[i];
    x[10] = in.reply;
}

}  // namespace

World::World() : kernel_(std::make_unique<Kernel>()) {
    if (the_world != nullptr) throw std::logic_error("there is one world at a time");
    the_world = this;
    simulated().reset();
    boot();
}

World::~World() { the_world = nullptr; }

void World::boot() {
    BootDescription& d = description_;
    d.magic = BootDescription::expected_magic;
    d.memory_count = 2;
    d.memory[0] = Board::small_memory;
    d.memory[1] = Board::memory;
    d.device_count = 2;
    d.devices[0] = Board::serial;
    d.devices[1] = Board::large_device;
    d.kept_count = 2;
    d.kept[0] = Board::core_area;
    d.kept[1] = Board::kernel_image;
    d.core_count = 1;
    d.timer_line = machine::SimulatedMachine::kernel_timer_line;
    d.timer_frequency = machine::SimulatedMachine::frequency;
    d.seed[0] = 0x5eed;
    d.first_task_entry = Board::entry;
    d.first_task_slots = Board::empty_slots;
    d.device_tree = Board::device_tree;
    d.system_part = Board::system_part;
    d.core_areas = Board::core_area.base;
    const uint64_t contents = Board::system_part.base;
    const uint64_t page = Board::page;
    d.segment_count = 3;
    d.segments[0] = {Board::entry, {contents + page, 2 * page}, 2 * page, 2 * page, 0, 1};
    d.segments[1] = {Board::data_address, {contents + 3 * page, page}, 100, 2 * page, 1, 0};
    d.segments[2] = {Board::image_address, {contents + 4 * page, page}, page, page, 0, 0};
    d.serial = {SerialKind::pl011, 33, Board::serial};

    core_ = machine::window<Core>(PhysAddr(d.core_areas));
    simulated().core = core_;
    std::memset(core_, 0, Board::core_area.size);
    first_ = &selene::boot(*kernel_, *core_, d);
    running_ = &scheduler::next_thread(*core_);
    Task& task = *first_->task;
    table_ = reinterpret_cast<CapTable*>(task.table) - 1;
    info_ = machine::window<abi::BootInfo>(Frame(slot(static_cast<uint64_t>(BootSlot::boot_info))).base());
    next_empty_ = info_->first_empty_slot;
    check();
}

Slot& World::slot(uint64_t index) {
    REQUIRE(index < table_->count());
    return table_->slots()[index];
}

void World::check() {
    Violation violation = find_violation(*kernel_, *core_);
    if (!violation.found()) {
        violation = invariant::no_translation_is_stale(*kernel_, *core_);
        violation.invariant = "no_translation_is_stale";
    }
    if (violation.found())
        throw machine::Panic(std::string("violated: ") + violation.invariant + ": " + violation.wrong);
}

template <class Entry>
void World::enter(const Thread* actor, const Entry& entry) {
    if (before_entry) before_entry(actor);
    try {
        running_ = &entry();
    } catch (const machine::Idle&) {
        running_ = nullptr;
    }
    if (checks_) check();
    if (after_entry) after_entry();
}

void World::take_interrupts() {
    while (simulated().deliverable()) {
        if (running_ != nullptr) {
            Thread& thread = *running_;
            thread.resume = ResumeKind::all;
            enter(nullptr, [&]() -> Thread& { return handle_interrupt_entry(*core_, thread); });
        } else {
            enter(nullptr, [&]() -> Thread& { return scheduler::next_thread(*core_); });
        }
    }
}

bool World::repeats(const Thread& thread) const {
    return thread.pc == call_address && thread.resume == ResumeKind::all;
}

/// A machine's hot path finds the slot of a call in a flat table before it asks the kernel, if the tag is a method's.
/// Here it does so for every second slot, and of endpoints for every fourth, since it finds those itself: all ways in must
/// come to the same.
Slot* World::slot_at_hand(const Thread& thread) {
    const Task* task = thread.task;
    const uint64_t index = thread.registers.x[0];
    const Tag tag(thread.registers.x[1]);
    const bool plain = tag.raw() == Tag().with_label(tag.label()).with_length(tag.length()).raw() &&
                       tag.length() <= abi::register_words;
    const bool flat = task != nullptr && index < task->count;
    if (!plain || !flat || index % 2 != 0 || task->table[index].empty()) return nullptr;
    return index % 4 == 0 || task->table[index].type() != CapType::endpoint ? task->table + index : nullptr;
}

namespace {

/// What a core keeps of the call it is in is nobody's after it.
class CallRecord {
public:
    explicit CallRecord(Core& core) : core_(core) { std::memcpy(before_, core.invocation, sizeof(before_)); }
    ~CallRecord() { std::memcpy(core_.invocation, before_, sizeof(before_)); }
    CallRecord(const CallRecord&) = delete;
    CallRecord& operator=(const CallRecord&) = delete;

private:
    Core& core_;
    std::byte before_[sizeof(Core::invocation)];
};

}  // namespace

void World::enter_again(Thread& thread) {
    thread.pc = after_call;
    thread.resume = ResumeKind::message;
    const SystemCall number = calls_.at(&thread);
    Slot* slot = number == SystemCall::call ? slot_at_hand(thread) : nullptr;
    enter(&thread, [&]() -> Thread& {
        if (slot == nullptr && thread.registers.x[0] % 2 == 0)
            return machine::enter_by_hot_path(*core_, thread, number);
        if (slot == nullptr) return handle_system_call(*core_, thread, static_cast<uint64_t>(number));
        const CallRecord record(*core_);
        auto* const place = reinterpret_cast<Invocation*>(core_->invocation);
        return conclude_method(*core_, try_method(place, *core_, thread, *slot, Tag(thread.registers.x[1])));
    });
    take_interrupts();
}

Registers World::system_call(SystemCall number, const Registers& in) {
    REQUIRE(running_ != nullptr);
    Thread& thread = *running_;
    write_registers(thread, in);
    calls_[&thread] = number;
    enter_again(thread);
    if (running_ == &thread) finish(thread);
    return result(thread);
}

void World::finish(Thread& thread) {
    unsigned rounds = 0;
    while (running_ == &thread && repeats(thread)) {
        if (++rounds > 1'000'000) throw machine::Panic("a preempted operation makes no progress");
        if (before_repeat) {
            before_repeat();
            if (running_ != &thread) return;
        }
        enter_again(thread);
    }
}

Registers World::result(const Thread& thread) {
    Registers out;
    out.x0 = thread.registers.x[0];
    out.tag = Tag(thread.registers.x[1]);
    for (unsigned i = 0; i < out.words.size(); ++i) out.words[i] = thread.registers.x[2 + i];
    return out;
}

void World::pass_turn() {
    Thread& thread = *running_;
    if (repeats(thread)) {
        // It has to repeat a call before it could yield: let its slice end instead.
        pass(simulated().deadline - simulated().now);
        return;
    }
    const selene::Registers saved = thread.registers;
    const uint64_t saved_pc = thread.pc;
    const ResumeKind saved_resume = thread.resume;
    write_registers(thread, {});
    thread.pc = after_call;
    thread.resume = ResumeKind::message;
    enter(&thread,
          [&]() -> Thread& { return handle_system_call(*core_, thread, static_cast<uint64_t>(SystemCall::yield)); });
    thread.registers = saved;
    thread.pc = saved_pc;
    thread.resume = saved_resume;
    take_interrupts();
}

void World::run(Thread& thread) {
    for (unsigned turns = 0; running_ != &thread; ++turns) {
        REQUIRE(turns < 100);
        REQUIRE(running_ != nullptr);
        pass_turn();
    }
}

void World::fault(abi::FaultKind kind, uint64_t address, uint64_t syndrome) {
    REQUIRE(running_ != nullptr);
    Thread& thread = *running_;
    thread.resume = ResumeKind::all;
    thread.pc = Board::entry;
    if (kind == abi::FaultKind::unknown_system_call) address = 0;
    enter(&thread, [&]() -> Thread& { return handle_fault(*core_, thread, {kind, address, syndrome}); });
    take_interrupts();
}

void World::touch_floating_point() {
    REQUIRE(running_ != nullptr);
    if (simulated().fpu_is_on) return;
    Thread& thread = *running_;
    thread.resume = ResumeKind::all;
    thread.pc = Board::entry;
    enter(&thread, [&]() -> Thread& {
        if (Thread* next = handle_floating_point_trap(*core_, thread); next != nullptr) return *next;
        return handle_fault(*core_, thread, {abi::FaultKind::user_exception, 0, 0x1f});
    });
    take_interrupts();
}

void World::pass(uint64_t ticks) {
    simulated().now += ticks;
    take_interrupts();
}

void World::raise(unsigned line) {
    simulated().raise(line);
    take_interrupts();
}

bool World::can_access(uint64_t address, Right right) {
    REQUIRE(running_ != nullptr);
    const uint64_t root = simulated().translations.root();
    REQUIRE(root != 0);
    REQUIRE(root == running_->task->root);
    const auto translation = machine::walk(PhysAddr(machine::RootTable::of(root) * page_bytes), address);
    const auto known = simulated().translations.lookup(static_cast<uint16_t>(machine::RootTag::of(root)), address);
    if (known && known != translation) throw machine::Panic("a stale translation is used");
    if (!translation) return false;
    if (right == Right::write) return machine::PageEntry::Write::of(translation->entry) != 0;
    if (right == Right::transfer) return machine::PageEntry::Execute::of(translation->entry) != 0;
    return true;
}

World::Snapshot::Snapshot() {
    if (used_snapshots.empty()) {
        bytes_.resize(machine::Memory::bytes + sizeof(Kernel));
    } else {
        bytes_ = std::move(used_snapshots.back());
        used_snapshots.pop_back();
    }
}

World::Snapshot::~Snapshot() {
    if (!bytes_.empty()) used_snapshots.push_back(std::move(bytes_));
}

World::Snapshot World::snapshot() {
    const auto memory = simulated().memory.contents();
    Snapshot copy;
    std::byte* to = copy.bytes_.data();
    std::memcpy(to, memory.data(), memory.size());
    std::memcpy(to + memory.size(), kernel_.get(), sizeof(Kernel));
    const auto mask = [&](const auto& field) {
        const auto offset = static_cast<size_t>(reinterpret_cast<const std::byte*>(&field) - memory.data());
        std::memset(to + offset, 0, sizeof(field));
    };
    mask(core_->refusal);
    mask(core_->entered);
    if (running_ != nullptr) {
        mask(running_->registers);
        mask(running_->pc);
        mask(running_->resume);
    }
    return copy;
}

World& world_of_this_test() {
    REQUIRE(the_world != nullptr);
    return *the_world;
}

}  // namespace selene::test

namespace sel {

Registers simulated_system_call(abi::SystemCall number, const Registers& in) {
    return selene::test::world_of_this_test().system_call(number, in);
}

}  // namespace sel
