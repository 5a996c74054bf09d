// SPDX-License-Identifier: BSD-2-Clause
// Insertion and removal of waiters.
#include "ipc/wait_queue.hpp"

namespace selene {

void WaitQueue::insert(Thread& thread) {
    thread.ring_next = &thread;
    thread.ring_previous = &thread;
    Thread* before = nullptr;
    Thread* after = head_;
    while (after != nullptr && after->priority() > thread.priority()) {
        before = after;
        after = after->next;
    }
    if (after != nullptr && after->priority() == thread.priority()) {
        thread.next = nullptr;
        thread.previous = nullptr;
        thread.ring_next = after;
        thread.ring_previous = after->ring_previous;
        after->ring_previous->ring_next = &thread;
        after->ring_previous = &thread;
        return;
    }
    thread.previous = before;
    thread.next = after;
    (before != nullptr ? before->next : head_) = &thread;
    if (after != nullptr) after->previous = &thread;
}

void WaitQueue::remove(Thread& thread) {
    Thread* heir = thread.ring_next;
    if (leads(thread)) {
        Thread* successor = heir != &thread ? heir : thread.next;
        if (heir != &thread) {
            heir->next = thread.next;
            heir->previous = thread.previous;
            if (heir->next != nullptr) heir->next->previous = heir;
        } else if (thread.next != nullptr) {
            thread.next->previous = thread.previous;
        }
        (thread.previous != nullptr ? thread.previous->next : head_) = successor;
    }
    heir->ring_previous = thread.ring_previous;
    thread.ring_previous->ring_next = heir;
    thread.next = nullptr;
    thread.previous = nullptr;
}

}  // namespace selene
