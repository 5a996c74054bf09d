// SPDX-License-Identifier: BSD-2-Clause
// Capabilities in messages: who may send what, and where it goes.
#pragma once

#include <vector>

#include "call.hpp"

namespace selene::model {

/// An item of a message: a capability to map or to grant.
struct Item {
    bool grant;
    uint64_t index;
    uint64_t rights;
    uint64_t badge;
};

/// Where a receiver takes capabilities.
struct Window {
    uint64_t table;
    uint64_t first;
    uint64_t count;
};

/// Whether a thread could wait for capabilities like this.
Outcome open_window(const System& system, const Object& receiver, const Window& window);
/// Send it capabilities: all or none.
Outcome deliver(System& system, const Object& sender, const std::vector<Item>& items, const Object& receiver,
                const Window& window);

}  // namespace selene::model
