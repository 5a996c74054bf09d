// SPDX-License-Identifier: BSD-2-Clause
// The worlds that are searched.
#pragma once

#include <string_view>

#include "stage.hpp"

namespace selene::test {

/// A world, and when it is searched whole.
struct Listed {
    Description description;
    bool in_long_run_only = false;
};

const std::vector<Listed>& worlds();
const Listed& world_named(std::string_view name);

}  // namespace selene::test
