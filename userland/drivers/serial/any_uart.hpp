// SPDX-License-Identifier: BSD-2-Clause
// The driver for the serial device that a component was given, whatever its model.
#pragma once

#include <variant>

#include <sel/environment.hpp>

#include "imx_uart.hpp"
#include "mini_uart.hpp"
#include "pl011.hpp"

/// One of the drivers, held by value.
class AnyUart {
public:
    /// The driver for the device whose registers are mapped as `name`, by what the device tree says it is; nothing if
    /// there is none for it.
    [[nodiscard]] static std::optional<AnyUart> find(const sel::Environment& environment, std::string_view name) {
        const auto registers = environment.memory(name);
        if (registers && environment.is_model(name, "arm,pl011")) {
            return AnyUart(Pl011(registers->bytes));
        }
        if (registers && environment.is_model(name, "brcm,bcm2835-aux-uart")) {
            return AnyUart(MiniUart(registers->bytes));
        }
        if (registers && environment.is_model(name, "fsl,imx6q-uart")) {
            return AnyUart(ImxUart(registers->bytes));
        }
        return std::nullopt;
    }

    [[nodiscard]] const Uart& operator*() const {
        return std::visit([](const auto& uart) -> const Uart& { return uart; }, uart_);
    }
    const Uart* operator->() const { return &**this; }

private:
    using Drivers = std::variant<Pl011, MiniUart, ImxUart>;
    explicit AnyUart(const Drivers& uart) : uart_(uart) {}

    Drivers uart_;
};
