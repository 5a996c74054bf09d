// SPDX-License-Identifier: BSD-2-Clause
// The page with the serial line's registers, through which the loader speaks.
#pragma once

#include "machine_memory.hpp"
#include "report.hpp"
#include "window.hpp"

namespace capdl::loader {

/// Opens the loader's voice and closes it again: nothing of that is left in the system. On a machine without a serial line
/// that it knows it does nothing; no voice is no reason not to work.
class SerialPage {
public:
    SerialPage(const abi::BootInfo& info, MachineMemory& memory, Window& window, Report& report)
        : info_(info), memory_(memory), window_(window), report_(report) {}

    /// Where the registers' page is, if there is one.
    [[nodiscard]] std::optional<uint64_t> address() const;
    /// By a frame of the loader's own, if nothing has the page.
    void open();
    /// By a child of the frame in this slot of the own table.
    void open_through(uint64_t frame);
    void close();
    /// Closes it no more: for a loader that stays.
    void keep() { is_open_ = false; }
    /// Whether this is the memory of a page that the specification does not have: its receiver gets it as it is, and when the
    /// page is closed it is free.
    [[nodiscard]] bool lies_in(const MachineMemory::Piece& piece) const {
        return has_own_memory_ && piece.base == address() && piece.is_root == 0;
    }
    /// Of the own table, with the frame; 0 if it has not been opened.
    [[nodiscard]] uint64_t slot() const { return slot_; }

private:
    void map(uint64_t slot);

    const abi::BootInfo& info_;
    MachineMemory& memory_;
    Window& window_;
    Report& report_;
    uint64_t slot_ = 0;
    bool is_open_ = false;
    bool has_own_memory_ = false;
};

}  // namespace capdl::loader
