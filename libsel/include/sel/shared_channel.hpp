// SPDX-License-Identifier: BSD-2-Clause
// One queue of messages that several producers fill and one consumer empties.
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

/// A shared queue's place in memory, with room for `slots` messages: a power of two. Memory that is zero is an empty
/// queue.
///
///       0  tail: messages that producers have begun to put
///      64  head: messages taken so far | asleep             written by the consumer
///     128  producers that wait for room
///     192  cells: number of the message in it plus one, the message
///
/// The producers form one party: each of them can lose, garble or hold up the others' messages. Producers who do not
/// trust each other have a queue each (sel/channel_set.hpp). The consumer trusts none of them: it keeps its own number,
/// finds each message in the cell that this number says, and copies it before anybody looks at it. Nor do they trust
/// the consumer: a number of its that cannot be is a full queue.
template <typename T, uint32_t slots>
    requires(std::is_trivially_copyable_v<T> && std::has_single_bit(slots) && slots >= 2)
struct SharedChannelMemory {
    struct Cell {
        std::atomic<uint64_t> filled{0};
        T message{};
    };

    alignas(64) std::atomic<uint64_t> tail{0};
    alignas(64) std::atomic<uint64_t> head{0};
    alignas(64) std::atomic<uint32_t> waiting{0};
    alignas(64) std::array<Cell, slots> cells{};

    /// The queue in memory that is shared. Errors: outside_region if it is too small or not aligned to 64 bytes.
    [[nodiscard]] static Result<SharedChannelMemory*> at(std::span<std::byte> memory) {
        if (memory.size() < sizeof(SharedChannelMemory) || reinterpret_cast<uintptr_t>(memory.data()) % 64 != 0) {
            return refused({LibraryError::outside_region, 0, sizeof(SharedChannelMemory)});
        }
        return reinterpret_cast<SharedChannelMemory*>(memory.data());
    }
};

/// A producer's end; every thread that puts messages in has one. put() does not wake anybody: flush() signals the
/// consumer if it sleeps, once for all that was put before.
///
/// Rights: R and W on `room`, a notification that all producers have in common and that is this queue's alone; W on the
/// consumer's. `consumer` says whether that is alive (sel/lives.hpp).
///
/// Example: one of several workers that report to a collector.
///
///     using Reports = sel::SharedChannelMemory<uint64_t, 64>;
///
///     sel::Result<void> report(sel::SharedProducer<uint64_t, 64>& reports, std::span<const uint64_t> results) {
///         for (const uint64_t result : results) SEL_TRY_VOID(reports.put_waiting(result));
///         return reports.flush();
///     }
template <typename T, uint32_t slots>
class SharedProducer {
public:
    SharedProducer(SharedChannelMemory<T, slots>& memory, Notification room, Notification consumers_bell,
                   const Lives& consumer = {})
        : memory_(memory), room_(room), consumers_bell_(consumers_bell), consumer_(consumer) {}

    /// Puts a message in. Errors: would_block if there is no room, or if some is being made just now.
    Result<void> put(const T& message) {
        uint64_t number = 0;
        do {
            const uint64_t taken_before = taken();
            number = memory_.tail.load();
            if (number - taken_before >= slots) return refused({abi::ErrorCode::would_block});
        } while (!memory_.tail.compare_exchange_weak(number, number + 1));
        auto& cell = memory_.cells[number % slots];
        std::memcpy(&cell.message, &message, sizeof message);
        cell.filled.store(number + 1);  // in one order with the consumer's going to sleep
        return {};
    }

    /// Puts a message in, and waits for room before, if there is none. Errors: partner_died; those of Notification::wait:
    /// the consumer may never make room, but is not waited for if it is known to be dead, or the notification is gone.
    Result<void> put_waiting(const T& message) {
        auto done = put(message);
        while (!done && done.error().is(abi::ErrorCode::would_block)) {
            SEL_TRY_VOID(flush());
            memory_.waiting.fetch_add(1);
            Result<uint64_t> woken = 0;
            const Result<void> alive = consumer_.check();
            if (alive && is_full()) woken = room_.wait();
            // Signals that come before anybody looks are one: whoever is woken sees to the next.
            if (memory_.waiting.fetch_sub(1) > 1 && (!alive || !is_full())) (void)room_.signal();
            SEL_TRY_VOID(alive);
            if (!woken) return refused(woken.error());
            done = put(message);
        }
        return done;
    }

    /// Wakes the consumer if it sleeps. Errors: what signalling refuses.
    Result<void> flush() {
        if ((memory_.head.load() & asleep) == 0) [[likely]]
            return {};
        return consumers_bell_.signal();
    }

private:
    static constexpr uint64_t asleep = 1;

    [[nodiscard]] uint64_t taken() const { return memory_.head.load() >> 1; }
    [[nodiscard]] bool is_full() const {
        const uint64_t taken_before = taken();
        return memory_.tail.load() - taken_before >= slots;
    }

    SharedChannelMemory<T, slots>& memory_;
    Notification room_;
    Notification consumers_bell_;
    Lives consumer_;
};

/// The consumer's end, of one thread. Producers that wait are woken when half of the queue was taken, and before the
/// consumer waits.
///
/// Rights: R on the own notification, W on `room`. `producers` says whether all of them are alive: if one is not, who may
/// have left a message half put in, there is no waiting.
///
/// Example: the collector.
///
///     sel::Result<uint64_t> collect(sel::SharedConsumer<uint64_t, 64>& reports, int count) {
///         uint64_t sum = 0;
///         for (; count != 0; --count) {
///             SEL_TRY(result, reports.take_waiting());
///             sum += result;
///         }
///         return sum;
///     }
template <typename T, uint32_t slots>
class SharedConsumer {
public:
    SharedConsumer(SharedChannelMemory<T, slots>& memory, Notification own_bell, Notification room,
                   const Lives& producers = {})
        : memory_(memory), own_bell_(own_bell), room_(room), producers_(producers) {}

    /// Takes the next message: a copy, which nobody can change any more. A producer that has begun to put one in and
    /// not ended lets those behind it wait. Errors: would_block if there is none.
    Result<T> take() {
        if (!is_filled()) return refused({abi::ErrorCode::would_block});
        T message;
        std::memcpy(&message, &memory_.cells[own_ % slots].message, sizeof message);
        ++own_;
        memory_.head.store(own_ << 1);  // in one order with a producer's waiting
        // That nobody can be woken does not take the message back.
        if (own_ % (slots / 2) == 0) (void)wake_producers();
        return message;
    }

    /// Takes the next message, and waits for it. Errors: as for put_waiting().
    Result<T> take_waiting() {
        while (!is_filled()) {
            SEL_TRY_VOID(wake_producers());
            memory_.head.store(own_ << 1 | asleep);
            Result<uint64_t> woken = 0;
            const Result<void> alive = producers_.check();
            if (alive && !is_filled()) woken = own_bell_.wait();
            memory_.head.store(own_ << 1);
            if (!woken) return refused(woken.error());
            if (!is_filled()) SEL_TRY_VOID(alive);
        }
        return take();
    }

private:
    static constexpr uint64_t asleep = 1;

    [[nodiscard]] bool is_filled() const { return memory_.cells[own_ % slots].filled.load() == own_ + 1; }
    Result<void> wake_producers() {
        if (memory_.waiting.load() == 0) [[likely]]
            return {};
        return room_.signal();
    }

    SharedChannelMemory<T, slots>& memory_;
    Notification own_bell_;
    Notification room_;
    Lives producers_;
    uint64_t own_ = 0;  // messages taken; the copy in shared memory is for the producers only
};

}  // namespace sel
