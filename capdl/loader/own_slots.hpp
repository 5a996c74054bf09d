// SPDX-License-Identifier: BSD-2-Clause
// Where in the builder's own table the sources of an image lie.
#pragma once

#include <sel/objects.hpp>

#include "abi/boot_info.hpp"
#include "image/format.hpp"

namespace capdl::loader {

namespace abi = selene::abi;

/// Objects and extra capabilities from `base` on, by their numbers; what is held by its index; authorities where the
/// kernel has put them for the first task, or where a supervisor has them.
class OwnSlots {
public:
    struct Authorities {
        uint64_t interrupt_control = static_cast<uint64_t>(abi::BootSlot::interrupt_control);
        uint64_t power_control = static_cast<uint64_t>(abi::BootSlot::power_control);
        uint64_t schedule_control = static_cast<uint64_t>(abi::BootSlot::schedule_control);
    };

    explicit OwnSlots(uint64_t base) : base_(base) {}
    OwnSlots(uint64_t base, const Authorities& authorities) : base_(base), authorities_(authorities) {}

    [[nodiscard]] uint64_t slot_of(uint64_t source) const {
        if (source < image::held_base) [[likely]] {
            return base_ + source;
        }
        if (source < image::authority_base) {
            return source - image::held_base;
        }
        switch (source) {
        case image::interrupt_control: return authorities_.interrupt_control;
        case image::power_control: return authorities_.power_control;
        default: return authorities_.schedule_control + (source - image::schedule_control);
        }
    }
    template <class Capability>
    [[nodiscard]] Capability to(uint64_t source) const {
        return Capability(sel::CapIndex(slot_of(source)));
    }

private:
    uint64_t base_;
    Authorities authorities_{};
};

}  // namespace capdl::loader
