// SPDX-License-Identifier: BSD-2-Clause
// Insertion into and removal from the ready queues.
#include "scheduling/ready_queues.hpp"

#include <bit>

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
    (queue.head != nullptr ? queue.head->previous : queue.tail) = &thread;
    queue.head = &thread;
    mark(thread.priority());
}

void ReadyQueues::remove(Thread& thread) {
    Queue& queue = queues_[thread.priority()];
    (thread.previous != nullptr ? thread.previous->next : queue.head) = thread.next;
    (thread.next != nullptr ? thread.next->previous : queue.tail) = thread.previous;
    thread.next = nullptr;
    thread.previous = nullptr;
    if (queue.head == nullptr) unmark(thread.priority());
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

uint8_t ReadyQueues::highest() const {
    for (unsigned word = 4; word-- > 0;) {
        if (bitmap_[word] != 0)
            return static_cast<uint8_t>(word * 64 + 63 - static_cast<unsigned>(std::countl_zero(bitmap_[word])));
    }
    return 0;
}

Thread* ReadyQueues::first() const { return queues_[highest()].head; }

}  // namespace selene
