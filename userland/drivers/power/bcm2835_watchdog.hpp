// SPDX-License-Identifier: BSD-2-Clause
// The watchdog in the Raspberry Pi's power management block: the way to restart and to switch off without firmware calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// No manual describes it; this is what the Linux kernel's "drivers/watchdog/bcm2835_wdt.c" knows of it. The board's
/// firmware reads from the status register, after the restart, which partition to boot from: the last one means none, so
/// it stops the machine.
class Bcm2835Watchdog {
public:
    explicit Bcm2835Watchdog(std::span<std::byte> registers) : base_(registers.data()) {}

    /// Returns; the machine is off within a millisecond.
    void switch_off() const {
        write(Register::status, read(Register::status) | partition_halt);
        restart();
    }

    /// Returns; the machine starts anew within a millisecond.
    void restart() const {
        write(Register::timer, ticks);
        write(Register::control, (read(Register::control) & ~action_mask) | full_reset);
    }

private:
    enum class Register : uint32_t { control = 0x1c, status = 0x20, timer = 0x24 };

    /// Without this in the highest byte the device ignores a write.
    static constexpr uint32_t password = 0x5a00'0000;
    static constexpr uint32_t partition_halt = 0x555;  ///< every second bit: 63
    static constexpr uint32_t ticks = 10;              ///< of 1/65536 s
    static constexpr uint32_t action_mask = 0x30;
    static constexpr uint32_t full_reset = 0x20;

    [[nodiscard]] uint32_t read(Register place) const { return *at(place); }
    void write(Register place, uint32_t value) const { *at(place) = password | value; }
    [[nodiscard]] volatile uint32_t* at(Register place) const {
        return reinterpret_cast<volatile uint32_t*>(base_ + static_cast<uint32_t>(place));
    }

    std::byte* base_;
};
