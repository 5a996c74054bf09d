// SPDX-License-Identifier: BSD-2-Clause
// What the loader says, and to whom: a polled writer on the serial line that the device tree names.
#pragma once

#include <sel/error.hpp>
#include <sel/format.hpp>

#include "abi/boot_info.hpp"
#include "boot/boot_description.hpp"
#include "system_view.hpp"

namespace capdl::loader {

/// The loader's voice. Until the serial line is mapped, and on a machine without one that it knows, it is silent.
class Report {
public:
    /// `registers`: where the serial line's registers are mapped.
    void open(selene::SerialKind kind, uint64_t registers) {
        kind_ = kind;
        registers_ = registers;
    }

    template <typename... Arguments>
    void print(sel::FormatFor<Arguments...> format, const Arguments&... arguments) {
        sel::format_to(sel::Output(put, this), format, arguments...);
    }

private:
    static void put(void* self, std::string_view text) {
        for (const char byte : text) {
            if (byte == '\n') {
                static_cast<Report*>(self)->put_byte('\r');
            }
            static_cast<Report*>(self)->put_byte(byte);
        }
    }
    void put_byte(char byte) const;

    selene::SerialKind kind_ = selene::SerialKind::none;
    uint64_t registers_ = 0;
};

/// An object as the specification names it: printed by its name, with its number in its array.
struct ObjectName {
    std::string_view name;
    uint32_t element;
};
void describe(sel::Output& output, const ObjectName& object);
[[nodiscard]] ObjectName name_of(const SystemView& system, uint32_t object);

}  // namespace capdl::loader
