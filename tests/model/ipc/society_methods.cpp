// SPDX-License-Identifier: BSD-2-Clause
// What is done to threads, time and what they meet at; what becomes of them when one of these goes.
#include <algorithm>
#include <utility>

#include "society.hpp"

namespace selene::ipc_model {

using abi::ErrorCode;

// --- When a partner leaves -----------------------------------------------------------------------------------------

/// Who waits in the Reply has its time back, and waits on. Whoever has lent it on has lent what it no longer has; who
/// worked on it has none, and is what comes back.
Thread* Society::take_home(Reply& reply) {
    Thread* caller = reply.caller;
    if (caller == nullptr || !caller->lends) return nullptr;
    if (caller->own == nullptr) caller->lost = Lost::all_of_it;
    Thread* worker = worker_for(reply);
    for (Thread* link = caller; link != worker && link != nullptr; link = link->answer_in->holder) {
        link->lends = false;
        if (link != caller) link->lost = Lost::its_lender;
    }
    if (worker == nullptr) return nullptr;
    const Doing doing = worker->doing;
    take_off(*worker);
    if (doing == Doing::runs) take_time(*worker->time);
    caller->time = std::exchange(worker->time, nullptr);
    if (doing == Doing::runs) worker->doing = Doing::lacks_time;
    if (doing == Doing::ready || doing == Doing::lacks_time) let_go_on(*worker);
    return worker;
}

/// Who has only lent time goes on, and begins anew.
void Society::dismiss(Reply& reply) {
    Thread& caller = *std::exchange(reply.caller, nullptr);
    reply.settled = false;
    caller.answer_in = nullptr;
    caller.calls_again = caller.doing == Doing::awaits_answer;
    let_go_on(caller);
}

/// Who receives with the Reply will not answer what came through it.
Thread* Society::quit(Reply& reply) {
    Thread* const worker = take_home(reply);
    if (reply.settled) dismiss(reply);
    return worker;
}

/// Whoever waits for an answer is told that there will be none; who only lends time goes on.
void Society::disappoint(Reply& reply) {
    if (reply.settled) {
        bereave(quit(reply));
    } else if (reply.caller != nullptr) {
        cancel(*reply.caller);
    }
}

/// Who has lost its lender against its will has a time-out as soon as it would go on, or awaits another.
void Society::bereave(Thread* worker) {
    if (worker == nullptr) return;
    worker->lost = Lost::its_lender;
    // What it has faulted at it does again.
    if (worker->doing == Doing::faults) {
        leave_queue(*worker);
        worker->doing = Doing::lacks_time;
    }
    if (worker->doing == Doing::lacks_time) let_go_on(*worker);
    wait_without_time(*worker);
}

/// Nobody could work on a call that brings no time; a fault waits for who has some.
void Society::wait_without_time(Thread& thread) {
    if (thread.doing == Doing::calls) return cancel(thread);
    if (thread.doing != Doing::faults) return;
    std::vector<Thread*>& waiters = thread.endpoint->waiters;
    const auto is_plain = [](const Thread* it) { return it->doing == Doing::receives && it->reply == nullptr; };
    if (std::ranges::any_of(waiters, is_plain)) return cancel(thread);
    std::erase(waiters, &thread);
    waiters.push_back(&thread);
    thread.doing = Doing::faults_alone;
}

/// Whatever it waits for, it does no longer. What it has lent comes home.
void Society::stop_waiting(Thread& thread) {
    if (thread.answer_in != nullptr) {
        Reply& reply = *thread.answer_in;
        Thread* const worker = take_home(reply);
        reply.caller = nullptr;
        reply.settled = false;
        thread.answer_in = nullptr;
        bereave(worker);
    }
    leave_queue(thread);
    take_off(thread);
}

void Society::cancel(Thread& thread) {
    const Doing doing = thread.doing;
    const bool faulted = doing == Doing::faults || doing == Doing::faults_alone || doing == Doing::awaits_mending;
    stop_waiting(thread);
    if (doing == Doing::unfinished) {
        thread.doing = Doing::lacks_time;
        return;
    }
    if (faulted) return end_by_fault(thread);
    refuse(thread, Answer::refused(ErrorCode::cancelled));
    let_go_on(thread);
}

void Society::end_by_fault(Thread& thread) {
    thread.doing = Doing::nothing;
    if (thread.reply != nullptr) quit(*thread.reply);
}

void Society::withdraw(Thread& thread) {
    Thread* const worker = thread.reply != nullptr ? quit(*thread.reply) : nullptr;
    if (worker != &thread) bereave(worker);
    stop_waiting(thread);
    thread.lost = Lost::nothing;
    hold(thread, nullptr);
}

/// The context is nobody's any more. Who receives waits among those without time from now on, or could use nothing that
/// comes.
void Society::part(Context& context) {
    Thread* thread = context.thread;
    if (thread == nullptr) return;
    if (thread->lends) bereave(take_home(*thread->answer_in));
    const bool receives = thread->doing == Doing::receives;
    thread->own = nullptr;
    context.thread = nullptr;
    if (thread->time == &context) {
        take_off(*thread);
        if (thread->doing == Doing::runs || thread->doing == Doing::ready) thread->doing = Doing::lacks_time;
        take_time(context);
        thread->time = nullptr;
    }
    wait_without_time(*thread);
    if (!receives) return;
    if (thread->reply == nullptr) return cancel(*thread);
    std::erase(thread->endpoint->waiters, thread);
    thread->endpoint->waiters.push_back(thread);
}

// --- Threads -------------------------------------------------------------------------------------------------------

namespace {

/// What the interface calls it.
abi::ThreadState state(const Thread& thread) {
    switch (thread.doing) {
    case Doing::nothing: return abi::ThreadState::inactive;
    case Doing::runs:
    case Doing::ready: return abi::ThreadState::runnable;
    case Doing::lacks_time: return abi::ThreadState::without_budget;
    case Doing::receives: return abi::ThreadState::receiving;
    case Doing::sends: return abi::ThreadState::sending;
    case Doing::calls: return abi::ThreadState::calling;
    case Doing::faults:
    case Doing::faults_alone: return abi::ThreadState::faulting;
    case Doing::unfinished: return abi::ThreadState::unfinished;
    case Doing::awaits_answer: return abi::ThreadState::awaiting_reply;
    case Doing::awaits_mending: return abi::ThreadState::faulted;
    case Doing::waits: return abi::ThreadState::awaiting_signal;
    }
    return {};
}

}  // namespace

void Society::start(Thread& thread) {
    thread.started = true;
    let_go_on(thread);
}

Answer Society::suspend(Thread& thread) {
    if (thread.stopped) return {};
    const bool runs = thread.doing == Doing::runs;
    if (runs || thread.doing == Doing::ready) take_off(thread);
    if (runs) {
        thread.doing = Doing::ready;
        thread.lost = Lost::all_of_it;
    }
    thread.stopped = true;
    return {};
}

Answer Society::resume(Thread& thread) {
    const bool stopped = std::exchange(thread.stopped, false);
    if (thread.doing == Doing::nothing || (stopped && thread.doing == Doing::ready)) let_go_on(thread);
    return {};
}

Answer Society::set_priority(Thread& thread, uint8_t priority, uint8_t maximum) {
    thread.maximum = maximum;
    const bool is_ready = thread.doing == Doing::ready && !thread.stopped;
    if (is_ready) take_off(thread);
    thread.priority = priority;
    if (is_ready) let_go_on(thread);
    if (&thread == current && highest() > priority) choose_anew_ = true;
    // The last of its new equals.
    for (auto* waiters : {thread.endpoint != nullptr ? &thread.endpoint->waiters : nullptr,
                          thread.notification != nullptr ? &thread.notification->waiters : nullptr}) {
        if (waiters == nullptr) continue;
        std::erase(*waiters, &thread);
        waiters->push_back(&thread);
    }
    return {};
}

void Society::end(Thread& thread) {
    withdraw(thread);
    thread.doing = Doing::nothing;
    if (thread.own != nullptr) part(*thread.own);
    if (thread.bound != nullptr) thread.bound->bound = nullptr;
    if (current == &thread) current = nullptr;
    choose_anew_ = true;
    thread = {.number = thread.number,
              .exists = false,
              .started = false,
              .has_buffer = thread.has_buffer,
              .fault_door = thread.fault_door,
              .timeout_door = thread.timeout_door};
}

// --- Time ----------------------------------------------------------------------------------------------------------

Answer Society::bind(Context& context, Thread& thread) {
    if (context.thread != nullptr) return Answer::refused(ErrorCode::already_bound, 0);
    if (thread.own != nullptr) return Answer::refused(ErrorCode::already_bound, 1);
    const bool borrows = thread.reply != nullptr && thread.reply->caller != nullptr && thread.reply->caller->lends;
    if (thread.doing == Doing::receives || borrows)
        return Answer::refused(ErrorCode::wrong_state, 1, static_cast<uint64_t>(state(thread)));
    if (thread.doing == Doing::unfinished || thread.doing == Doing::faults_alone) {
        // It goes on, and may fault again, with time to lend.
        stop_waiting(thread);
        thread.doing = Doing::lacks_time;
    }
    context.thread = &thread;
    thread.own = &context;
    thread.time = &context;
    thread.lost = Lost::nothing;
    if (thread.doing == Doing::lacks_time) let_go_on(thread);
    return {};
}

Answer Society::unbind(Context& context) {
    if (context.thread == nullptr) return Answer::refused(ErrorCode::not_bound, 0);
    part(context);
    return {};
}

Answer Society::consumed(Context& context) {
    if (context_ == &context) charge();
    return {.result = std::exchange(context.consumed, 0)};
}

std::optional<Answer> Society::yield_to(Context& context, bool again) {
    if (context.thread == nullptr) return Answer::refused(ErrorCode::not_bound, 0);
    Thread* thread = context.thread;
    while (thread->lends && thread->answer_in->holder != nullptr) thread = thread->answer_in->holder;
    if (thread->priority > current->maximum)
        return Answer::refused(ErrorCode::argument_out_of_range, 0, current->maximum);
    if (again || thread->doing != Doing::ready || thread->stopped) return consumed(context);
    std::erase(ready[thread->priority], thread);
    const bool goes_first = thread->priority >= current->priority;
    if (goes_first) {
        Thread* const caller = current;
        preempt();
        current = caller;
        choose_anew_ = true;
    }
    auto& queue = ready[thread->priority];
    queue.insert(queue.begin(), thread);
    return goes_first ? std::nullopt : std::optional(consumed(context));
}

Answer Society::configure(Context& context, uint64_t budget, uint64_t period, size_t pieces) {
    if (context_ == &context) charge();
    Thread* waiter = context.waiter;
    if (waiter != nullptr) stop_waiting_for_time(context);
    context.configured = true;
    context.budget.renew(budget, period, pieces != 0 ? pieces : context.capacity, now);
    Thread* thread = context.thread;
    if (waiter == nullptr && thread != nullptr && thread->time == &context && thread->doing == Doing::lacks_time)
        waiter = thread;
    if (waiter != nullptr) let_go_on(*waiter);
    choose_anew_ = true;
    return {};
}

void Society::end(Context& context) {
    part(context);
    context = {.exists = false, .capacity = context.capacity};
}

// --- What they meet at -----------------------------------------------------------------------------------------------

Answer Society::bind(Notification& notification, Thread& thread) {
    if (notification.bound != nullptr) return Answer::refused(ErrorCode::already_bound, 0);
    if (thread.bound != nullptr) return Answer::refused(ErrorCode::already_bound, 1);
    notification.bound = &thread;
    thread.bound = &notification;
    wake_bound(notification);
    return {};
}

Answer Society::unbind(Notification& notification) {
    if (notification.bound == nullptr) return Answer::refused(ErrorCode::not_bound, 0);
    std::exchange(notification.bound, nullptr)->bound = nullptr;
    return {};
}

void Society::cancel_sends(Endpoint& endpoint, uint64_t badge) {
    // Donors first; the highest first, of equals the last.
    for (const bool donors : {true, false}) {
        std::vector<Thread*> those;
        for (Thread* it : endpoint.waiters) {
            const bool donor = it->doing == Doing::calls || it->doing == Doing::faults;
            const bool hears = it->doing == Doing::receives || it->doing == Doing::unfinished;
            if (it->badge == badge && !hears && donor == donors) those.push_back(it);
        }
        std::ranges::reverse(those);
        while (Thread* it = foremost(those)) {
            std::erase(those, it);
            cancel(*it);
        }
    }
}

void Society::end(Endpoint& endpoint) {
    // Kind by kind, each in its order: passive receivers, donors, active ones, those who could not answer, senders.
    const auto kind = [](const Thread& it) {
        if (it.doing == Doing::unfinished) return 0;
        if (it.doing == Doing::sends || it.doing == Doing::faults_alone) return 4;
        if (it.doing != Doing::receives) return 1;
        if (it.reply == nullptr) return 3;
        return it.own == nullptr ? 0 : 2;
    };
    for (int wanted = 0; wanted <= 4; ++wanted) {
        for (;;) {
            std::vector<Thread*> those;
            std::ranges::copy_if(endpoint.waiters, std::back_inserter(those),
                                 [&](const Thread* it) { return kind(*it) == wanted; });
            Thread* first = foremost(those);
            if (first == nullptr) break;
            cancel(*first);
        }
    }
    endpoint = {.exists = false};
}

void Society::end(Reply& reply) {
    disappoint(reply);
    if (Thread* holder = reply.holder; holder != nullptr) {
        if (holder->doing == Doing::receives || holder->doing == Doing::unfinished) cancel(*holder);
        hold(*holder, nullptr);
    }
    reply = {.exists = false};
}

void Society::end(Notification& notification) {
    while (Thread* waiter = foremost(notification.waiters)) cancel(*waiter);
    if (notification.bound != nullptr) notification.bound->bound = nullptr;
    notification = {.exists = false};
}

}  // namespace selene::ipc_model
