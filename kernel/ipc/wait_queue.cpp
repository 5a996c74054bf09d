// SPDX-License-Identifier: BSD-2-Clause
// Insertion and removal of waiters.
#include "ipc/wait_queue.hpp"

#include <utility>

namespace selene {

namespace {

/// The bit of a priority that decides at the root; that of the next depth is the next lower one.
constexpr unsigned root_bit = 0x80;

Thread*& side(Thread& leader, unsigned priority, unsigned bit) SELENE_REQUIRES(own_core) {
    return leader.lower[(priority & bit) != 0 ? 1 : 0];
}

/// One takes the other's place. The library's swap of arrays would be a loop of its own.
void swap_lower(Thread& one, Thread& other) SELENE_REQUIRES(own_core) {
    std::swap(one.lower[0], other.lower[0]);
    std::swap(one.lower[1], other.lower[1]);
}

}  // namespace

Thread*& WaitQueue::place_of(const Thread& thread) {
    Thread** place = &head_;
    for (unsigned bit = root_bit; (*place)->priority() != thread.priority(); bit >>= 1)
        place = &side(**place, thread.priority(), bit);
    return *place;
}

void WaitQueue::insert(Thread& thread) {
    if (head_ == nullptr) {
        head_ = &thread;
        return;
    }
    if (head_->next == nullptr) head_->next = head_->previous = head_;
    Thread** place = &head_;
    Thread* sinking = &thread;
    for (unsigned bit = root_bit; *place != nullptr; bit >>= 1) {
        Thread& leader = **place;
        if (leader.priority() == sinking->priority()) {
            thread.next = &leader;
            thread.previous = std::exchange(leader.previous, &thread);
            thread.previous->next = &thread;
            return;
        }
        if (leader.priority() < sinking->priority()) {
            // It takes the place, and who had it sinks.
            swap_lower(leader, *sinking);
            *place = std::exchange(sinking, &leader);
        }
        place = &side(**place, sinking->priority(), bit);
    }
    *place = sinking;
    thread.next = thread.previous = &thread;
}

void WaitQueue::remove(Thread& thread) {
    if (thread.next == nullptr) {
        head_ = nullptr;
        return;
    }
    Thread** place = &place_of(thread);
    if (thread.next != &thread) {
        thread.previous->next = thread.next;
        thread.next->previous = thread.previous;
        if (*place == &thread) {
            swap_lower(thread, *thread.next);
            *place = thread.next;
        }
    } else {
        // The higher of the two below takes its place, again and again.
        for (;;) {
            const Thread* left = thread.lower[0];
            const Thread* right = thread.lower[1];
            if (left == nullptr && right == nullptr) break;
            const bool is_right = left == nullptr || (right != nullptr && right->priority() > left->priority());
            Thread& riser = *thread.lower[is_right ? 1 : 0];
            *place = &riser;
            swap_lower(thread, riser);
            place = &riser.lower[is_right ? 1 : 0];
        }
        *place = nullptr;
    }
    thread.next = thread.previous = nullptr;
    if (head_->next == head_ && head_->lower[0] == nullptr && head_->lower[1] == nullptr)
        head_->next = head_->previous = nullptr;
}

Thread* WaitQueue::behind_in_walk(const Thread& thread) {
    if (place_of(thread) != &thread) return thread.previous;
    return last_of(below(thread.priority()));
}

Thread* WaitQueue::below(unsigned priority) const {
    Thread* best = nullptr;
    Thread* leader = head_;
    for (unsigned bit = root_bit; leader != nullptr; bit >>= 1) {
        if (leader->priority() < priority) return leader;
        if ((priority & bit) != 0 && leader->lower[0] != nullptr) best = leader->lower[0];
        leader = side(*leader, priority, bit);
    }
    return best;
}

}  // namespace selene
