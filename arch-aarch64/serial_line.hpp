// SPDX-License-Identifier: BSD-2-Clause
// A polled writer on the serial line that the device tree names, for the boot stage, the debug kernel and the loader.
#pragma once

#include "boot/boot_description.hpp"
#include "register_block.hpp"

namespace selene {

/// A number to be printed in hexadecimal.
struct Hex {
    uint64_t value;
    unsigned digits = 1;  ///< at least
};

/// Writes to a UART as the firmware has set it up: changes neither speed nor format.
class SerialLine {
public:
    constexpr SerialLine() = default;
    /// `registers`: where this program sees the page that `kind`'s registers lie in.
    constexpr SerialLine(SerialKind kind, uintptr_t registers) : kind_(kind), registers_(registers) {}

    /// Numbers are decimal unless they are Hex.
    template <class... Parts>
    void print(Parts... parts) const {
        (write(parts), ...);
    }

    /// One character; a line end is made of two.
    void put(char character) const;

private:
    void write(const char* text) const;
    void write(uint64_t number) const { write_number(number, 10, 1); }
    void write(Hex number) const {
        write("0x");
        write_number(number.value, 16, number.digits);
    }
    void write_number(uint64_t number, unsigned base, unsigned least_digits) const;
    void write_byte(char byte) const;

    SerialKind kind_ = SerialKind::none;
    uintptr_t registers_ = 0;
};

}  // namespace selene
