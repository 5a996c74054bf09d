// SPDX-License-Identifier: BSD-2-Clause
// Ready threads of one core by priority.
#pragma once

#include <bit>

#include "object/thread.hpp"

namespace selene {

/// 256 first-come queues and a bitmap of those that are not empty. The running thread is in none of them.
class ReadyQueues {
public:
    void append(Thread& thread) SELENE_REQUIRES(own_core);
    /// To the front: a thread that was interrupted keeps its turn.
    void prepend(Thread& thread) SELENE_REQUIRES(own_core);
    void remove(Thread& thread) SELENE_REQUIRES(own_core);
    /// Remove the first thread of the highest priority; the highest that is ready then, 0 if none is.
    unsigned pop(Thread& first) SELENE_REQUIRES(own_core);
    /// `thread` comes to the end of its priority's queue, which is not empty, and whose first goes.
    void rotate(Thread& thread) SELENE_REQUIRES(own_core);
    /// The first thread of the highest priority, null if there is none.
    [[nodiscard]] Thread* first() const;
    /// The highest priority that is ready, 0 if none is.
    [[nodiscard]] uint8_t highest() const;
    [[nodiscard]] bool empty(uint8_t priority) const { return queues_[priority].head == nullptr; }
    /// The first thread of one priority, null if there is none.
    [[nodiscard]] Thread* first(uint8_t priority) const { return queues_[priority].head; }
    /// Whether the bitmap says that threads of this priority are ready.
    [[nodiscard]] bool marked(uint8_t priority) const { return (bitmap_[priority / 64] >> (priority % 64) & 1) != 0; }

private:
    struct Queue {
        Thread* head;
        Thread* tail;
    };
    /// Of what this word of the bitmap and those below say.
    [[nodiscard]] unsigned highest_from(unsigned word) const {
        for (;; --word) {
            if (bitmap_[word] != 0) return word * 64 + 63 - static_cast<unsigned>(std::countl_zero(bitmap_[word]));
            if (word == 0) return 0;
        }
    }
    void mark(uint8_t priority) { bitmap_[priority / 64] |= uint64_t{1} << (priority % 64); }
    void unmark(uint8_t priority) { bitmap_[priority / 64] &= ~(uint64_t{1} << (priority % 64)); }

    uint64_t bitmap_[4];
    Queue queues_[abi::priorities];
};

}  // namespace selene
