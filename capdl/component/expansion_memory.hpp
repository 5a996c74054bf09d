// SPDX-License-Identifier: BSD-2-Clause
// A component's address space while it is made.
#pragma once

#include "component/expansion.hpp"

namespace capdl {

inline constexpr uint64_t page_size = AddressPlan::page_size;

constexpr uint64_t page_begin(uint64_t address) { return address & ~(page_size - 1); }
constexpr uint64_t page_end(uint64_t address) { return page_begin(address + page_size - 1); }

struct ComponentExpansion::Memory {
    Part& part;
    SpaceBuilder space;
    AddressPlan plan;
    EnvironmentWriter environment;
    std::vector<Fill> environment_fills;              ///< what only the loader knows
    std::vector<std::pair<size_t, ObjectId>> models;  ///< entries for models of devices, and these devices' frames
    EnvironmentWriter::Start start{};
    ObjectId ipc_buffer = ObjectId::none;
    uint64_t stack_top = 0;
    bool is_full = false;
};

}  // namespace capdl
