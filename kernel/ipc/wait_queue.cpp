// SPDX-License-Identifier: BSD-2-Clause
// Insertion and removal of waiters.
#include "ipc/wait_queue.hpp"

namespace selene {

/// `leader` and `last` are the ends of a group.
void WaitQueue::join(Thread& leader, Thread& last) {
    leader.group_last = &leader == &last ? nullptr : &last;
    last.group_leader = &leader == &last ? nullptr : &leader;
}

void WaitQueue::link(Thread* before, Thread& thread, Thread* after) {
    thread.previous = before;
    thread.next = after;
    (before != nullptr ? before->next : head_) = &thread;
    if (after != nullptr) after->previous = &thread;
}

void WaitQueue::insert(Thread& thread) {
    Thread* before = nullptr;
    Thread* leader = head_;
    while (leader != nullptr && leader->priority() > thread.priority()) {
        before = &last_of(*leader);
        leader = before->next;
    }
    if (leader == nullptr || leader->priority() < thread.priority()) {
        link(before, thread, leader);
        return;
    }
    Thread& last = last_of(*leader);
    link(&last, thread, last.next);
    last.group_leader = nullptr;
    join(*leader, thread);
}

void WaitQueue::remove(Thread& thread) {
    if (thread.group_last != nullptr) {
        join(*thread.next, *thread.group_last);
    } else if (thread.group_leader != nullptr) {
        join(*thread.group_leader, *thread.previous);
    }
    (thread.previous != nullptr ? thread.previous->next : head_) = thread.next;
    if (thread.next != nullptr) thread.next->previous = thread.previous;
    thread.next = nullptr;
    thread.previous = nullptr;
    thread.group_last = nullptr;
    thread.group_leader = nullptr;
}

}  // namespace selene
