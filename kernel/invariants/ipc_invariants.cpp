// SPDX-License-Identifier: BSD-2-Clause
// Invariants of threads that wait for each other.
#include "invariants/object_walk.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "machine.hpp"

namespace selene::invariant {

namespace {

/// The queue that a thread's state names, null if it names none.
const WaitQueue* queue_of(const Thread& thread) {
    const auto* endpoint = static_cast<const Endpoint*>(thread.blocked_on);
    switch (thread.state()) {
    case ThreadState::receiving_passive:
    case ThreadState::unfinished: return &endpoint->passive_receivers;
    case ThreadState::receiving_active: return &endpoint->active_receivers;
    case ThreadState::receiving_plain: return &endpoint->plain_receivers;
    case ThreadState::calling:
    case ThreadState::faulting: return &endpoint->donors;
    case ThreadState::sending:
    case ThreadState::faulting_alone: return &endpoint->senders;
    case ThreadState::waiting: return &static_cast<const Notification*>(thread.blocked_on)->waiters;
    case ThreadState::called_donating:
    case ThreadState::running:
    case ThreadState::ready:
    case ThreadState::faulted_donating:
    case ThreadState::called_keeping:
    case ThreadState::faulted_keeping:
    case ThreadState::without_budget:
    case ThreadState::inactive: return nullptr;
    }
    return nullptr;
}

bool waits_for_reply(const Thread& thread) {
    const ThreadState state = thread.state();
    return state == ThreadState::called_donating || state == ThreadState::called_keeping ||
           state == ThreadState::faulted_donating || state == ThreadState::faulted_keeping;
}

Violation check_ring(const WaitQueue& queue, const Thread& leader) {
    const Thread* thread = &leader;
    do {
        if (queue_of(*thread) != &queue) return {"a queue names only threads that wait in it", thread};
        if (thread->priority() != leader.priority()) return {"equals stand together", thread};
        if (thread != &leader && (thread->lower[0] != nullptr || thread->lower[1] != nullptr))
            return {"only the first of its equals stands in the tree", thread};
        if (thread->next == nullptr || thread->next->previous != thread) return {"a ring's links are inverse", thread};
        thread = thread->next;
    } while (thread != &leader);
    return {};
}

/// What hangs at one place of a queue's tree: `above` is the priority of the leader above, and of the priorities in here
/// the bits in `fixed` are those of `prefix`.
Violation check_leaders(const WaitQueue& queue, const Thread* leader, unsigned above, unsigned fixed, unsigned prefix) {
    if (leader == nullptr) return {};
    const unsigned priority = leader->priority();
    if (priority >= above) return {"a queue is in order of priority", leader};
    if ((priority & fixed) != prefix) return {"a leader hangs where its priority says", leader};
    if (const Violation violation = check_ring(queue, *leader); violation.found()) return violation;
    constexpr unsigned root_bit = 0x80;
    const unsigned bit = fixed == 0 ? root_bit : (fixed >> 1) & ~fixed;
    for (const unsigned side : {0U, 1U}) {
        const Violation violation =
            check_leaders(queue, leader->lower[side], priority, fixed | bit, prefix | (side != 0 ? bit : 0));
        if (violation.found()) return violation;
    }
    return {};
}

Violation check_queue(const WaitQueue& queue) {
    const Thread* head = queue.first();
    if (head == nullptr) return {};
    if (head->next != nullptr) {
        if (head->next == head && head->lower[0] == nullptr && head->lower[1] == nullptr)
            return {"a lone waiter has no links", head};
        return check_leaders(queue, head, abi::priorities, 0, 0);
    }
    if (head->previous != nullptr || head->lower[0] != nullptr || head->lower[1] != nullptr)
        return {"a lone waiter has no links", head};
    return queue_of(*head) == &queue ? Violation{} : Violation{"a queue names only threads that wait in it", head};
}

/// Call `visit(queue)` for every queue that threads wait in, until it returns a violation.
template <class Visit>
Violation each_queue(DerivationTree& tree, const Visit& visit) {
    const Violation at_endpoint = each_object<Endpoint>(tree, CapType::endpoint, [&](Endpoint& endpoint) -> Violation {
        for (const WaitQueue* queue : {&endpoint.passive_receivers, &endpoint.donors, &endpoint.active_receivers,
                                       &endpoint.plain_receivers, &endpoint.senders}) {
            if (const Violation violation = visit(*queue); violation.found()) return violation;
        }
        return {};
    });
    if (at_endpoint.found()) return at_endpoint;
    return each_object<Notification>(tree, CapType::notification, [&](Notification& notification) -> Violation {
        return visit(notification.waiters);
    });
}

}  // namespace

Violation queues_name_their_waiters(Kernel& kernel, Core&) { return each_queue(kernel.tree, check_queue); }

Violation waiters_are_in_their_queues(Kernel& kernel, Core&) {
    // Who is in a queue waits in it, and once, so it is enough to count.
    Fingerprint queued;
    (void)each_queue(kernel.tree, [&](const WaitQueue& queue) -> Violation {
        each_waiter(queue, [&](const Thread& thread) { queued.add(&thread); });
        return {};
    });
    Fingerprint waiting;
    const Violation astray = each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        if (queue_of(thread) != nullptr) {
            waiting.add(&thread);
            return {};
        }
        return waits_for_reply(thread) || thread.blocked_on == nullptr
                   ? Violation{}
                   : Violation{"a thread that does not wait names nothing", &thread};
    });
    if (astray.found()) return astray;
    if (queued == waiting) return {};
    return each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        const WaitQueue* queue = queue_of(thread);
        if (queue == nullptr) return {};
        bool found = false;
        each_waiter(*queue, [&](const Thread& waiter) { found = found || &waiter == &thread; });
        if (found) return {};
        return {"a waiting thread is in the queue that its state names", &thread};
    });
}

