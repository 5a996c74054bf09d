// SPDX-License-Identifier: BSD-2-Clause
// The PL011 UART, as the Arm PrimeCell UART (PL011) Technical Reference Manual describes it, "Programmers Model".
#pragma once

#include "uart.hpp"

class Pl011 final : public Uart {
public:
    explicit Pl011(std::span<std::byte> registers) : registers_(registers) {}

    void start() const override {
        registers_.write(Register::interrupt_clear, all_interrupts);
        ignore_room();
    }

    [[nodiscard]] bool try_put(char byte) const override {
        if ((registers_.read(Register::flag) & transmit_full) != 0) {
            return false;
        }
        registers_.write(Register::data, static_cast<uint8_t>(byte));
        return true;
    }

    /// It is raised when the queue has become half empty, which it does after it was found full.
    void watch_room() const override {
        registers_.write(Register::interrupt_mask, receive_interrupt | receive_timeout_interrupt | transmit_interrupt);
    }
    void ignore_room() const override {
        registers_.write(Register::interrupt_mask, receive_interrupt | receive_timeout_interrupt);
    }

    [[nodiscard]] bool is_idle() const override { return (registers_.read(Register::flag) & busy) == 0; }

    [[nodiscard]] std::optional<char> get() const override {
        if ((registers_.read(Register::flag) & receive_empty) != 0) {
            return std::nullopt;
        }
        return static_cast<char>(registers_.read(Register::data) & data_bits);
    }

    void clear_interrupts() const override { registers_.write(Register::interrupt_clear, all_interrupts); }

private:
    enum class Register : uint32_t { data = 0x00, flag = 0x18, interrupt_mask = 0x38, interrupt_clear = 0x44 };

    static constexpr uint32_t data_bits = 0xff;
    static constexpr uint32_t busy = 1 << 3;
    static constexpr uint32_t receive_empty = 1 << 4;
    static constexpr uint32_t transmit_full = 1 << 5;
    static constexpr uint32_t receive_interrupt = 1 << 4;
    static constexpr uint32_t transmit_interrupt = 1 << 5;
    static constexpr uint32_t receive_timeout_interrupt = 1 << 6;
    static constexpr uint32_t all_interrupts = 0x7ff;

    UartRegisters<Register> registers_;
};
