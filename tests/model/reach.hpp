// SPDX-License-Identifier: BSD-2-Clause
// Reach: the capabilities that a thread can name, and by which index.
#pragma once

#include "lock_step.hpp"

namespace selene::model {

struct Named {
    uint64_t index;
    Capability* capability;
};

/// Everything that an actor can name but what the playground hides; through linked tables no more than `most`.
std::vector<Named> reach(const System& system, const Object& thread, const Playground& playground);

}  // namespace selene::model
