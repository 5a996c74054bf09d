// SPDX-License-Identifier: BSD-2-Clause
// What the loader says, and to whom: a polled writer on the serial line that the device tree names.
#pragma once

#include <sel/error.hpp>
#include <sel/format.hpp>

#include "abi/boot_info.hpp"
#include "serial_line.hpp"
#include "system_view.hpp"

namespace capdl::loader {

/// The loader's voice. Until the serial line is mapped, and on a machine without one that it knows, it is silent.
class Report {
public:
    void open(selene::SerialLine line) { line_ = line; }

    template <typename... Arguments>
    void print(sel::FormatFor<Arguments...> format, const Arguments&... arguments) {
        sel::format_to(sel::Output(put, this), format, arguments...);
    }

private:
    static void put(void* self, std::string_view text) {
        for (const char character : text) {
            static_cast<Report*>(self)->line_.put(character);
        }
    }

    selene::SerialLine line_;
};

/// An object as the specification names it: printed by its name, with its number in its array.
struct ObjectName {
    std::string_view name;
    uint32_t element;
};
void describe(sel::Output& output, const ObjectName& object);
[[nodiscard]] ObjectName name_of(const SystemView& system, uint32_t object);

/// An object, or a capability that the loader derives for it.
struct SourceName {
    const SystemView& system;
    uint32_t source;
};
void describe(sel::Output& output, const SourceName& name);

/// A slot, by what has it: `slot 3 of client.table`, `the fault endpoint of client.task`. A slot of the loader's own by
/// what it holds.
struct SlotName {
    const SystemView& system;
    const image::SlotRecord& record;
};
void describe(sel::Output& output, const SlotName& slot);

/// A scheduling context, or that there is none.
struct TimeName {
    const SystemView& system;
    uint32_t context;
};
void describe(sel::Output& output, const TimeName& time);

/// Rights by their names.
struct RightsName {
    uint64_t mask;
};
void describe(sel::Output& output, const RightsName& rights);

}  // namespace capdl::loader
