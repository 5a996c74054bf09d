// SPDX-License-Identifier: BSD-2-Clause
// A polled writer on the serial line that the device tree names.
#include "serial_line.hpp"

#include "base/field.hpp"

namespace selene {
namespace {

/// PrimeCell UART (PL011) Technical Reference Manual, "Summary of registers".
enum class Pl011Register : uint32_t { data = 0x00, flags = 0x18 };
using Pl011TransmitFull = Field<5, 5>;

/// BCM2711 ARM Peripherals, "Auxiliaries: UART1 and SPI1 & SPI2 Control", from the start of the page.
enum class MiniUartRegister : uint32_t { data = 0x40, line_status = 0x54 };
using MiniUartCanTransmit = Field<5, 5>;

}  // namespace

void SerialLine::write(const char* text) const {
    for (; *text != '\0'; text++) put(*text);
}

void SerialLine::put(char character) const {
    if (character == '\n') write_byte('\r');
    write_byte(character);
}

void SerialLine::write_number(uint64_t number, unsigned base, unsigned least_digits) const {
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0 || count < least_digits);
    while (count > 0) write_byte(digits[--count]);
}

void SerialLine::write_byte(char byte) const {
    switch (kind_) {
    case SerialKind::none: break;
    case SerialKind::pl011: {
        const RegisterBlock<Pl011Register> uart(registers_);
        while (Pl011TransmitFull::of(uart.read(Pl011Register::flags)) != 0) {}
        uart.write(Pl011Register::data, static_cast<unsigned char>(byte));
        break;
    }
    case SerialKind::mini_uart: {
        const RegisterBlock<MiniUartRegister> uart(registers_);
        while (MiniUartCanTransmit::of(uart.read(MiniUartRegister::line_status)) == 0) {}
        uart.write(MiniUartRegister::data, static_cast<unsigned char>(byte));
        break;
    }
    }
}

}  // namespace selene
