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
constexpr std::uint32_t transmit_full = 1U << 5;

std::span<std::byte> registers;  // of this program's only serial line

volatile std::uint32_t& device_register(std::size_t offset) {
    return *reinterpret_cast<volatile std::uint32_t*>(&registers[offset]);
}

void write(std::string_view text) {
    for (const char c : text) {
        while ((device_register(flag_register) & transmit_full) != 0) {}
        device_register(data_register) = static_cast<unsigned char>(c);
    }
}

}  // namespace

sel::Result<void> print_to_serial() {
    SEL_TRY(serial, sel::environment().memory("serial"));
    registers = serial.bytes;
    sel::set_print_sink(write);
    return {};
}

}  // namespace bench
