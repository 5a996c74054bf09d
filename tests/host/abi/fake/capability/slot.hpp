// SPDX-License-Identifier: BSD-2-Clause
// In place of the kernel's Slot: what a capability is to, with which rights, and how it was named.
#pragma once

#include "capability/rights.hpp"

namespace selene {

struct Slot {
    uint64_t index = abi::no_capability;
    abi::ObjectType type = abi::ObjectType::empty;
    Rights rights{};
};

}  // namespace selene
