// SPDX-License-Identifier: BSD-2-Clause
// Where in the loader's own table the sources of an image lie.
#pragma once

#include <sel/objects.hpp>

#include "abi/boot_info.hpp"
#include "image/format.hpp"

namespace capdl::loader {

namespace abi = selene::abi;

/// Objects and extra capabilities from `base` on, by their numbers; authorities where the kernel has put them.
class OwnSlots {
public:
    explicit OwnSlots(uint64_t base) : base_(base) {}

    [[nodiscard]] uint64_t slot_of(uint64_t source) const {
        if (source < image::authority_base) [[likely]] {
            return base_ + source;
        }
        switch (source) {
        case image::interrupt_control: return static_cast<uint64_t>(abi::BootSlot::interrupt_control);
        case image::power_control: return static_cast<uint64_t>(abi::BootSlot::power_control);
        default: return static_cast<uint64_t>(abi::BootSlot::schedule_control) + (source - image::schedule_control);
        }
    }
    template <class Capability>
    [[nodiscard]] Capability to(uint64_t source) const {
        return Capability(sel::CapIndex(slot_of(source)));
    }

private:
    uint64_t base_;
};

}  // namespace capdl::loader
