// SPDX-License-Identifier: BSD-2-Clause
// Queues of messages in shared memory, between partners who need not trust each other.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <sel/lives.hpp>

namespace sel {

/// A queue's place in shared memory, with room for `slots` messages: a power of two.
///
///       0  head: messages taken so far | asleep     written by the consumer
///      64  tail: messages put so far | asleep       written by the producer
///     128  messages, each at its number modulo slots
///
/// Memory that is zero is an empty queue. Each side keeps its own number for itself and only publishes it; of the
/// partner's it believes no more than that it lies between its own and its own plus `slots`. So a hostile partner can
/// lose or garble messages of this queue, and stop, but nothing else: no index leads out of the memory, and a message
/// is copied before anybody looks at it.
template <typename T, uint32_t slots>
    requires(std::is_trivially_copyable_v<T> && std::has_single_bit(slots) && slots >= 2)
struct ChannelMemory {
    alignas(64) std::atomic<uint64_t> head{0};
    alignas(64) std::atomic<uint64_t> tail{0};
    alignas(64) std::array<T, slots> messages{};

    /// The channel in memory that is shared. Errors: outside_region if it is too small or not aligned.
    [[nodiscard]] static Result<ChannelMemory*> at(std::span<std::byte> memory) {
        if (memory.size() < sizeof(ChannelMemory) || reinterpret_cast<uintptr_t>(memory.data()) % 64 != 0) {
            return refused({LibraryError::outside_region, 0, sizeof(ChannelMemory)});
        }
        return reinterpret_cast<ChannelMemory*>(memory.data());
    }
};

namespace detail {

/// What both ends share: numbers that count messages from 0 on, with a bit that says that their writer sleeps.
class ChannelEnd {
public:
    /// The words that the ends write, and the notifications at which they sleep.
    struct Words {
        std::atomic<uint64_t>& own;
        std::atomic<uint64_t>& partners;
    };
    struct Bells {
        Notification own;
        Notification partners;
    };

    ChannelEnd(const Words& words, const Bells& bells, const Lives& partner)
        : own_word_(words.own),
          partners_word_(words.partners),
          own_bell_(bells.own),
          partners_bell_(bells.partners),
          partner_(partner) {}

    /// Shows the partner what is done, and wakes it if it sleeps. Errors: what signalling refuses.
    Result<void> flush() {
        if (shown_ == own_) return {};
        shown_ = own_;
        // In one order with the partner's going to sleep: one of them sees the other.
        own_word_.store(own_ << 1);
        if ((partners_word_.load() & asleep) != 0) [[unlikely]]
            return partners_bell_.signal();
        return {};
    }

protected:
    static constexpr uint64_t asleep = 1;

    /// What the partner has done, as far as it can be: between `least` and `least + most`.
    [[nodiscard]] uint64_t partners(uint64_t least, uint64_t most) const {
        const uint64_t count = partners_word_.load() >> 1;
        return ((count - least) & (~uint64_t{0} >> 1)) <= most ? count : least;
    }

public:
    /// For who waits at several ends at once: says that a signal is needed, or not any more. Errors: what signalling
    /// refuses, but then it is said, too.
    Result<void> announce_sleep() {
        const Result<void> shown = flush();
        own_word_.store(own_ << 1 | asleep);
        return shown;
    }
    void announce_waking() { own_word_.store(own_ << 1, std::memory_order_release); }

protected:
    /// Waits for a signal unless `is_ready` meanwhile. Errors: partner_died; those of Notification::wait.
    Result<void> sleep(auto is_ready) {
        Result<void> result = announce_sleep();
        if (result && !is_ready()) {
            result = partner_.check();
            if (result) {
                if (const auto woken = own_bell_.wait(); !woken) result = refused(woken.error());
            } else if (is_ready()) {
                result = {};  // what the dead has done before is worth having
            }
        }
        announce_waking();
        return result;
    }

