// SPDX-License-Identifier: BSD-2-Clause
// Writing to the serial line as the firmware has set it up.
#include "report.hpp"

namespace capdl::loader {

namespace {

/// Arm PrimeCell UART (PL011) Technical Reference Manual, "Summary of registers".
namespace pl011 {
constexpr uint64_t data = 0x00;
constexpr uint64_t flag = 0x18;
constexpr uint32_t transmit_full = 1 << 5;
}  // namespace pl011

/// BCM2711 ARM Peripherals, "Auxiliaries: UART1 & SPI1, SPI2", Mini UART.
namespace mini_uart {
constexpr uint64_t data = 0x00;
constexpr uint64_t line_status = 0x14;
constexpr uint32_t transmit_empty = 1 << 5;
}  // namespace mini_uart

volatile uint32_t& at(uint64_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

}  // namespace

void Report::put_byte(char byte) const {
    switch (kind_) {
    case selene::SerialKind::none: return;
    case selene::SerialKind::pl011:
        while ((at(registers_ + pl011::flag) & pl011::transmit_full) != 0) {}
        at(registers_ + pl011::data) = static_cast<uint8_t>(byte);
        return;
    case selene::SerialKind::mini_uart:
        while ((at(registers_ + mini_uart::line_status) & mini_uart::transmit_empty) == 0) {}
        at(registers_ + mini_uart::data) = static_cast<uint8_t>(byte);
        return;
    }
}

void describe(sel::Output& output, const ObjectName& object) {
    output.write(object.name);
    if (object.element != image::none) {
        sel::format_to(output, "[{}]", object.element);
    }
}

ObjectName name_of(const SystemView& system, uint32_t object) {
    if (object >= system.objects().size()) {
        return {"a capability of the loader's own", image::none};
    }
    const image::ObjectRecord& record = system.objects()[object];
    return {system.name(record.name), record.element};
}

}  // namespace capdl::loader
