// SPDX-License-Identifier: BSD-2-Clause
// One consumer of many channels, and buffers that are lent through channels.
#pragma once

#include <optional>
#include <vector>

#include <sel/channel.hpp>

namespace sel {

/// Takes messages of several producers, each of whom has a channel of its own: none can fill, garble or stop another's.
/// Takes turns, a message from each. The consumers must all have the same own notification: whoever puts something in
/// signals that one.
///
/// Example: a logger of several clients.
///
///     sel::Result<uint64_t> log_one(sel::ChannelSet<uint64_t, 64>& clients) {
///         SEL_TRY(next, clients.take_waiting());
///         return next.producer + next.message;
///     }
template <typename T, uint32_t slots>
class ChannelSet {
public:
    struct Taken {
        size_t producer;  ///< the number of its channel, from 0 on
        T message;
    };

    /// `bell` is the own notification of all consumers. Right: R.
    explicit ChannelSet(Notification bell) : bell_(bell) {}

    /// Adds a producer's channel, before anything is taken.
    void add(ChannelMemory<T, slots>& memory, Notification producers_bell) {
        consumers_.emplace_back(memory, bell_, producers_bell);
    }

    /// Takes a message of whoever's turn it is. Errors: would_block if there is none.
    Result<Taken> take() {
        for (size_t tried = 0; tried < consumers_.size(); ++tried) {
            const size_t number = next_;
            next_ = next_ + 1 == consumers_.size() ? 0 : next_ + 1;
            if (auto message = consumers_[number].take()) return Taken{number, *message};
        }
        return refused({abi::ErrorCode::would_block});
    }

    /// The same, and waits for one. Errors: those of Notification::wait.
    Result<Taken> take_waiting() {
        for (;;) {
            if (auto taken = take()) return taken;
            // One that cannot be woken does not keep this from waiting for the others.
            for (auto& consumer : consumers_) (void)consumer.announce_sleep();
            auto taken = take();
            Result<uint64_t> woken = 0;
            if (!taken) woken = bell_.wait();
            for (auto& consumer : consumers_) consumer.announce_waking();
            if (taken) return taken;
            if (!woken) return refused(woken.error());
        }
    }

private:
    Notification bell_;
    std::vector<Consumer<T, slots>> consumers_;
    size_t next_ = 0;
};

/// Which buffer of the memory that both share, and how much of it.
struct BufferMessage {
    uint32_t number;
    uint32_t bytes;
};

/// Buffers that a producer lends to a consumer without copying: the number travels, the bytes stay. The producer
/// fills a buffer that is free, lends it, and has it again when the consumer gives it back. The consumer sees what
/// the producer does with a lent buffer all the same: it copies what it checks, or does not trust it.
///
/// Lent buffers go through one channel, those given back through another one, in the other direction. A number that the
/// partner makes up is refused; one that it gives back twice, or without having it, too.
///
/// Example: send a page.
///
///     sel::Result<void> send_page(sel::BufferLender<16>& lender, std::span<const std::byte> page) {
///         SEL_TRY(number, lender.take_waiting());
///         std::memcpy(lender.buffer(number).data(), page.data(), page.size());
///         return lender.lend(number, page.size());
///     }
template <uint32_t buffers>
class BufferLender {
public:
    using Lent = Producer<BufferMessage, buffers>;
    using Returned = Consumer<uint32_t, buffers>;

    /// `memory` is cut into as many buffers of the same size.
    BufferLender(Lent& lent, Returned& returned, std::span<std::byte> memory)
        : lent_(lent), returned_(returned), memory_(memory) {}

    /// The bytes of a buffer.
    [[nodiscard]] std::span<std::byte> buffer(uint32_t number) const {
        return memory_.subspan(number * (memory_.size() / buffers), memory_.size() / buffers);
    }

    /// A free buffer. Errors: would_block if all are lent; unexpected_message if the consumer has given back what it
    /// had not: the buffer's number, 0.
    Result<uint32_t> take() {
        SEL_TRY_VOID(collect());
        if (free_ == 0) return refused({abi::ErrorCode::would_block});
        return take_free();
    }

    /// The same, and waits until one is given back. Errors: those of Notification::wait.
    Result<uint32_t> take_waiting() {
        SEL_TRY_VOID(collect());
        while (free_ == 0) {
            SEL_TRY_VOID(lent_.flush());
            SEL_TRY(number, returned_.take_waiting());
            SEL_TRY_VOID(accept(number));
        }
        return take_free();
    }

    /// Lends the first bytes of a buffer that was taken, and wakes the consumer if it sleeps.
    /// Errors: outside_region; not_allocated if it is not one that was taken; what signalling refuses.
    Result<void> lend(uint32_t number, size_t bytes) {
        if (number >= buffers || bytes > memory_.size() / buffers) {
            return refused({LibraryError::outside_region, number, bytes});
        }
        if (((free_ | lent_out_) & bit(number)) != 0) return refused({LibraryError::not_allocated, number, 0});
        SEL_TRY_VOID(lent_.put({number, static_cast<uint32_t>(bytes)}));
        lent_out_ |= bit(number);
        return lent_.flush();
    }

private:
    static_assert(buffers <= 64);

    [[nodiscard]] static constexpr uint64_t bit(uint32_t number) { return uint64_t{1} << number; }

    Result<void> collect() {
        while (auto number = returned_.take()) SEL_TRY_VOID(accept(*number));
        return {};
    }
    Result<void> accept(uint32_t number) {
        if (number >= buffers || (lent_out_ & bit(number)) == 0) {
            return refused({LibraryError::unexpected_message, number, 0});
        }
        lent_out_ &= ~bit(number);
        free_ |= bit(number);
        return {};
    }
    uint32_t take_free() {
        const auto number = static_cast<uint32_t>(std::countr_zero(free_));
        free_ &= free_ - 1;
        return number;
    }

    Lent& lent_;
    Returned& returned_;
    std::span<std::byte> memory_;
    uint64_t free_ = buffers == 64 ? ~uint64_t{0} : bit(buffers) - 1;
    uint64_t lent_out_ = 0;
};

/// The consumer's side of a BufferLender.
template <uint32_t buffers>
class BufferBorrower {
public:
    using Lent = Consumer<BufferMessage, buffers>;
    using Returned = Producer<uint32_t, buffers>;

    struct Borrowed {
        uint32_t number;
        std::span<std::byte> bytes;
    };

    BufferBorrower(Lent& lent, Returned& returned, std::span<std::byte> memory)
        : lent_(lent), returned_(returned), memory_(memory) {}

    /// The next buffer that is lent, waiting for it. Errors: those of Notification::wait; outside_region if the
    /// producer has lent what there is not.
    Result<Borrowed> take_waiting() {
        SEL_TRY(message, lent_.take_waiting());
        const size_t size = memory_.size() / buffers;
        if (message.number >= buffers || message.bytes > size) {
            return refused({LibraryError::outside_region, message.number, message.bytes});
        }
        return Borrowed{message.number, memory_.subspan(message.number * size, message.bytes)};
    }

    /// Gives a buffer back. Errors: would_block if the producer takes nothing back; what signalling refuses.
    Result<void> give_back(const Borrowed& borrowed) {
        SEL_TRY_VOID(lent_.flush());  // the lender shall have room for it before it has it
        SEL_TRY_VOID(returned_.put(borrowed.number));
        return returned_.flush();
    }

private:
    Lent& lent_;
    Returned& returned_;
    std::span<std::byte> memory_;
};

}  // namespace sel
