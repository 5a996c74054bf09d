// SPDX-License-Identifier: BSD-2-Clause
// Tracing: events that a component writes to a ring in memory that it shares with the tracer.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <sel/clock.hpp>

namespace sel::trace {

/// What an event says.
enum class Phase : uint8_t {
    begin = 1,  ///< something begins, which the event of the same name ends
    end,
    instant,  ///< something has happened; the value says more
    counter,  ///< a number is now this
};

/// How much of a name an event keeps.
inline constexpr size_t longest_name = 38;

/// One event in the ring: a cache line. Word 0 is 0 at first; 2 (n + 1) + 1 while event n is written; 2 (n + 1) when it is.
struct Record {
    std::atomic<uint64_t> sequence;
    std::atomic<uint64_t> time;  ///< ticks of the counter
    std::atomic<uint64_t> value;
    std::array<std::atomic<uint64_t>, 5> rest;  ///< byte 0 the phase, byte 1 the name's length, then the name
};
static_assert(sizeof(Record) == 64);

/// The head of a ring; the records follow. Zeros are an empty ring.
struct alignas(64) Head {
    std::atomic<uint64_t> next;     ///< the number of the next event
    std::atomic<uint64_t> dropped;  ///< events that were given up because another was being written in their place
};

/// An event as it is read.
struct Event {
    uint64_t number;
    uint64_t time;
    uint64_t value;
    Phase phase;
    uint8_t length;
    std::array<char, longest_name> text;

    [[nodiscard]] std::string_view name() const { return {text.data(), length}; }
};

/// The ring in a piece of memory, 64-byte aligned, of at least two times 64 bytes; the rest of a division is not used. In
/// less memory nothing is kept. A writer that is destroyed while it writes leaves a record that nobody uses any more.
class Ring {
public:
    explicit Ring(std::span<std::byte> memory) {
        if (memory.size() < sizeof(Head) + sizeof(Record)) return;
        head_ = reinterpret_cast<Head*>(memory.data());
        records_ = {reinterpret_cast<Record*>(memory.data() + sizeof(Head)),
                    (memory.size() - sizeof(Head)) / sizeof(Record)};
    }

    /// Writes one event, and never waits: with several threads that write, or one that is interrupted by another, each has
    /// its own record. Events overwrite those that are as many older as the ring holds.
    void write(Phase phase, std::string_view name, uint64_t value, uint64_t time) {
        if (head_ == nullptr) return;
        const uint64_t number = head_->next.fetch_add(1, std::memory_order_relaxed);
        Record& record = records_[number % records_.size()];
        uint64_t before = record.sequence.load(std::memory_order_relaxed);
        const uint64_t done = 2 * (number + 1);
        // Somebody who is slow still writes here, or somebody faster has already.
        if (before % 2 != 0 || before > done ||
            !record.sequence.compare_exchange_strong(before, done + 1, std::memory_order_acquire,
                                                     std::memory_order_relaxed)) {
            head_->dropped.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        std::atomic_thread_fence(std::memory_order_release);  // pairs with read(): nobody takes a mixture for an event
        record.time.store(time, std::memory_order_relaxed);
        record.value.store(value, std::memory_order_relaxed);
        std::array<uint64_t, 5> rest{};
        const size_t length = std::min(name.size(), longest_name);
        auto* const bytes = reinterpret_cast<unsigned char*>(rest.data());
        bytes[0] = static_cast<unsigned char>(phase);
        bytes[1] = static_cast<unsigned char>(length);
        std::copy_n(name.data(), length, bytes + 2);
        for (size_t word = 0; word < rest.size(); ++word)
            record.rest[word].store(rest[word], std::memory_order_relaxed);
        record.sequence.store(done, std::memory_order_release);  // pairs with read()
    }

    /// How many events have been written; those from first() on may still be there.
    [[nodiscard]] uint64_t written() const {
        return head_ == nullptr ? 0 : head_->next.load(std::memory_order_relaxed);
    }
    [[nodiscard]] uint64_t dropped() const {
        return head_ == nullptr ? 0 : head_->dropped.load(std::memory_order_relaxed);
    }
    [[nodiscard]] uint64_t first() const {
        const uint64_t all = written();
        return all > records_.size() ? all - records_.size() : 0;
    }

    /// The event with this number; nothing if it is overwritten, given up, being written, or not what an event can be.
    [[nodiscard]] std::optional<Event> read(uint64_t number) const {
        if (head_ == nullptr) return std::nullopt;
        const Record& record = records_[number % records_.size()];
        if (record.sequence.load(std::memory_order_acquire) != 2 * (number + 1))
            return std::nullopt;  // pairs with write()
        Event event{number,
                    record.time.load(std::memory_order_relaxed),
                    record.value.load(std::memory_order_relaxed),
                    Phase::instant,
                    0,
                    {}};
        std::array<uint64_t, 5> rest{};
        for (size_t word = 0; word < rest.size(); ++word)
            rest[word] = record.rest[word].load(std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_acquire);  // pairs with write()
        if (record.sequence.load(std::memory_order_relaxed) != 2 * (number + 1)) return std::nullopt;
        const auto* const bytes = reinterpret_cast<const unsigned char*>(rest.data());
        if (bytes[0] < static_cast<unsigned>(Phase::begin) || bytes[0] > static_cast<unsigned>(Phase::counter) ||
            bytes[1] > longest_name)
            return std::nullopt;
        event.phase = static_cast<Phase>(bytes[0]);
        event.length = bytes[1];
        std::copy_n(bytes + 2, event.length, event.text.data());
        return event;
    }

private:
    Head* head_ = nullptr;
    std::span<Record> records_{};
};

/// What a component writes its events with. Writing one takes some fifty instructions and no system call.
///
/// Example: a component whose specification gives it a ring, `trace: map ring[] (RW)`, which the tracer has, too.
///
///     void decode(sel::MemoryRegion memory, uint64_t waiting) {
///         sel::trace::Writer trace(memory.bytes);
///         trace.counter("frames that wait", waiting);
///         const auto span = trace.span("decode");
///         trace.instant("key frame", 17);
///     }
///
/// docs/guide/tracing.md shows how the events become a picture.
class Writer {
public:
    explicit Writer(std::span<std::byte> memory) : ring_(memory) {}

    /// Until the end of its life.
    class [[nodiscard]] Span {
    public:
        Span(Writer& writer, std::string_view name) : writer_(writer), name_(name) { writer_.begin(name_); }
        Span(const Span&) = delete;
        Span& operator=(const Span&) = delete;
        ~Span() { writer_.end(name_); }

    private:
        Writer& writer_;
        std::string_view name_;
    };

    void begin(std::string_view name) { write(Phase::begin, name, 0); }
    void end(std::string_view name) { write(Phase::end, name, 0); }
    void instant(std::string_view name, uint64_t value = 0) { write(Phase::instant, name, value); }
    void counter(std::string_view name, uint64_t value) { write(Phase::counter, name, value); }
    /// `name` must outlive the span.
    Span span(std::string_view name) { return {*this, name}; }

private:
    void write(Phase phase, std::string_view name, uint64_t value) {
        ring_.write(phase, name, value, Clock::counter());
    }

    Ring ring_;
};

}  // namespace sel::trace
