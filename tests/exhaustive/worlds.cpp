// SPDX-License-Identifier: BSD-2-Clause
// The list of worlds.
#include "worlds.hpp"

#include <stdexcept>

namespace selene::test {

const std::vector<Listed>& worlds() {
    static const std::vector<Listed> list = [] {
        std::vector<Listed> all;
        for (const auto& some :
             {capability_worlds(), thread_worlds(), message_worlds(), order_worlds(), space_worlds()})
            all.insert(all.end(), some.begin(), some.end());
        return all;
    }();
    return list;
}

const Listed& world_named(std::string_view name) {
    for (const Listed& world : worlds()) {
        if (world.description.name == name) return world;
    }
    throw std::logic_error("there is no such world");
}

}  // namespace selene::test
