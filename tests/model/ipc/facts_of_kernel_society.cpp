// SPDX-License-Identifier: BSD-2-Clause
// Reading the kernel.
#include <algorithm>
#include <cstring>

#include "abi/ipc_buffer.hpp"
#include "facts_of_society.hpp"
#include "simulated_machine.hpp"

namespace selene::ipc_model {

namespace {

using selene::ThreadState;

/// A context as it would be if the time that is being used were counted.
class ByNow {
public:
    ByNow(Core& core, const selene::SchedContext& context)
        : bytes_(sizeof(selene::SchedContext) / sizeof(uint64_t) + 2 * context.capacity) {
        std::memcpy(bytes_.data(), &context, bytes_.size() * sizeof(uint64_t));
        if (core.context == &context) get().charge(machine::now().value() - core.charged_until, machine::now());
    }
    selene::SchedContext& get() { return *reinterpret_cast<selene::SchedContext*>(bytes_.data()); }

private:
    std::vector<uint64_t> bytes_;
};

class Looking {
public:
    Looking(Core& core, const KernelCast& objects, const Cast& like) : core_(core), objects_(objects), like_(like) {
        own_core.assert_held();
    }

    SocietyFacts run() {
        const selene::Thread* running =
            core_.current != nullptr && core_.current->state() == ThreadState::running ? core_.current : nullptr;
        add("running", 0, number(running, objects_.threads));
        if (like_.ways == Ways::general) {
            add("timer", 0, machine::simulated().deadline);
            add("charged until", 0, running != nullptr ? core_.charged_until : 0);
        }
        for (size_t i = 0; i < objects_.threads.size(); ++i) {
            if (objects_.threads[i] != nullptr) look_at(i, *objects_.threads[i]);
        }
        for (unsigned priority = 0; priority < abi::priorities; ++priority) {
            const auto level = static_cast<uint8_t>(priority);
            for (const selene::Thread* it = core_.ready.first(level); it != nullptr; it = it->next)
                add("ready at", priority, number(it, objects_.threads));
        }
        for (size_t i = 0; i < objects_.endpoints.size(); ++i) look_at_endpoint(i, objects_.endpoints[i]);
        for (size_t i = 0; i < objects_.replies.size(); ++i) {
            const selene::Reply* reply = objects_.replies[i];
            add("caller in", i, reply != nullptr ? number(reply->caller, objects_.threads) : 0);
            add("holder of", i, reply != nullptr ? number(reply->holder, objects_.threads) : 0);
            add("settled", i, reply != nullptr && reply->settled != selene::Settled::no ? 1 : 0);
        }
        for (size_t i = 0; i < objects_.notifications.size(); ++i) look_at_notification(i, objects_.notifications[i]);
        for (size_t i = 0; i < objects_.contexts.size(); ++i) {
            if (objects_.contexts[i] != nullptr) look_at(i, *objects_.contexts[i]);
        }
        return facts_;
    }

private:
    static constexpr uint64_t stranger = 99;

    void add(const char* what, uint64_t of, uint64_t value) { facts_.push_back({what, of, value}); }
    template <class Thing, size_t count>
    static uint64_t number(const void* thing, const std::array<Thing*, count>& all) {
        if (thing == nullptr) return 0;
        const auto found = std::ranges::find(all, thing);
        return found == all.end() ? stranger : static_cast<uint64_t>(found - all.begin()) + 1;
    }

    void look_at(size_t i, const selene::Thread& thread) {
        const ThreadState state = thread.state();
        const bool lends = state == ThreadState::called_donating || state == ThreadState::faulted_donating;
        const selene::SchedContext* time = state == ThreadState::running ? core_.context : thread.context;
        add("state of thread", i, static_cast<uint64_t>(state));
        add("stopped thread", i, thread.stopped() ? 1 : 0);
        add("priority of thread", i, thread.priority());
        add("time of thread", i, lends ? 0 : number(time, objects_.contexts));
        add("own time of thread", i, number(thread.own_context, objects_.contexts));
        add("reply of thread", i, number(thread.reply, objects_.replies));
        const bool has_result = state == ThreadState::running || state == ThreadState::ready;
        if (!has_result || !like_.threads[i].words_known || like_.threads[i].calls_again) return;
        const abi::Tag tag(thread.registers.x[1]);
        add("x0 of thread", i, thread.registers.x[0]);
        add("tag of thread", i, tag.raw());
        for (unsigned at = 0; at < abi::register_words; ++at) add("a word of thread", i, thread.registers.x[2 + at]);
        const auto* buffer = reinterpret_cast<const abi::IpcBuffer*>(thread.buffer);
        for (unsigned at = abi::register_words; at < tag.length(); ++at)
            add("a word in the buffer of thread", i, buffer != nullptr ? buffer->words[at - abi::register_words] : 0);
    }

    /// Those who wait, the first to be served first.
    void look_at_queue(const char* what, size_t i, const WaitQueue& queue) {
        for (unsigned below = abi::priorities; const selene::Thread* leader = queue.below(below);) {
            const selene::Thread* it = leader;
            do {
                add(what, i, number(it, objects_.threads));
                it = it->next;
            } while (it != nullptr && it != leader);
            below = leader->priority();
        }
    }
    void look_at_endpoint(size_t i, selene::Endpoint* endpoint) {
        if (endpoint == nullptr) return;
        const Held held(endpoint->lock);
        look_at_queue("a donor at", i, endpoint->donors);
        look_at_queue("a sender at", i, endpoint->senders);
        look_at_queue("a passive receiver at", i, endpoint->passive_receivers);
        look_at_queue("an active receiver at", i, endpoint->active_receivers);
        look_at_queue("a plain receiver at", i, endpoint->plain_receivers);
    }
    void look_at_notification(size_t i, selene::Notification* notification) {
        if (notification == nullptr) {
            add("bits of", i, 0);
            add("bound to", i, 0);
            return;
        }
        const Held held(notification->lock);
        add("bits of", i, notification->bits);
        add("bound to", i, number(notification->bound, objects_.threads));
        look_at_queue("waits on", i, notification->waiters);
    }

    void look_at(size_t i, const selene::SchedContext& object) {
        add("thread of context", i, number(object.home, objects_.threads));
        add("waiter for context", i, number(object.waiter, objects_.threads));
        if (object.core == nullptr) return;
        ByNow by_now(core_, object);
        const selene::SchedContext& context = by_now.get();
        add("budget of context", i, context.budget);
        add("period of context", i, context.period);
        add("used of context", i, context.consumed);
        std::vector<Piece> pieces;
        for (unsigned place = 0; place < context.count; ++place) {
            const Refill& refill = context.at(place);
            const bool joins = like_.ways == Ways::direct && !pieces.empty() &&
                               pieces.back().time + pieces.back().amount == refill.time;
            if (joins) {
                pieces.back().amount += refill.amount;
            } else {
                pieces.push_back({refill.time, refill.amount});
            }
        }
        for (const Piece& piece : pieces) {
            if (!context.round_robin()) add("when of a piece of context", i, piece.time);
            add("amount of a piece of context", i, piece.amount);
        }
    }

    Core& core_;
    const KernelCast& objects_;
    const Cast& like_;
    SocietyFacts facts_;
};

}  // namespace

SocietyFacts facts_of(Core& core, const KernelCast& objects, const Cast& like) {
    return Looking(core, objects, like).run();
}

}  // namespace selene::ipc_model
