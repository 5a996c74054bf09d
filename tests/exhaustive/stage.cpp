// SPDX-License-Identifier: BSD-2-Clause
// Entering the kernel from a state, and states as memory.
#include "stage.hpp"

#include <algorithm>
#include <cstring>

#include "hot_entry.hpp"
#include "invariants/object_walk.hpp"
#include "machine.hpp"

namespace selene::test {

using machine::simulated;

namespace {

/// Where user code's one `svc` instruction stands.
constexpr uint64_t call_address = 0x1000;
constexpr uint64_t after_call = call_address + 4;
constexpr unsigned most_slices = 16;

abi::IpcBuffer& buffer_of(const Thread& thread) { return *reinterpret_cast<abi::IpcBuffer*>(thread.buffer); }

bool is_queued(const Thread& thread) {
    const ThreadState state = thread.state();
    return state == ThreadState::sending || state == ThreadState::calling || state == ThreadState::receiving_active ||
           state == ThreadState::receiving_passive || state == ThreadState::receiving_plain;
}

void write_registers(Thread& thread, const Registers& in) {
    auto& x = thread.registers.x;
    x[0] = in.x0;
    x[1] = in.tag.raw();
    for (unsigned i = 0; i < in.words.size(); ++i) x[2 + i] = in.words[i];
    x[10] = in.reply;
}

}  // namespace

// --- States ---------------------------------------------------------------------------------------------------

void Stage::save(State& to) {
    image_.save(to.memory);
    if (description_->translates) to.translations = simulated().translations;
}

void Stage::restore(const State& from) {
    image_.restore(from.memory);
    if (description_->translates) simulated().translations = from.translations;
    simulated().maintenance.clear();
}

bool Stage::unchanged_since(const State& before, Thread& caller) {
    caller.registers = kept_.registers;
    caller.pc = kept_.pc;
    caller.resume = kept_.resume;
    core().refusal = kept_.refusal;
    core().entered = kept_.entered;
    if (caller.buffer != nullptr) {
        buffer_of(caller).window = kept_.window;
        buffer_of(caller).items[0] = kept_.item;
    }
    return image_.equals(before.memory);
}

void Stage::check_rest() {
    const Image::Bytes present = image_.save();
    image_.restore(first_state_.memory);
    const auto memory = simulated().memory.contents();
    const bool same =
        std::memcmp(rest_.data(), memory.data(), memory.size()) == 0 &&
        std::memcmp(rest_.data() + memory.size(), reinterpret_cast<const std::byte*>(&kernel()), sizeof(Kernel)) == 0;
    image_.restore(present);
    if (!same) throw machine::Panic("memory has changed that is no part of the states");
}

// --- Threads --------------------------------------------------------------------------------------------------

std::vector<Thread*> Stage::threads() {
    std::vector<Thread*> found;
    (void)invariant::each_object<Thread>(kernel().tree, CapType::thread, [&](Thread& thread) -> Violation {
        found.push_back(&thread);
        return {};
    });
    return found;
}

bool Stage::lives(const Slot& slot) {
    bool found = false;
    (void)invariant::each_object<CapTable>(kernel().tree, CapType::cap_table, [&](CapTable& table) -> Violation {
        const Slot* slots = table.slots();
        found = found || (!table.dying() && &slot >= slots && &slot < slots + table.count());
        return {};
    });
    return found;
}

bool Stage::can_run(const Thread& thread) {
    return thread.state() == ThreadState::running || (thread.state() == ThreadState::ready && !thread.stopped());
}

bool Stage::bring(Thread& thread) {
    for (unsigned slices = 0; now_.running != &thread; ++slices) {
        if (slices == most_slices || now_.running == nullptr) return false;
        simulated().now = simulated().deadline;
        now_.running->resume = ResumeKind::all;
        try {
            now_.running = &handle_interrupt_entry(core(), *now_.running);
        } catch (const machine::Idle&) {
            now_.running = nullptr;
        }
    }
    return true;
}

unsigned Stage::pending_beside(const Thread& thread) const {
    unsigned count = 0;
    for (const Pending& one : now_.pending)
        count += one.thread != nullptr && one.thread != &thread && has_to_repeat(*one.thread) ? 1 : 0;
    return count;
}

bool Stage::has_to_repeat(const Thread& thread) {
    return thread.pc == call_address && thread.resume == ResumeKind::all;
}

const Operation* Stage::pending(const Thread& thread) const {
    for (const Pending& one : now_.pending) {
        if (one.thread == &thread) return &one.operation;
    }
    return nullptr;
}

void Stage::keep_pending(Thread& thread, const Operation& operation) {
    // Of what nothing stands in the buffer nothing is looked at again.
    const Form& form = description_->forms[operation.form];
    const bool buffered = parameter_for(form, Target::item_index) < form.parameters.size() ||
                          parameter_for(form, Target::window_first) < form.parameters.size();
    for (Pending& one : now_.pending) {
        const bool over =
            one.thread == &thread || (one.thread != nullptr && !has_to_repeat(*one.thread) && !is_queued(*one.thread));
        if (over) one = {};
    }
    if (has_to_repeat(thread) || (buffered && is_queued(thread))) {
        auto* place = std::ranges::find(now_.pending, nullptr, &Pending::thread);
        if (place == std::end(now_.pending)) throw std::logic_error("too many pending operations");
        *place = {&thread, operation};
    }
    if (std::ranges::all_of(now_.pending, [](const Pending& one) { return one.thread == nullptr; })) return;
    const std::vector<Thread*> living = threads();
    for (Pending& one : now_.pending) {
        if (std::ranges::find(living, one.thread) == living.end()) one = {};
    }
    // So that equal states are equal memory.
    std::ranges::sort(now_.pending, std::greater{}, &Pending::thread);
}

Entry Stage::enter(Thread& thread, const Operation& operation, unsigned poll) {
    thread.pc = after_call;
    thread.resume = ResumeKind::message;
    simulated().polls = 0;
    simulated().preempt_every = poll;
    const Form& form = description_->forms[operation.form];
    try {
        if (form.way == Way::fault) {
            thread.pc = Board::entry;
            thread.resume = ResumeKind::all;
            now_.running = &handle_fault(core(), thread, {abi::FaultKind::page_fault, 0, 1});
        } else if (form.way == Way::passing) {
            thread.pc = Board::entry;
            thread.resume = ResumeKind::all;
            simulated().now = simulated().deadline;
            now_.running = &handle_interrupt_entry(core(), thread);
        } else {
            now_.running = &machine::enter_by_hot_path(core(), thread, form.number);
        }
    } catch (const machine::Idle&) {
        now_.running = nullptr;
    }
    simulated().preempt_every = 0;
    keep_pending(thread, operation);
    const bool again = has_to_repeat(thread);
    const auto& x = thread.registers.x;
    return {.preempted = again, .refused = !again && Tag(x[1]).error() && x[4] == 0, .all = simulated().polls < poll};
}

void Stage::keep(const Thread& thread) {
    kept_ = {thread.registers, thread.pc, thread.resume, core().refusal, core().entered, {}, {}};
    if (thread.buffer == nullptr) return;
    kept_.window = buffer_of(thread).window;
    kept_.item = buffer_of(thread).items[0];
}

void Stage::write_buffer(const Thread& thread, const Operation& operation) {
    const Form& form = description_->forms[operation.form];
    const auto value = [&](Target target) {
        const size_t number = parameter_for(form, target);
        return number < form.parameters.size() ? value_of(form, operation, number) : 0;
    };
    const bool receives = parameter_for(form, Target::window_first) < form.parameters.size();
    buffer_of(thread).window = {value(Target::window_table), value(Target::window_first), receives ? 1u : 0u};
    buffer_of(thread).items[0] = abi::MessageItem::make(static_cast<abi::ItemKind>(value(Target::item_kind)),
                                                        value(Target::item_index), abi::all_rights, 0);
}

Entry Stage::perform(const Operation& operation, unsigned poll) {
    Thread& thread = *now_.running;
    keep(thread);
    write_registers(thread, registers_of(description_->forms[operation.form], operation));
    if (thread.buffer != nullptr) write_buffer(thread, operation);
    return enter(thread, operation, poll);
}

Entry Stage::go_on(unsigned poll) {
    Thread& thread = *now_.running;
    keep(thread);
    const Operation operation = *pending(thread);
    return enter(thread, operation, poll);
}

uint64_t Stage::named_slots() {
    uint64_t named = 0;
    for (const Pending& one : now_.pending) {
        if (one.thread == nullptr) continue;
        const Form& form = description_->forms[one.operation.form];
        for (size_t i = 0; i < form.parameters.size(); ++i) {
            const Role role = form.parameters[i].role;
            const bool names =
                role == Role::capability || role == Role::to || role == Role::from || role == Role::reply;
            if (names && one.operation.arguments[i] != no_reply_argument)
                named |= uint64_t{1} << one.operation.arguments[i];
        }
    }
    return named;
}

std::string Stage::name_of(const Thread& thread) {
    for (size_t i = 0; i < actors_.size(); ++i) {
        if (actors_[i] == &thread) return std::string(1, static_cast<char>('a' + i));
    }
    return "thread_at_" + std::to_string(machine::physical(&thread).value() - Board::memory.base);
}

}  // namespace selene::test
