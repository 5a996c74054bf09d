// SPDX-License-Identifier: BSD-2-Clause
// Prints straight to a PL011 serial line.
#include "serial_sink.hpp"

#include <cstdint>
#include <span>
#include <string_view>

#include <sel/print.hpp>

namespace bench {

namespace {

// PrimeCell UART (PL011) Technical Reference Manual, "Register descriptions". The boot stage has set the line
// up.
constexpr std::size_t data_register = 0x00;
constexpr std::size_t flag_register = 0x18;
constexpr uint32_t transmit_full = 1U << 5;
constexpr std::size_t interrupt_mask_register = 0x38;
constexpr uint32_t transmit_interrupt = 1U << 5;

std::span<std::byte> serial;  // this program's only line

volatile uint32_t& device_register(std::size_t offset) {
    return *reinterpret_cast<volatile uint32_t*>(&serial[offset]);
}

void write(std::string_view text) {
    for (const char c : text) {
        while ((device_register(flag_register) & transmit_full) != 0) {}
        device_register(data_register) = static_cast<unsigned char>(c);
    }
}

}  // namespace

void print_to_serial(std::span<std::byte> registers) {
    serial = registers;
    sel::set_print_sink(write);
}

void raise_interrupt() { device_register(interrupt_mask_register) = transmit_interrupt; }

void quiet_interrupt() { device_register(interrupt_mask_register) = 0; }

}  // namespace bench
