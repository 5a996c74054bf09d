// SPDX-License-Identifier: BSD-2-Clause
// Reading the lines of a report.
#include "snapshot/observed_state.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace capdl {
namespace {

constexpr std::string_view begin_mark = "snapshot: begin ";
constexpr std::string_view end_mark = "snapshot: end ";
constexpr size_t most_words = 11;
using Words = std::array<uint64_t, most_words>;

// Takes the next hexadecimal number off a line.
std::optional<uint64_t> number(std::string_view& line) {
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
    if (error != std::errc()) {
        return std::nullopt;
    }
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    return value;
}

// Exactly `count` numbers.
std::optional<Words> numbers(std::string_view line, size_t count) {
    Words words{};
    for (size_t index = 0; index < count; ++index) {
        const std::optional<uint64_t> word = number(line);
        if (!word) {
            return std::nullopt;
        }
        words[index] = *word;
    }
    return line.empty() ? std::optional(words) : std::nullopt;
}

constexpr uint32_t low(uint64_t word) { return static_cast<uint32_t>(word); }

bool read(ObservedState& state, std::string_view line) {
    constexpr std::array<std::pair<char, size_t>, 7> kinds{
        {{'h', 3}, {'s', 11}, {'m', 8}, {'t', 4}, {'p', 6}, {'c', 4}, {'n', 2}}};
    constexpr auto last_place = static_cast<uint64_t>(image::SlotPlace::handler);
    const auto is_level = [](uint64_t level) { return level >= 1 && level <= 3; };
    for (const auto& [letter, count] : kinds) {
        if (!line.starts_with(letter)) {
            continue;
        }
        const std::optional<Words> found = numbers(line.substr(1), count);
        if (!found) {
            return false;
        }
        const Words& w = *found;
        switch (letter) {
        case 'h': state.handovers.push_back({low(w[0]), w[1], w[2]}); return true;
        case 's':
            if (w[0] > last_place) {
                return false;
            }
            state.slots.push_back({.place = static_cast<image::SlotPlace>(w[0]),
                                   .holder = low(w[1]),
                                   .index = low(w[2]),
                                   .type = low(w[3]),
                                   .rights = w[4],
                                   .object = w[5],
                                   .detail = w[6],
                                   .size = w[7],
                                   .depth = w[8],
                                   .slot = w[9],
                                   .before = w[10]});
            return true;
        case 'm':
            state.mappings.push_back({low(w[0]), w[1], w[2], w[3], w[4], w[5], w[6], w[7]});
            return is_level(w[2]);
        case 't': state.tables.push_back({low(w[0]), w[1], w[2], w[3]}); return is_level(w[2]);
        case 'n': state.found.push_back({low(w[0]), w[1]}); return true;
        case 'p': state.threads.push_back({low(w[0]), w[1], w[2], w[3], w[4], w[5]}); return true;
        case 'c': state.contexts.push_back({low(w[0]), w[1], w[2], w[3]}); return true;
        }
    }
    return false;
}

}  // namespace

std::expected<ObservedState, std::string> ObservedState::parse(std::string_view console) {
    const size_t end = console.rfind(end_mark);
    const size_t begin = end == std::string_view::npos ? end : console.rfind(begin_mark, end);
    if (begin == std::string_view::npos) {
        return std::unexpected("it holds no whole report");
    }
    ObservedState state;
    uint64_t count = 0;
    uint64_t expected = 0;
    for (std::string_view rest = console.substr(begin); !rest.empty();) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        line = line.substr(0, line.find('\r'));
        if (line.starts_with(begin_mark) || line.starts_with(end_mark)) {
            const bool is_end = line.starts_with(end_mark);
            const std::optional<Words> word = numbers(line.substr((is_end ? end_mark : begin_mark).size()), 1);
            if (!word) {
                return std::unexpected(fmt::format("`{}` has no number", line));
            }
            (is_end ? expected : state.frequency) = (*word)[0];
            if (is_end) {
                break;
            }
        } else if (!read(state, line)) {
            return std::unexpected(fmt::format("line {} of the report is `{}`", count + 1, line));
        } else {
            ++count;
        }
    }
    if (count != expected) {
        return std::unexpected(fmt::format("the report has {} lines instead of {}", count, expected));
    }
    return state;
}

}  // namespace capdl
