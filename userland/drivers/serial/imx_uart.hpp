// SPDX-License-Identifier: BSD-2-Clause
// NXP's i.MX UART, as the i.MX 8M Plus Applications Processor Reference Manual describes it, "UART Memory Map/Register
// Definition".
#pragma once

#include "uart.hpp"

class ImxUart final : public Uart {
public:
    explicit ImxUart(std::span<std::byte> registers) : registers_(registers) {}

    /// Where no firmware has used the device it is still off; its speed is then whatever it was.
    void start() const override {
        change(Register::control2, 0, not_in_reset | receiver_on | transmitter_on);
        change(Register::fifo_control, receive_threshold_mask, 1);
        change(Register::control1, 0, uart_on | receive_ready_interrupt);
    }

    [[nodiscard]] bool try_put(char byte) const override {
        if ((registers_.read(Register::test) & transmit_full) != 0) {
            return false;
        }
        registers_.write(Register::transmit, static_cast<uint8_t>(byte));
        return true;
    }

    void watch_room() const override { change(Register::control1, 0, transmit_ready_interrupt); }
    void ignore_room() const override { change(Register::control1, transmit_ready_interrupt, 0); }

    [[nodiscard]] bool is_idle() const override {
        return (registers_.read(Register::status2) & transmit_complete) != 0;
    }

    [[nodiscard]] std::optional<char> get() const override {
        const uint32_t received = registers_.read(Register::receive);
        return (received & is_character) != 0 ? std::optional(static_cast<char>(received & data_bits)) : std::nullopt;
    }

    /// It is asserted for as long as there are bytes, or room.
    void clear_interrupts() const override {}

private:
    enum class Register : uint32_t {
        receive = 0x00,
        transmit = 0x40,
        control1 = 0x80,
        control2 = 0x84,
        fifo_control = 0x90,
        status2 = 0x98,
        test = 0xb4,
    };

    static constexpr uint32_t data_bits = 0xff;
    static constexpr uint32_t is_character = 1 << 15;
    static constexpr uint32_t uart_on = 1 << 0;
    static constexpr uint32_t receive_ready_interrupt = 1 << 9;
    static constexpr uint32_t transmit_ready_interrupt = 1 << 13;
    static constexpr uint32_t not_in_reset = 1 << 0;
    static constexpr uint32_t receiver_on = 1 << 1;
    static constexpr uint32_t transmitter_on = 1 << 2;
    static constexpr uint32_t receive_threshold_mask = 0x3f;
    static constexpr uint32_t transmit_complete = 1 << 3;
    static constexpr uint32_t transmit_full = 1 << 4;

    void change(Register place, uint32_t clear, uint32_t set) const {
        registers_.write(place, (registers_.read(place) & ~clear) | set);
    }

    UartRegisters<Register> registers_;
};