    uint64_t own_ = 0;  // this end's number; the copy in shared memory is for the partner only

private:
    std::atomic<uint64_t>& own_word_;
    std::atomic<uint64_t>& partners_word_;
    Notification own_bell_;
    Notification partners_bell_;
    Lives partner_;
    uint64_t shown_ = 0;
};

}  // namespace detail

/// The end that puts messages in. One thread uses it; several producers have a queue each (sel/channel_set.hpp).
///
/// put() shows nothing yet: flush() shows all that was put since the last one, and signals the consumer only if it
/// sleeps. So a batch costs at most one system call, and a busy consumer none.
///
/// Rights: R on the own notification, W on the partner's. Both ends begin with the same zeroed memory. `partner` says
/// whether the other end is alive (sel/lives.hpp): none is waited for that is not.
///
/// Example: a producer of samples.
///
///     using Samples = sel::ChannelMemory<uint64_t, 64>;
///
///     sel::Result<void> produce(sel::Producer<uint64_t, 64>& samples) {
///         for (uint64_t sample = 0; sample < 10; ++sample) SEL_TRY_VOID(samples.put_waiting(sample));
///         return samples.flush();
///     }
template <typename T, uint32_t slots>
class Producer : public detail::ChannelEnd {
public:
    Producer(ChannelMemory<T, slots>& memory, Notification own_bell, Notification consumers_bell,
             const Lives& partner = {})
        : ChannelEnd({memory.tail, memory.head}, {own_bell, consumers_bell}, partner), memory_(memory) {}

    /// How many messages there is room for.
    [[nodiscard]] uint32_t room() {
        if (own_ - taken_ < slots) [[likely]]
            return static_cast<uint32_t>(slots - (own_ - taken_));
        taken_ = partners(own_ - slots, slots);
        return static_cast<uint32_t>(slots - (own_ - taken_));
    }

    /// Puts a message in. Errors: would_block if there is no room.
    Result<void> put(const T& message) {
        if (room() == 0) [[unlikely]]
            return refused({abi::ErrorCode::would_block});
        std::memcpy(&memory_.messages[own_ % slots], &message, sizeof message);
        ++own_;
        return {};
    }

    /// Puts a message in, and waits for room before, if there is none: what was put so far is shown then.
    /// Errors: partner_died; those of Notification::wait: the consumer may never make room, but is not waited for if it is
    /// known to be dead, or the notification is gone.
    Result<void> put_waiting(const T& message) {
        while (room() == 0) SEL_TRY_VOID(sleep([&] { return partners(own_ - slots, slots) != own_ - slots; }));
        return put(message);
    }

private:
    ChannelMemory<T, slots>& memory_;
    uint64_t taken_ = 0;
};

/// The end that takes messages out, used by one thread. Room is shown to the producer when half of the queue was taken,
/// by flush(), and before waiting.
///
/// Rights: R on the own notification, W on the partner's. `partner` as for the producer: what a dead one has shown can
/// still be taken.
///
/// Example: the consumer of these samples.
///
///     sel::Result<uint64_t> sum(sel::Consumer<uint64_t, 64>& samples) {
///         uint64_t total = 0;
///         for (int count = 0; count < 10; ++count) {
///             SEL_TRY(sample, samples.take_waiting());
///             total += sample;
///         }
///         return total;
///     }
template <typename T, uint32_t slots>
class Consumer : public detail::ChannelEnd {
public:
    Consumer(ChannelMemory<T, slots>& memory, Notification own_bell, Notification producers_bell,
             const Lives& partner = {})
        : ChannelEnd({memory.head, memory.tail}, {own_bell, producers_bell}, partner), memory_(memory) {}

    /// How many messages there are, at least.
    [[nodiscard]] uint32_t available() {
        if (put_ == own_) put_ = partners(own_, slots);
        return static_cast<uint32_t>(put_ - own_);
    }

    /// Takes a message: a copy, which its sender can change no more. Errors: would_block if there is none.
    Result<T> take() {
        if (available() == 0) [[unlikely]]
            return refused({abi::ErrorCode::would_block});
        T message;
        std::memcpy(&message, &memory_.messages[own_ % slots], sizeof message);
        ++own_;
        // That the producer cannot be woken does not take the message back.
        if (own_ % (slots / 2) == 0) (void)flush();
        return message;
    }

    /// Takes a message, and waits for one if there is none. Errors: as for put_waiting().
    Result<T> take_waiting() {
        while (available() == 0) SEL_TRY_VOID(sleep([&] { return partners(own_, slots) != own_; }));
        return take();
    }

private:
    ChannelMemory<T, slots>& memory_;
    uint64_t put_ = 0;
};

}  // namespace sel
