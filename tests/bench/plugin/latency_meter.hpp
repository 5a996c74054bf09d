// SPDX-License-Identifier: BSD-2-Clause
// Measures how long an interrupt waits for its handler; knows nothing of QEMU.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "side.hpp"

namespace selene::bench {

// Where a stretch of the kernel's execution went: instructions by the address of the block that they were executed in.
// It is noted for all that the kernel does, so the last blocks are only appended, and added up when they are many.
class BlockCounts {
public:
    void clear();
    // A block begins when so many instructions have been executed.
    void begin(std::uint64_t address, std::uint64_t executed);
    // What was executed in each block until now, most first.
    [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> counts(std::uint64_t executed);

private:
    void add_up(std::uint64_t executed);

    static constexpr std::size_t appended_at_most = 4096;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> appended_;
    std::unordered_map<std::uint64_t, std::uint64_t> sums_;
};

// What was found in the regions of one row. All lengths are instructions.
struct RowLatency {
    std::uint64_t samples = 0;    // interrupts that were asserted
    std::uint64_t withdrawn = 0;  // those that the kernel made go away unhandled
    std::uint64_t asserted = 0;   // the longest that one of them waited
    std::uint64_t longest = 0;  // the longest that one would have waited, asserted at the first instruction from which
                                // on the kernel did not look
    std::uint64_t deaf = 0;     // the longest stretch in which the kernel did not look, with or without an interrupt
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;  // where `longest` went

    // As one line of JSON without a line end.
    [[nodiscard]] std::string json(std::uint16_t row) const;
};

// Follows an execution and the timer's interrupt line:
//
//     user code   svc ──────────── kernel ───────────┬── kernel ──── eret ── vector ── handler
//                 │                     ^asserted    │looks (too early: asserted later) ^
//                 └ not looking from here on         └ not looking from here on         └ waits no longer
//
// The kernel *looks* where it would notice an interrupt that has been asserted before: at every instruction of user code,
// where it reads which interrupts are pending, where it waits for one, and where the handler begins. An interrupt that was
// asserted at some instruction is handled when one that was asserted just behind the kernel's last look is: the kernel
// cannot know of either before its next look. So one sample in a stretch tells how long each instruction of the
// stretch makes an interrupt wait, and the first one makes it wait longest.
//
// Every call says how many instructions have been executed before.
class LatencyMeter {
public:
    // The marker protocol of region_counter.hpp; several regions of a row add up.
    void select(std::uint16_t row) { selected_ = row; }
    [[nodiscard]] std::optional<std::string> start();
    void end() { open_.reset(); }

    // A block of instructions begins; `asserted`: whether the timer raises its interrupt.
    void block(Side side, std::uint64_t address, std::uint64_t executed, bool asserted);
    // The kernel has looked.
    void look(std::uint64_t executed);
    // The handler's first instruction is next.
    void handler(std::uint64_t executed);
    // The kernel sets the timer: what it asserts from now on is another interrupt.
    void set_timer() { noticed_ = sample_.has_value(); }

    [[nodiscard]] const std::map<std::uint16_t, RowLatency>& rows() const { return rows_; }

private:
    struct Sample {
        std::uint64_t asserted;
        std::uint64_t deaf_since;
    };

    [[nodiscard]] RowLatency* row() { return open_ ? &rows_[*open_] : nullptr; }
    void follow_line(std::uint64_t executed, bool asserted);
    void listen_until(std::uint64_t executed);
    void end_deaf_stretch(std::uint64_t executed);

    Side side_ = Side::kernel;
    std::uint64_t block_ = 0;
    std::uint64_t deaf_since_ = 0;
    BlockCounts blocks_;            // since then
    bool noticed_ = false;          // the line is asserted, and that was taken note of
    std::optional<Sample> sample_;  // asserted and not handled yet
    std::optional<std::uint16_t> selected_;
    std::optional<std::uint16_t> open_;
    std::map<std::uint16_t, RowLatency> rows_;
};

}  // namespace selene::bench
