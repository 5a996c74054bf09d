// SPDX-License-Identifier: BSD-2-Clause
// Breadth first from state to state.
#include "search.hpp"

#include <algorithm>
#include <optional>

#include "enumeration.hpp"
#include "invariants/invariants.hpp"
#include "object/cap_table.hpp"

namespace selene::test {

namespace {

/// No operation of a small world has more steps.
constexpr uint16_t most_polls = 2000;
/// Not preempted at all.
constexpr uint16_t never = most_polls + 1;
constexpr uint64_t transitions_between_checks = 1 << 20;

}  // namespace

Findings Search::run(uint64_t limit) {
    begin();
    try {
        while (!waiting_.empty() && seen_.size() < limit) {
            Waiting next = std::move(waiting_.front());
            waiting_.pop_front();
            expand(next);
        }
        stage_.check_rest();
    } catch (const machine::Panic& panic) {
        findings_.violation = panic.what();
    }
    findings_.complete = waiting_.empty() && findings_.violation.empty();
    findings_.states = seen_.size();
    return findings_;
}

void Findings::count(uint8_t form, const Entry& entry) {
    if (forms.size() <= form) forms.resize(form + 1u);
    ++(entry.refused ? forms[form].refused : entry.preempted ? forms[form].preempted : forms[form].obeyed);
}

void Search::begin() {
    stage_.restore(stage_.first_state());
    base_ = stage_.first_state();
    ready_ = base_;
    scratch_ = base_.memory;
    check_state();
    seen_.insert(hash_of(canonical_.write()));
    known_.push_back({});
    waiting_.push_back({0, 0, {}, stage_.first_state().translations});
}

void Search::expand(Waiting& waiting) {
    current_ = waiting.number;
    depth_ = waiting.depth;
    findings_.depth = depth_;
    base_.memory = stage_.first_state().memory;
    Image::apply(waiting.difference, base_.memory);
    base_.translations = std::move(waiting.translations);
    stage_.restore(base_);
    const std::vector<Thread*> threads = stage_.threads();
    for (size_t i = 0; i < threads.size(); ++i) {
        stage_.restore(base_);
        // Where spaces matter, who is current is part of the state, and yields like any other operation.
        const bool may = stage_.takes_turns() ? threads[i] == stage_.running() : Stage::can_run(*threads[i]);
        if (may) let_act(*threads[i], static_cast<uint8_t>(i));
    }
}

void Search::let_act(Thread& thread, uint8_t number) {
    if (!stage_.bring(thread)) return;
    check_state();
    stage_.save(ready_);
    moved_ = false;
    const bool pending = stage_.pending(thread) != nullptr;
    pending_beside_ = stage_.pending_beside(thread);
    if (pending) try_all_polls(thread, {.thread = number, .goes_on = 1});
    if (pending && !stage_.description().gives_up) return;
    stage_.restore(ready_);
    moved_ = false;
    Enumeration enumeration(stage_, thread);
    for (const Operation& operation : enumeration.all())
        try_all_polls(thread, {.thread = number, .operation = operation});
}

void Search::try_all_polls(Thread& thread, Move move) {
    const bool preempts = pending_beside_ < stage_.description().most_pending;
    for (move.poll = preempts ? 1 : never;; ++move.poll) {
        try {
            if (transition(thread, move)) return;
        } catch (const machine::Panic&) {
            findings_.path = path_to(current_);
            findings_.path.push_back(move);
            throw;
        }
        if (move.poll >= most_polls) throw machine::Panic("an operation has no end");
    }
}

bool Search::somebody_is_bereft() {
    return std::ranges::any_of(stage_.threads(), [](const Thread* thread) {
        return thread->state() == ThreadState::ready && thread->context == nullptr;
    });
}

Hash128 Search::hash_of_general_way(const Move& move) {
    machine::simulated().direct_switches = false;
    (void)do_move(move);
    machine::simulated().direct_switches = true;
    const Hash128 hash = hash_of(canonical_.write());
    stage_.restore(ready_);
    return hash;
}

Entry Search::do_move(const Move& move) {
    return move.goes_on != 0 ? stage_.go_on(move.poll) : stage_.perform(move.operation, move.poll);
}

bool Search::transition(Thread& thread, const Move& move) {
    if (moved_) stage_.restore(ready_);
    moved_ = true;
    const bool busy = !thread.dying_tables.alone() || stage_.pending(thread) != nullptr;
    const Form& form = stage_.description().forms[move.operation.form];
    // Of what was preempted others may have undone a part by the time it is done.
    Slot* promised = move.goes_on == 0 ? promised_slot(thread, form, move.operation) : nullptr;
    const bool compares = compares_ways_ && !somebody_is_bereft();
    const std::optional<Hash128> generally = compares ? std::optional(hash_of_general_way(move)) : std::nullopt;
    const Entry entry = do_move(move);
    if (generally && hash_of(canonical_.write()) != *generally)
        throw machine::Panic("a hot or direct switch leads elsewhere than the general way");
    if (move.goes_on == 0) findings_.count(move.operation.form, entry);
    if (++findings_.transitions % transitions_between_checks == 0) stage_.check_rest();
    // A refused operation changes nothing, unless it was preempted before or had to finish another one first.
    if (entry.refused && !busy) {
        moved_ = !stage_.unchanged_since(ready_, thread);
        if (!moved_) return entry.all;
        // A receive in vain has told those whose messages do not fit that they are in the way.
        if (form.number != abi::SystemCall::try_receive)
            throw machine::Panic("a refused operation has changed something");
    }
    check_state();
    if (promised != nullptr && !entry.preempted) check_promise(thread, form, move.operation, promised);
    arrive(move);
    return entry.all;
}

void Search::check_state() {
    const Violation violation = find_violation(stage_.kernel(), stage_.core());
    if (violation.found())
        throw machine::Panic(std::string("violated: ") + violation.invariant + ": " + violation.wrong);
    if (stage_.description().translates) stage_.world().check();
    if (check_ == nullptr) return;
    if (const char* wrong = check_(stage_); wrong != nullptr) throw machine::Panic(wrong);
}

void Search::arrive(const Move& move) {
    if (!seen_.insert(hash_of(canonical_.write()))) return;
    const auto number = static_cast<uint32_t>(known_.size());
    known_.push_back({current_, move});
    Stage::State state{std::move(scratch_), {}};
    stage_.save(state);
    waiting_.push_back({number, depth_ + 1, Image::difference(stage_.first_state().memory, state.memory),
                        std::move(state.translations)});
    scratch_ = std::move(state.memory);
}

Slot* Search::promised_slot(const Thread& caller, const Form& form, const Operation& operation) {
    if (form.promise == Promise::none || caller.task == nullptr) return nullptr;
    const auto value = [&](std::string_view name) {
        for (size_t i = 0; i < form.parameters.size(); ++i) {
            if (form.parameters[i].name == name) return value_of(form, operation, i);
        }
        throw std::logic_error("a promise is of a slot");
    };
    const uint64_t table = value("table");
    if (table >= caller.task->count || caller.task->table[table].type() != CapType::cap_table) return nullptr;
    return caller.task->table[table].object<CapTable>()->slot(value("first"));
}

void Search::check_promise(const Thread& caller, const Form& form, const Operation& operation, Slot* slot) {
    // Who has ended itself, its slot or the slot's table has been promised nothing.
    const std::vector<Thread*> living = stage_.threads();
    if (std::ranges::find(living, &caller) == living.end() || !Stage::can_run(caller)) return;
    if (abi::Tag(caller.registers.x[1]).error() || !stage_.lives(*slot)) return;
    if (form.promise == Promise::fills && slot->empty()) throw machine::Panic("obeyed, and the slot is empty");
    if (form.promise != Promise::empties || slot->empty()) return;
    const uint64_t root = value_of(form, operation, form.parameters.size() - 1);
    if (root == static_cast<uint64_t>(abi::KeepRoot::self)) throw machine::Panic("unmapped, and the slot is not empty");
    if (slot->has_children() || slot->closing()) throw machine::Panic("unmapped, and not all below it is gone");
}

std::vector<Move> Search::path_to(uint32_t number) const {
    std::vector<Move> path;
    for (; number != 0; number = known_[number].parent) path.insert(path.begin(), known_[number].move);
    return path;
}

std::string Search::replay(const std::vector<Move>& path) {
    stage_.restore(stage_.first_state());
    for (size_t i = 0; i < path.size(); ++i) {
        Thread& thread = *stage_.threads().at(path[i].thread);
        if (!stage_.bring(thread)) throw std::logic_error("a path's thread does not run");
        try {
            (void)do_move(path[i]);
            check_state();
        } catch (const machine::Panic& panic) {
            if (i + 1 < path.size()) throw;
            return panic.what();
        }
    }
    return {};
}

std::string Search::text_of(const std::vector<Move>& path) {
    stage_.restore(stage_.first_state());
    std::string text;
    for (const Move& move : path) {
        Thread& thread = *stage_.threads().at(move.thread);
        (void)stage_.bring(thread);
        const Operation operation = move.goes_on != 0 ? *stage_.pending(thread) : move.operation;
        const Form& form = stage_.description().forms[operation.form];
        text += "    " + stage_.name_of(thread) + '.' + (move.goes_on != 0 ? "go_on() /* " : "") +
                test::text_of(form, operation) + (move.goes_on != 0 ? " */;" : ";");
        try {
            const Entry entry = do_move(move);
            if (entry.preempted) text += "  // preempted at poll " + std::to_string(move.poll);
            if (entry.refused) text += "  // refused";
        } catch (const machine::Panic& panic) {
            text += std::string("  // ") + panic.what();
        }
        text += '\n';
    }
    return text;
}

}  // namespace selene::test
