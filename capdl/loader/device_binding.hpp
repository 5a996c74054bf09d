// SPDX-License-Identifier: BSD-2-Clause
// What an image's device names stand for on the machine that runs.
#pragma once

#include <optional>

#include "device_names.hpp"
#include "system_view.hpp"

namespace capdl::loader {

class DeviceBinding {
public:
    /// `tree`: as for DeviceNames.
    DeviceBinding(uint64_t tree, const SystemView& system) : names_(tree), system_(system) {}

    /// The physical address of a placed object, which need not begin a page: the specification's, or where the device
    /// has its registers. Nothing if the machine has no such device.
    [[nodiscard]] std::optional<uint64_t> address_of(const image::PlacedRecord& record) const {
        if (record.device == image::none) {
            return record.address;
        }
        const auto registers = names_.registers(system_.name(record.device), record.index);
        return registers ? std::optional(registers->base) : std::nullopt;
    }
    /// The interrupt controller's number of a line, or nothing as above.
    [[nodiscard]] std::optional<uint64_t> line_of(const image::InterruptRecord& record) const {
        return record.device == image::none ? std::optional(uint64_t{record.line})
                                            : names_.interrupt(system_.name(record.device), record.index);
    }
    /// What the device of a placed object is; see DeviceNames::models.
    [[nodiscard]] std::string_view models_of(const image::PlacedRecord& record) const {
        return names_.models(system_.name(record.device));
    }

private:
    DeviceNames names_;
    const SystemView& system_;
};

}  // namespace capdl::loader
