// SPDX-License-Identifier: BSD-2-Clause
// Counts what happens between two marker instructions of a user program.
#include "region_counter.hpp"

#include <string_view>
#include <utility>

namespace selene::bench {

namespace {

std::string side_json(std::string_view name, const SideCounts& counts) {
    return "\"" + std::string(name) + "\":{\"instructions\":" + std::to_string(counts.instructions) +
           ",\"code_lines\":" + std::to_string(counts.code_lines.size()) +
           ",\"data_lines\":" + std::to_string(counts.data_lines.size()) + "}";
}

}  // namespace

void SideCounts::clear() {
    instructions = 0;
    code_lines.clear();
    data_lines.clear();
}

std::string Region::json() const {
    std::string text = "{\"kind\":\"region\",\"row\":" + std::to_string(row) +
                       ",\"system_calls\":" + std::to_string(system_calls) + "," + side_json("kernel", kernel) + "," +
                       side_json("user", user);
    if (!trace.empty()) {
        text += ",\"trace\":";
        char separator = '[';
        for (const std::uint64_t address : trace) {
            text += std::exchange(separator, ',') + std::to_string(address);
        }
        text += "]";
    }
    return text + "}";
}

std::optional<std::string> RegionCounter::start() {
    const std::optional<std::uint16_t> row = std::exchange(selected_, std::nullopt);
    const bool was_open = std::exchange(open_, false);
    if (was_open) {
        return "start marker while a region of row " + std::to_string(region_.row) + " is open";
    }
    if (!row) {
        return "start marker without a row";
    }
    region_.row = *row;
    clear();
    open_ = true;
    begins_behind_wait_ = false;
    return std::nullopt;
}

std::optional<std::string> RegionCounter::start_behind_wait() {
    const std::optional<std::string> wrong = start();
    begins_behind_wait_ = open_;
    has_waited_ = false;
    return wrong;
}

void RegionCounter::wait() {
    if (!begins_behind_wait_) {
        return;
    }
    clear();
    has_waited_ = true;
}

void RegionCounter::clear() {
    region_.system_calls = 0;
    region_.user.clear();
    region_.kernel.clear();
    region_.trace.clear();
}

const Region* RegionCounter::end() {
    const bool whole = !begins_behind_wait_ || has_waited_;
    begins_behind_wait_ = false;
    return std::exchange(open_, false) && whole ? &region_ : nullptr;
}

void RegionCounter::execute(Side side, std::uint64_t address) {
    if (!open_) {
        return;
    }
    SideCounts& side_counts = counts(side);
    side_counts.instructions++;
    side_counts.code_lines.insert(address / line_bytes);
    if (side == Side::kernel && traces()) {
        region_.trace.push_back(address);
    }
}

void RegionCounter::execute_system_call(std::uint64_t address) {
    execute(Side::user, address);
    if (!open_) {
        return;
    }
    region_.system_calls++;
    if (traces()) {
        region_.trace.push_back(address);
    }
}

void RegionCounter::access(Side side, std::uint64_t address, std::uint64_t bytes) {
    if (!open_) {
        return;
    }
    const std::uint64_t last = (address + bytes - 1) / line_bytes;
    for (std::uint64_t line = address / line_bytes; line <= last; line++) {
        counts(side).data_lines.insert(line);
    }
}

}  // namespace selene::bench
