// SPDX-License-Identifier: BSD-2-Clause
// Walking through a thread's tables.
#include "reach.hpp"

#include <algorithm>
#include <bit>

namespace selene::model {

namespace {

constexpr size_t most = 60;
constexpr unsigned index_bits = 64;

/// An index under way: `left` of its bits are still to be chosen.
struct Path {
    uint64_t index;
    unsigned left;
    const Capability* table;
    unsigned links;
};

/// The paths one link further, breadth first, and what they lead to.
void follow(const System& system, const Path& path, std::vector<Path>& further, std::vector<Named>& found) {
    const uint64_t guard_bits = path.table->word & 63;
    const uint64_t guard = path.table->word >> 6;
    const uint64_t slots = path.table->object->slots;
    const auto radix = static_cast<unsigned>(std::countr_zero(slots));
    if (!std::has_single_bit(slots) || guard_bits + radix > path.left || guard >> guard_bits != 0) return;
    const auto left = static_cast<unsigned>(path.left - guard_bits);
    const uint64_t begin = path.index | (guard_bits == 0 ? 0 : guard << left);
    for (uint64_t i = 0; i < slots; ++i) {
        Capability* held = system.in({path.table->object, i});
        if (held == nullptr) continue;
        const uint64_t index = radix == 0 ? begin : begin | i << (left - radix);
        const bool goes_on = held->object->type == ObjectType::cap_table && left > radix;
        if (!goes_on) {
            found.push_back({index, held});
        } else if (path.links < abi::table_links) {
            further.push_back({index, left - radix, held, path.links + 1});
        }
    }
}

}  // namespace

std::vector<Named> reach(const System& system, const Object& thread, const Playground& playground) {
    std::vector<Named> found;
    const Capability* task = system.in({const_cast<Object*>(&thread), 0});
    const Capability* root = task != nullptr ? system.in({task->object, 0}) : nullptr;
    if (root == nullptr) return found;
    if ((root->word & 63) == 0) {
        for (uint64_t i = 0; i < root->object->slots; ++i) {
            Capability* held = system.in({root->object, i});
            if (held != nullptr && std::ranges::find(playground.hidden, i) == playground.hidden.end())
                found.push_back({i, held});
        }
        return found;
    }
    std::vector<Path> paths{{0, index_bits, root, 1}};
    while (!paths.empty() && found.size() < most) {
        std::vector<Path> further;
        for (const Path& path : paths) {
            if (found.size() < most) follow(system, path, further, found);
        }
        paths = std::move(further);
    }
    return found;
}

}  // namespace selene::model
