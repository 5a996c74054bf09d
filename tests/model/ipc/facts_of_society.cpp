// SPDX-License-Identifier: BSD-2-Clause
// Reading the model.
#include "facts_of_society.hpp"

#include <algorithm>
#include <sstream>

#include "object/thread.hpp"

namespace selene::ipc_model {

namespace {

using selene::ThreadState;

/// What the kernel calls it.
ThreadState state_in_kernel(const Thread& thread) {
    switch (thread.doing) {
    case Doing::nothing: return ThreadState::inactive;
    case Doing::runs: return ThreadState::running;
    case Doing::ready: return ThreadState::ready;
    case Doing::lacks_time: return ThreadState::without_budget;
    case Doing::receives:
        if (thread.reply == nullptr) return ThreadState::receiving_plain;
        return thread.own == nullptr ? ThreadState::receiving_passive : ThreadState::receiving_active;
    case Doing::sends: return ThreadState::sending;
    case Doing::calls: return ThreadState::calling;
    case Doing::faults: return ThreadState::faulting;
    case Doing::faults_alone: return ThreadState::faulting_alone;
    case Doing::unfinished: return ThreadState::unfinished;
    case Doing::awaits_answer: return thread.lends ? ThreadState::called_donating : ThreadState::called_keeping;
    case Doing::awaits_mending: return thread.lends ? ThreadState::faulted_donating : ThreadState::faulted_keeping;
    case Doing::waits: return ThreadState::waiting;
    }
    return {};
}

class Reading {
public:
    explicit Reading(const Cast& cast) : cast_(cast) {}

    SocietyFacts run() {
        const Society& society = cast_.society;
        add("running", 0, number(society.current, cast_.threads));
        if (cast_.ways == Ways::general) {
            add("timer", 0, society.deadline);
            add("charged until", 0, society.current != nullptr ? society.charged_until : 0);
        }
        for (size_t i = 0; i < cast_.threads.size(); ++i) {
            if (cast_.threads[i].exists) read(i, cast_.threads[i]);
        }
        for (const auto& [priority, queue] : society.ready) {
            for (const Thread* thread : queue) add("ready at", priority, number(thread, cast_.threads));
        }
        for (size_t i = 0; i < cast_.endpoints.size(); ++i) read(i, cast_.endpoints[i]);
        for (size_t i = 0; i < cast_.replies.size(); ++i) {
            add("caller in", i, number(cast_.replies[i].caller, cast_.threads));
            add("holder of", i, number(cast_.replies[i].holder, cast_.threads));
            add("settled", i, cast_.replies[i].settled ? 1 : 0);
        }
        for (size_t i = 0; i < cast_.notifications.size(); ++i) {
            const Notification& notification = cast_.notifications[i];
            add("bits of", i, notification.bits);
            add("bound to", i, number(notification.bound, cast_.threads));
            read_queue("waits on", i, notification.waiters);
        }
        for (size_t i = 0; i < cast_.contexts.size(); ++i) {
            if (cast_.contexts[i].exists) read(i, cast_.contexts[i]);
        }
        return facts_;
    }

private:
    void add(const char* what, uint64_t of, uint64_t value) { facts_.push_back({what, of, value}); }
    /// 0 for none.
    template <class Thing, size_t count>
    static uint64_t number(const Thing* thing, const std::array<Thing, count>& all) {
        return thing == nullptr ? 0 : static_cast<uint64_t>(thing - all.data()) + 1;
    }

    void read(size_t i, const Thread& thread) {
        const ThreadState state = state_in_kernel(thread);
        add("state of thread", i, static_cast<uint64_t>(state));
        add("stopped thread", i, thread.stopped ? 1 : 0);
        add("priority of thread", i, thread.priority);
        add("time of thread", i, thread.lends ? 0 : number(thread.time, cast_.contexts));
        add("own time of thread", i, number(thread.own, cast_.contexts));
        add("reply of thread", i, number(thread.reply, cast_.replies));
        const bool has_result = state == ThreadState::running || state == ThreadState::ready;
        if (!has_result || !thread.words_known || thread.calls_again) return;
        add("x0 of thread", i, thread.x0);
        add("tag of thread", i, thread.message.tag.raw());
        for (const uint64_t word : thread.message.words) add("a word of thread", i, word);
        for (size_t at = abi::register_words; at < thread.message.tag.length(); ++at)
            add("a word in the buffer of thread", i, thread.buffer[at - abi::register_words]);
    }

    void read_queue(const char* what, size_t i, std::vector<Thread*> waiters) {
        while (Thread* first = foremost(waiters)) {
            add(what, i, number(first, cast_.threads));
            std::erase(waiters, first);
        }
    }
    void read(size_t i, const Endpoint& endpoint) {
        constexpr std::pair<const char*, std::array<Doing, 2>> kinds[] = {
            {"a donor at", {Doing::calls, Doing::faults}}, {"a sender at", {Doing::sends, Doing::faults_alone}}};
        const auto read_those = [&](const char* what, const auto& condition) {
            std::vector<Thread*> those;
            std::ranges::copy_if(endpoint.waiters, std::back_inserter(those), condition);
            read_queue(what, i, those);
        };
        for (const auto& [what, doings] : kinds)
            read_those(what, [&](const Thread* it) { return std::ranges::find(doings, it->doing) != doings.end(); });
        for (const auto& [what, state] : {std::pair("a passive receiver at", ThreadState::receiving_passive),
                                          std::pair("an active receiver at", ThreadState::receiving_active),
                                          std::pair("a plain receiver at", ThreadState::receiving_plain)})
            read_those(what, [&](const Thread* it) {
                const bool unfinished = it->doing == Doing::unfinished && state == ThreadState::receiving_passive;
                return unfinished || state_in_kernel(*it) == state;
            });
    }

    void read(size_t i, const Context& context) {
        add("thread of context", i, number(context.thread, cast_.threads));
        add("waiter for context", i, number(context.waiter, cast_.threads));
        if (!context.configured) return;
        const Society& society = cast_.society;
        const Budget budget = society.budget_by_now(context);
        add("budget of context", i, budget.budget());
        add("period of context", i, budget.period());
        add("used of context", i, society.used_by_now(context));
        for (const Piece& piece : cast_.ways == Ways::general ? budget.pieces() : budget.joined()) {
            // When a budget that is full again at once was renewed is of no account.
            if (!budget.takes_turns()) add("when of a piece of context", i, piece.time);
            add("amount of a piece of context", i, piece.amount);
        }
    }

    const Cast& cast_;
    SocietyFacts facts_;
};

}  // namespace

SocietyFacts facts_of(const Cast& cast) { return Reading(cast).run(); }

std::string difference(const SocietyFacts& model, const SocietyFacts& kernel) {
    const auto [ours, theirs] = std::ranges::mismatch(model, kernel);
    if (ours == model.end() && theirs == kernel.end()) return {};
    std::ostringstream out;
    const auto print = [&](const char* side, const auto& fact, const auto& end) {
        out << side;
        if (fact == end) {
            out << "nothing more";
        } else {
            out << fact->what << " " << fact->of << " is " << fact->value;
        }
    };
    print("the model says: ", ours, model.end());
    print("; the kernel: ", theirs, kernel.end());
    return out.str();
}

}  // namespace selene::ipc_model
