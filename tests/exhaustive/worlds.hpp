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

/// Of capabilities, tables and untyped memory.
std::vector<Listed> capability_worlds();
/// Of tasks, threads and their time.
std::vector<Listed> thread_worlds();
/// Of threads that talk.
std::vector<Listed> message_worlds();

/// The same where priorities, badges and time matter.
std::vector<Listed> order_worlds();
/// Of address spaces, page tables, frames and hardware tags.
std::vector<Listed> space_worlds();

/// All of them.
const std::vector<Listed>& worlds();
const Listed& world_named(std::string_view name);

constexpr uint64_t number_of(ObjectType type) { return static_cast<uint64_t>(type); }

}  // namespace selene::test
