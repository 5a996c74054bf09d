// SPDX-License-Identifier: BSD-2-Clause
// The list of worlds.
#include "worlds.hpp"

#include <stdexcept>

namespace selene::test {

namespace {

using enum ObjectType;

constexpr uint64_t of(ObjectType type) { return static_cast<uint64_t>(type); }
constexpr uint64_t all = abi::all_rights;
constexpr uint64_t read_only = 1;

/// A way to the common table, an untyped of one page, and empty slots.
void set_up_one(Stage& stage) {
    stage.thread();
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(untyped, 1));
}

/// The same for two threads.
void set_up_two(Stage& stage) {
    stage.thread();
    set_up_one(stage);
}

}  // namespace

const std::vector<Listed>& worlds() {
    static const std::vector<Listed> list = {
        {.description = {.name = "tree",
                         .slots = 4,
                         .set_up = set_up_one,
                         .forms = {map_form({all}, {0}), grant_form(), unmap_form(), retype_form({of(cap_table)}, {2})},
                         .untyped_limit = 128}},
        {.description = {.name = "weaker",
                         .slots = 4,
                         .set_up = set_up_one,
                         .forms = {map_form({all, read_only}, {0, 7}), grant_form(), unmap_form(),
                                   retype_form({of(endpoint)}, {0})},
                         .untyped_limit = 128,
                         .gives_up = true}},
        {.description = {.name = "rivals",
                         .slots = 4,
                         .set_up = set_up_two,
                         .forms = {map_form({all}, {0}), unmap_form(), retype_form({of(cap_table)}, {1})},
                         .untyped_limit = 128}},
    };
    return list;
}

const Listed& world_named(std::string_view name) {
    for (const Listed& world : worlds()) {
        if (world.description.name == name) return world;
    }
    throw std::logic_error("there is no such world");
}

}  // namespace selene::test
