// SPDX-License-Identifier: BSD-2-Clause
// In place of the machine contract: what the generated decoder needs of it.
#pragma once

#include <cstdint>

namespace selene::machine {

struct BoundedIndex {
    bool within;
    uint64_t index;
};

inline BoundedIndex bounded(uint64_t index, uint64_t count) {
    return index < count ? BoundedIndex{true, index} : BoundedIndex{false, 0};
}

}  // namespace selene::machine
