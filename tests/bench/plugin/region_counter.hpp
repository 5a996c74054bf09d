// SPDX-License-Identifier: BSD-2-Clause
// Counts what happens between two marker instructions of a user program; knows nothing of QEMU.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "side.hpp"

namespace selene::bench {

// What one side did within a region. Lines are 64 bytes, told apart by virtual address.
struct SideCounts {
    std::uint64_t instructions = 0;
    std::unordered_set<std::uint64_t> code_lines;
    std::unordered_set<std::uint64_t> data_lines;  // read or written, whoever's memory it is

    void clear();
};

// One measured stretch of execution, from the instruction after a start marker to the one before the end
// marker.
struct Region {
    std::uint16_t row = 0;
    std::uint64_t system_calls = 0;  // svc instructions, which also count among the user's instructions
    SideCounts user;
    SideCounts kernel;
    std::vector<std::uint64_t> trace;  // if asked for: where the kernel's instructions and each svc lie, in order

    // As one line of JSON without a line end.
    [[nodiscard]] std::string json() const;
};

// Follows the protocol of the markers and counts for the region that is open, if one is:
//
//     movz xzr, #ROW     select: names the row of the next region; writes no register
//     hint #0x70         start:  opens the region
//     svc #0             whatever is measured
//     hint #0x71         end:    closes the region; without an open one it means nothing
//
// With `hint #0x72` for `hint #0x70` the region begins behind the last `wfi` of the kernel before its end; without one
// there is no region.
//
// The marker instructions themselves are not counted. The end may come in another thread or task than the
// start.
class RegionCounter {
public:
    static constexpr std::uint64_t line_bytes = 64;

    // Regions of this row record their trace.
    void trace_row(std::uint16_t row) { traced_rows_.insert(row); }

    void select(std::uint16_t row) { selected_ = row; }

    // Opens a region. Returns what is wrong if no row was selected or a region is open; an open region is
    // given up.
    [[nodiscard]] std::optional<std::string> start();

    // The same, but what was counted is forgotten with each wait.
    [[nodiscard]] std::optional<std::string> start_behind_wait();
    // The kernel waits for an interrupt: its wfi has been counted.
    void wait();

    // Closes the open region and returns it until the next start, or nullptr if none is open or it should have waited.
    [[nodiscard]] const Region* end();

    // An instruction at this address is about to be executed.
    void execute(Side side, std::uint64_t address);
    void execute_system_call(std::uint64_t address);

    // The side's current instruction reads or writes these bytes.
    void access(Side side, std::uint64_t address, std::uint64_t bytes);

private:
    [[nodiscard]] bool traces() const { return traced_rows_.contains(region_.row); }
    void clear();
    [[nodiscard]] SideCounts& counts(Side side) { return side == Side::kernel ? region_.kernel : region_.user; }

    bool open_ = false;
    std::optional<std::uint16_t> selected_;
    bool begins_behind_wait_ = false;
    bool has_waited_ = false;
    std::unordered_set<std::uint16_t> traced_rows_;
    Region region_;
};

}  // namespace selene::bench