Violation cancelling_names_a_sender(Kernel& kernel, Core&) {
    return each_object<Endpoint>(kernel.tree, CapType::endpoint, [](Endpoint& endpoint) -> Violation {
        const Thread* next = endpoint.cancel_next;
        if (next == nullptr) return {};
        const WaitQueue* queue = endpoint.cancel_round % 2 != 0 ? queue_of(*next) : nullptr;
        return queue != nullptr && (queue == &endpoint.donors || queue == &endpoint.senders)
                   ? Violation{}
                   : Violation{"who is looked at next waits to be received", &endpoint};
    });
}

Violation partners_do_not_wait(Kernel& kernel, Core&) {
    const Violation at_endpoint =
        each_object<Endpoint>(kernel.tree, CapType::endpoint, [](Endpoint& endpoint) -> Violation {
            if (!endpoint.donors.empty() && !(endpoint.passive_receivers.empty() && endpoint.active_receivers.empty()))
                return {"donors and receivers with a Reply never wait at once", &endpoint};
            if (!endpoint.senders.empty() && !(endpoint.active_receivers.empty() && endpoint.plain_receivers.empty()))
                return {"senders and receivers with a budget never wait at once", &endpoint};
            return {};
        });
    if (at_endpoint.found()) return at_endpoint;
    return each_object<Notification>(kernel.tree, CapType::notification, [](Notification& notification) -> Violation {
        return notification.bits == 0 || notification.waiters.empty()
                   ? Violation{}
                   : Violation{"bits and waiters never stand side by side", &notification};
    });
}

Violation links_are_of_queues(Kernel& kernel, Core&) {
    return each_object<Thread>(kernel.tree, CapType::thread, [](Thread& thread) -> Violation {
        if (queue_of(thread) != nullptr) return {};
        if (thread.lower[0] != nullptr || thread.lower[1] != nullptr)
            return {"who waits in no queue leads nobody", &thread};
        const bool ready = thread.state() == ThreadState::ready && !thread.stopped();
        return ready || (thread.next == nullptr && thread.previous == nullptr)
                   ? Violation{}
                   : Violation{"a thread in no queue has no links", &thread};
    });
}

Violation receivers_wait_by_their_time(Kernel& kernel, Core&) {
    return each_object<Thread>(kernel.tree, CapType::thread, [](Thread& thread) -> Violation {
        switch (thread.state()) {
        case ThreadState::receiving_passive:
            if (thread.own_context != nullptr || thread.context != nullptr)
                return {"a passive receiver has no time", &thread};
            return thread.reply != nullptr ? Violation{} : Violation{"a passive receiver has a Reply", &thread};
        case ThreadState::unfinished:
            if (thread.own_context != nullptr || thread.context != nullptr)
                return {"who waits to be lent time to finish has none", &thread};
            return thread.reply != nullptr && thread.reply->caller == nullptr
                       ? Violation{}
                       : Violation{"who waits to be lent time to finish has a Reply, free for a lender", &thread};
        case ThreadState::calling:
        case ThreadState::faulting:
            return thread.context != nullptr ? Violation{} : Violation{"a donor has time", &thread};
        case ThreadState::faulting_alone:
            return thread.context == nullptr ? Violation{}
                                             : Violation{"who waits with a fault alone has no time", &thread};
        case ThreadState::receiving_active:
            if (thread.own_context == nullptr) return {"an active receiver has time of its own", &thread};
            return thread.reply != nullptr ? Violation{} : Violation{"an active receiver has a Reply", &thread};
        case ThreadState::receiving_plain:
            return thread.reply == nullptr ? Violation{} : Violation{"a plain receiver has no Reply", &thread};
        default: return {};
        }
    });
}

Violation replies_are_inverse(Kernel& kernel, Core&) {
    const Violation in_reply = each_object<Reply>(kernel.tree, CapType::reply, [](Reply& reply) -> Violation {
        if (reply.caller != nullptr && (reply.caller->blocked_on != &reply || !waits_for_reply(*reply.caller)))
            return {"a Reply's caller waits for it", &reply};
        if (reply.settled != Settled::no && reply.caller == nullptr)
            return {"who has been refused already is a caller", &reply};
        return reply.holder == nullptr || reply.holder->reply == &reply ? Violation{}
                                                                        : Violation{"a Reply's holder has it", &reply};
    });
    if (in_reply.found()) return in_reply;
    return each_object<Thread>(kernel.tree, CapType::thread, [](Thread& thread) -> Violation {
        if (waits_for_reply(thread) && static_cast<Reply*>(thread.blocked_on)->caller != &thread)
            return {"who waits for a Reply is its caller", &thread};
        return thread.reply == nullptr || thread.reply->holder == &thread
                   ? Violation{}
                   : Violation{"who has a Reply is its holder", &thread};
    });
}

Violation bound_pairs_are_inverse(Kernel& kernel, Core&) {
    const Violation in_thread = each_object<Thread>(kernel.tree, CapType::thread, [](Thread& thread) -> Violation {
        if (thread.bound == nullptr) return {};
        return thread.bound->bound == &thread ? Violation{} : Violation{"a thread's notification names it", &thread};
    });
    if (in_thread.found()) return in_thread;
    return each_object<Notification>(kernel.tree, CapType::notification, [](Notification& notification) -> Violation {
        return notification.bound == nullptr || notification.bound->bound == &notification
                   ? Violation{}
                   : Violation{"a notification's thread names it", &notification};
    });
}

}  // namespace selene::invariant
