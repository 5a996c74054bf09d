// SPDX-License-Identifier: BSD-2-Clause
// The Raspberry Pi's mini UART, as "BCM2711 ARM Peripherals" describes it, "Mini UART"; its registers begin at AUX_MU_IO_REG.
#pragma once

#include "uart.hpp"

class MiniUart final : public Uart {
public:
    explicit MiniUart(std::span<std::byte> registers) : registers_(registers) {}

    /// The manual's description of the interrupt enable register is known to be wrong; this is what Linux's driver of
    /// 8250 devices, which drives this one, writes: data, and the state of the line.
    void start() const override { ignore_room(); }

    [[nodiscard]] bool try_put(char byte) const override {
        if ((registers_.read(Register::line_status) & can_transmit) == 0) {
            return false;
        }
        registers_.write(Register::data, static_cast<uint8_t>(byte));
        return true;
    }

    void watch_room() const override {
        registers_.write(Register::interrupt_enable, receive_interrupt | transmit_interrupt | line_interrupt);
    }
    void ignore_room() const override {
        registers_.write(Register::interrupt_enable, receive_interrupt | line_interrupt);
    }

    [[nodiscard]] bool is_idle() const override {
        return (registers_.read(Register::line_status) & is_transmitter_idle) != 0;
    }

    [[nodiscard]] std::optional<char> get() const override {
        if ((registers_.read(Register::line_status) & has_received) == 0) {
            return std::nullopt;
        }
        return static_cast<char>(registers_.read(Register::data) & data_bits);
    }

    /// It is asserted for as long as there are bytes, or room.
    void clear_interrupts() const override {}

private:
    enum class Register : uint32_t { data = 0x00, interrupt_enable = 0x04, line_status = 0x14 };

    static constexpr uint32_t data_bits = 0xff;
    static constexpr uint32_t has_received = 1 << 0;
    static constexpr uint32_t can_transmit = 1 << 5;
    static constexpr uint32_t is_transmitter_idle = 1 << 6;
    static constexpr uint32_t receive_interrupt = 1 << 0;
    static constexpr uint32_t transmit_interrupt = 1 << 1;
    static constexpr uint32_t line_interrupt = 1 << 2;

    UartRegisters<Register> registers_;
};
