// SPDX-License-Identifier: BSD-2-Clause
// Who runs, and until when.
#include <algorithm>
#include <utility>

#include "society.hpp"

namespace selene::ipc_model {

uint8_t Society::highest() const {
    for (auto it = ready.rbegin(); it != ready.rend(); ++it) {
        if (!it->second.empty()) return it->first;
    }
    return 0;
}

void Society::enqueue(Thread& thread) {
    thread.doing = Doing::ready;
    ready[thread.priority].push_back(&thread);
}

/// A thread that has stopped waiting. Whose lender has left is ready without time, until somebody has been told.
void Society::let_go_on(Thread& thread, bool favoured) {
    thread.doing = Doing::ready;
    if (thread.stopped) return;
    const bool has_news = thread.time == nullptr && thread.lost == Lost::its_lender;
    if (!has_news && (thread.time == nullptr || !thread.time->configured)) {
        thread.doing = Doing::lacks_time;
        return;
    }
    auto& queue = ready[thread.priority];
    queue.insert(favoured && rules.favourite == &thread ? queue.begin() : queue.end(), &thread);
    if (current == nullptr || thread.priority > current->priority) choose_anew_ = true;
}

void Society::stop_waiting_for_time(Context& context) {
    std::erase(releases, &context);
    context.waiter = nullptr;
}

/// Out of everything that has to do with running; the time stays its own. Whose turn it was has to be asked anew.
void Society::take_off(Thread& thread) {
    if (thread.doing == Doing::runs) {
        choose_anew_ = true;
    } else if (thread.doing == Doing::ready) {
        std::erase(ready[thread.priority], &thread);
    } else if (thread.doing == Doing::lacks_time && thread.time != nullptr) {
        stop_waiting_for_time(*thread.time);
    }
}

/// Nobody has this time any more.
void Society::take_time(Context& context) {
    if (context_ != &context) return;
    charge();
    context_ = nullptr;
    choose_anew_ = true;
}

void Society::charge() {
    if (context_ == nullptr) return;
    context_->consumed += now - charged_until;
    context_->budget.use(charged_until, now);
    charged_until = now;
}

namespace {

/// The context whose first piece comes back first.
Context* first_release(const std::vector<Context*>& releases) {
    const auto earlier = [](const Context* a, const Context* b) {
        return a->budget.first().time < b->budget.first().time;
    };
    const auto first = std::ranges::min_element(releases, earlier);
    return first == releases.end() ? nullptr : *first;
}

}  // namespace

void Society::set_timer() {
    deadline = ~uint64_t{0} >> 1;
    if (context_ != nullptr) deadline = charged_until + context_->budget.first().amount;
    if (const Context* first = first_release(releases)) deadline = std::min(deadline, first->budget.first().time);
}

void Society::preempt() {
    Thread* thread = current;
    current = nullptr;
    if (thread == nullptr || thread->doing != Doing::runs) return;
    thread->lost = Lost::all_of_it;
    thread->doing = Doing::ready;
    auto& queue = ready[thread->priority];
    queue.insert(queue.begin(), thread);
}

void Society::lose_time(Thread& thread) {
    const Lost lost = std::exchange(thread.lost, Lost::nothing);
    thread.doing = Doing::lacks_time;
    const auto cause = lost == Lost::its_lender ? abi::TimeoutCause::lender_left : abi::TimeoutCause::used_up;
    if (lost != Lost::nothing && report_timeout(thread, cause)) return;
    if (lost == Lost::its_lender && await_lender(thread)) return;
    if (thread.time == nullptr || !thread.time->configured) return;
    thread.time->waiter = &thread;
    releases.push_back(thread.time);
}

bool Society::dispatch(Thread& thread, const Context* used) {
    Context* time = thread.time;
    const bool goes_on = time != nullptr && time == used && rules.passes_time_on;
    if (time == nullptr || !time->configured || (!goes_on && !time->budget.gather(now, rules.minimum_budget))) {
        lose_time(thread);
        return false;
    }
    context_ = time;
    charged_until = now;
    current = &thread;
    thread.doing = Doing::runs;
    thread.lost = Lost::nothing;
    return true;
}

/// `used` is what has been run on until now, if a direct switch may go on with it, however little is left.
void Society::choose(const Context* used) {
    charge();
    preempt();
    context_ = nullptr;
    for (;;) {
        auto& queue = ready[highest()];
        if (queue.empty()) {
            set_timer();
            if (now < deadline) return;
            timer();
            continue;
        }
        Thread& thread = *queue.front();
        queue.erase(queue.begin());
        if (dispatch(thread, used)) break;
    }
    choose_anew_ = false;
    set_timer();
}

/// What has been used up ends, and what is due comes back.
void Society::timer() {
    charge();
    if (context_ != nullptr && current != nullptr && current->doing == Doing::runs) {
        const Piece& piece = context_->budget.first();
        if (piece.amount < rules.minimum_budget || piece.time > now) {
            current->lost = Lost::all_of_it;
            enqueue(*current);
            choose_anew_ = true;
        }
    }
    for (unsigned released = 0; released < rules.releases_at_once; ++released) {
        Context* first = first_release(releases);
        if (first == nullptr || first->budget.first().time > now) break;
        Thread& thread = *first->waiter;
        stop_waiting_for_time(*first);
        let_go_on(thread);
    }
    set_timer();
}

void Society::leave() {
    if (choose_anew_ || current == nullptr) choose(context_);
    while (now >= deadline) {
        if (current == nullptr) {
            choose(nullptr);
            continue;
        }
        timer();
        if (choose_anew_) choose(nullptr);
    }
}

void Society::pass(uint64_t ticks) {
    now += ticks;
    if (now >= deadline) leave();
}

void Society::interrupted(Notification& notification, uint64_t bits) {
    raise(notification, bits);
    leave();
}

void Society::begin_with(Thread& thread) {
    current = &thread;
    context_ = thread.time;
}

Budget Society::budget_by_now(const Context& context) const {
    Budget budget = context.budget;
    if (&context == context_) budget.use(charged_until, now);
    return budget;
}

void Society::yield() {
    Thread& thread = *current;
    tell(thread, 0, {});
    if (ready[thread.priority].empty()) return;
    thread.lost = Lost::all_of_it;
    enqueue(thread);
    choose_anew_ = true;
}

}  // namespace selene::ipc_model
