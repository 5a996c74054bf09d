// SPDX-License-Identifier: BSD-2-Clause
// Insertion into and removal from the ready queues.
#include "scheduling/ready_queues.hpp"

namespace selene {

void ReadyQueues::append(Thread& thread) {
    Queue& queue = queues_[thread.priority()];
    thread.next = nullptr;
    thread.previous = queue.tail;
    (queue.tail != nullptr ? queue.tail->next : queue.head) = &thread;
    queue.tail = &thread;
    mark(thread.priority());
}

void ReadyQueues::prepend(Thread& thread) {
    Queue& queue = queues_[thread.priority()];
    thread.previous = nullptr;
    thread.next = queue.head;
    if (queue.head != nullptr) {
        queue.head->previous = &thread;
    } else {
        queue.tail = &thread;
        mark(thread.priority());
    }
    queue.head = &thread;
}

void ReadyQueues::remove(Thread& thread) {
    Queue& queue = queues_[thread.priority()];
    (thread.previous != nullptr ? thread.previous->next : queue.head) = thread.next;
    (thread.next != nullptr ? thread.next->previous : queue.tail) = thread.previous;
    thread.next = nullptr;
    thread.previous = nullptr;
    if (queue.head == nullptr) unmark(thread.priority());
}

unsigned ReadyQueues::pop(Thread& first) {
    const uint8_t priority = first.priority();
    Queue& queue = queues_[priority];
    Thread* second = first.next;
    queue.head = second;
    first.next = nullptr;
    if (second != nullptr) {
        second->previous = nullptr;
        return priority;
    }
    queue.tail = nullptr;
    unmark(priority);
    return highest_from(priority / 64);
}

void ReadyQueues::rotate(Thread& thread) {
    Queue& queue = queues_[thread.priority()];
    Thread& first = *queue.head;
    thread.previous = queue.tail;
    queue.tail->next = &thread;
    queue.tail = &thread;
    queue.head = first.next;
    queue.head->previous = nullptr;
    first.next = nullptr;
    thread.next = nullptr;
}

uint8_t ReadyQueues::highest() const { return static_cast<uint8_t>(highest_from(3)); }

Thread* ReadyQueues::first() const { return queues_[highest()].head; }

}  // namespace selene
