// SPDX-License-Identifier: BSD-2-Clause
// Measures how long an interrupt waits for its handler.
#include "latency_meter.hpp"

#include <algorithm>

namespace selene::bench {

void BlockCounts::clear() {
    appended_.clear();
    if (!sums_.empty()) {
        sums_.clear();
    }
}

void BlockCounts::begin(std::uint64_t address, std::uint64_t executed) {
    if (appended_.size() >= appended_at_most) {
        add_up(executed);
    }
    appended_.emplace_back(address, executed);
}

void BlockCounts::add_up(std::uint64_t executed) {
    for (std::size_t i = 0; i < appended_.size(); i++) {
        const std::uint64_t end = i + 1 < appended_.size() ? appended_[i + 1].second : executed;
        sums_[appended_[i].first] += end - appended_[i].second;
    }
    appended_.clear();
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> BlockCounts::counts(std::uint64_t executed) {
    add_up(executed);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> result(sums_.begin(), sums_.end());
    std::ranges::sort(result, [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    return result;
}

std::string RowLatency::json(std::uint16_t row) const {
    const auto field = [](const char* name, std::uint64_t value) {
        return ",\"" + std::string(name) + "\":" + std::to_string(value);
    };
    std::string text = R"({"kind":"latency","row":)" + std::to_string(row) + field("samples", samples) +
                       field("withdrawn", withdrawn) + field("asserted", asserted) + field("longest", longest) +
                       field("deaf", deaf) + ",\"blocks\":[";
    const char* separator = "";
    for (const auto& [address, instructions] : blocks) {
        text += separator + ("[" + std::to_string(address)) + "," + std::to_string(instructions) + "]";
        separator = ",";
    }
    return text + "]}";
}

std::optional<std::string> LatencyMeter::start() {
    const std::optional<std::uint16_t> row = std::exchange(selected_, std::nullopt);
    if (const std::optional<std::uint16_t> open = std::exchange(open_, std::nullopt)) {
        return "start marker while a region of row " + std::to_string(*open) + " is open";
    }
    if (!row) {
        return "start marker without a row";
    }
    open_ = row;
    return std::nullopt;
}

void LatencyMeter::block(Side side, std::uint64_t address, std::uint64_t executed, bool asserted) {
    // User code takes an interrupt wherever it is: the kernel stops looking with its own first instruction.
    if (side == Side::user || side_ == Side::user) {
        if (side_ == Side::kernel) {
            end_deaf_stretch(executed);
        }
        listen_until(executed);
    }
    side_ = side;
    block_ = address;
    blocks_.begin(address, executed);
    follow_line(executed, asserted);
}

void LatencyMeter::look(std::uint64_t executed) {
    end_deaf_stretch(executed);
    listen_until(executed);
    blocks_.begin(block_, executed);
}

void LatencyMeter::handler(std::uint64_t executed) {
    if (sample_) {
        if (RowLatency* latency = row()) {
            latency->samples++;
            latency->asserted = std::max(latency->asserted, executed - sample_->asserted);
            if (const std::uint64_t length = executed - sample_->deaf_since; length > latency->longest) {
                latency->longest = length;
                latency->blocks = blocks_.counts(executed);
            }
        }
        sample_.reset();
    }
    look(executed);
}

void LatencyMeter::follow_line(std::uint64_t executed, bool asserted) {
    if (asserted && !noticed_) {
        sample_ = {.asserted = executed, .deaf_since = deaf_since_};
    }
    if (!asserted && sample_) {
        if (RowLatency* latency = row()) {
            latency->withdrawn++;
        }
        sample_.reset();
    }
    noticed_ = asserted;
}

void LatencyMeter::listen_until(std::uint64_t executed) {
    deaf_since_ = executed;
    if (!sample_) {
        blocks_.clear();
    }
}

void LatencyMeter::end_deaf_stretch(std::uint64_t executed) {
    if (RowLatency* latency = row()) {
        latency->deaf = std::max(latency->deaf, executed - deaf_since_);
    }
}

}  // namespace selene::bench
