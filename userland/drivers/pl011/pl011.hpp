// SPDX-License-Identifier: BSD-2-Clause
// The PL011 UART, as the Arm PrimeCell UART (PL011) Technical Reference Manual describes it, "Programmers Model".
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace pl011 {

/// Drives a PL011 that the firmware has set to the right speed. Output is polled, since a line is short against the
/// device's queue; input comes by interrupt.
class Pl011 {
public:
    explicit Pl011(std::span<std::byte> registers) : base_(registers.data()) {}

    /// Take the device over: raise an interrupt for each byte that arrives.
    void start() const {
        write(Register::interrupt_clear, all_interrupts);
        write(Register::interrupt_mask, receive_interrupt | receive_timeout_interrupt);
    }

    void put(char byte) const {
        while ((read(Register::flag) & transmit_full) != 0) {}
        write(Register::data, static_cast<uint8_t>(byte));
    }

    /// The next byte that has arrived.
    [[nodiscard]] std::optional<char> get() const {
        if ((read(Register::flag) & receive_empty) != 0) {
            return std::nullopt;
        }
        return static_cast<char>(read(Register::data) & data_bits);
    }

    /// Wait until the last byte has left the device: the machine may be switched off then.
    void drain() const {
        while ((read(Register::flag) & busy) != 0) {}
    }

    void clear_interrupts() const { write(Register::interrupt_clear, all_interrupts); }

private:
    enum class Register : uint32_t { data = 0x00, flag = 0x18, interrupt_mask = 0x38, interrupt_clear = 0x44 };

    static constexpr uint32_t data_bits = 0xff;
    static constexpr uint32_t busy = 1 << 3;
    static constexpr uint32_t receive_empty = 1 << 4;
    static constexpr uint32_t transmit_full = 1 << 5;
    static constexpr uint32_t receive_interrupt = 1 << 4;
    static constexpr uint32_t receive_timeout_interrupt = 1 << 6;
    static constexpr uint32_t all_interrupts = 0x7ff;

    [[nodiscard]] uint32_t read(Register place) const { return *at(place); }
    void write(Register place, uint32_t value) const { *at(place) = value; }
    [[nodiscard]] volatile uint32_t* at(Register place) const {
        return reinterpret_cast<volatile uint32_t*>(base_ + static_cast<uint32_t>(place));
    }

    std::byte* base_;
};

}  // namespace pl011
