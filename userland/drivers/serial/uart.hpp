// SPDX-License-Identifier: BSD-2-Clause
// What the console asks of a serial device, whatever its model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// A UART that the firmware has set to the right speed. It has a queue for what is sent, and raises an interrupt for what
/// arrives.
class Uart {
public:
    /// Take the device over: raise an interrupt for what arrives.
    virtual void start() const = 0;
    /// Sends a byte if the queue has room for it.
    [[nodiscard]] virtual bool try_put(char byte) const = 0;
    /// Raise an interrupt, too, when the queue has room again; or no longer.
    virtual void watch_room() const = 0;
    virtual void ignore_room() const = 0;
    /// Whether the last byte has left the device: the machine may be switched off then.
    [[nodiscard]] virtual bool is_idle() const = 0;
    /// The next byte that has arrived.
    [[nodiscard]] virtual std::optional<char> get() const = 0;
    /// Forget what has raised an interrupt so far; before the bytes are fetched.
    virtual void clear_interrupts() const = 0;

    /// Both without interrupts, by asking again and again.
    void put(char byte) const {
        while (!try_put(byte)) {}
    }
    void drain() const {
        while (!is_idle()) {}
    }

protected:
    ~Uart() = default;
};

/// The 32-bit registers of a device, by an enumeration of their offsets in bytes.
template <typename Register>
class UartRegisters {
public:
    explicit UartRegisters(std::span<std::byte> registers) : base_(registers.data()) {}

    [[nodiscard]] uint32_t read(Register place) const { return *at(place); }
    void write(Register place, uint32_t value) const { *at(place) = value; }

private:
    [[nodiscard]] volatile uint32_t* at(Register place) const {
        return reinterpret_cast<volatile uint32_t*>(base_ + static_cast<uint32_t>(place));
    }

    std::byte* base_;
};
