// SPDX-License-Identifier: BSD-2-Clause
// How a trace leaves the machine: lines on the console, numbered and checked. platforms/trace_text.py reads them.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace tracer {

/// CRC-32 of the bytes (ISO 3309, "frame check sequence": the one of zip files).
[[nodiscard]] constexpr uint32_t checksum(std::string_view text) {
    constexpr uint32_t polynomial = 0xedb88320;
    uint32_t rest = ~uint32_t{0};
    for (const char character : text) {
        rest ^= static_cast<unsigned char>(character);
        for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest % 2 != 0 ? polynomial : 0);
    }
    return ~rest;
}
static_assert(checksum("123456789") == 0xcbf43926);

/// One line: `trace: NUMBER KIND FIELD... *CHECKSUM`. Numbers are hexadecimal, and lines are counted from 0; the checksum, of
/// eight digits, is of all between `trace: ` and ` *`. The kinds, in this order:
///
///     begin FREQUENCY                      version 1: ticks of the counter in a second
///     thread INDEX NAME                    of the threads that events are about; `-` if the tracer does not know it
///     kernel WRITTEN FIRST                 events since the start; number of the first one that is told
///     k TIME:THREAD:WHAT:DETAIL ...        those, in order: ticks since the one before, index of the thread, the rest as
///                                          in abi/kernel_trace.hpp
///     ring NAME WRITTEN DROPPED            a component's: events since the start, given up ones among them
///     e NUMBER TIME PHASE VALUE NAME       one of these; the name is the rest of the line
///     end
class Line {
public:
    Line(uint64_t number, std::string_view kind) {
        text(prefix);
        hexadecimal(number);
        word(kind);
    }

    Line& word(std::string_view field) {
        text(" ");
        text(field);
        return *this;
    }
    Line& number(uint64_t value) {
        text(" ");
        hexadecimal(value);
        return *this;
    }
    /// A name: what a console does not take as it is becomes a question mark.
    Line& name(std::string_view field) {
        text(" ");
        for (const char character : field)
            text(character >= ' ' && character <= '~' ? std::string_view(&character, 1) : "?");
        return *this;
    }
    /// Fields joined by colons.
    Line& event(uint64_t time, uint64_t thread, uint64_t what, uint64_t detail) {
        number(time);
        for (const uint64_t value : {thread, what, detail}) {
            text(":");
            hexadecimal(value);
        }
        return *this;
    }
    /// Room for one more event.
    [[nodiscard]] bool has_room() const { return length_ < buffer_.size() - 100; }

    /// The whole line, with its end; nothing more may be added.
    [[nodiscard]] std::string_view finished() {
        const uint32_t sum = checksum({buffer_.data() + prefix.size(), length_ - prefix.size()});
        text(" *");
        constexpr int digits = 8;
        for (int digit = digits - 1; digit >= 0; --digit) text({&"0123456789abcdef"[sum >> 4 * digit & 15], 1});
        text("\n");
        return {buffer_.data(), length_};
    }

private:
    static constexpr std::string_view prefix = "trace: ";

    void text(std::string_view piece) {
        for (const char character : piece) {
            if (length_ < buffer_.size()) buffer_[length_++] = character;
        }
    }
    void hexadecimal(uint64_t value) {
        std::array<char, 16> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
        text({digits.data(), static_cast<size_t>(end - digits.data())});
    }

    std::array<char, 400> buffer_{};
    size_t length_ = 0;
};

}  // namespace tracer
