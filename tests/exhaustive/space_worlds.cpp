// SPDX-License-Identifier: BSD-2-Clause
// Worlds of address spaces, page tables, frames and hardware tags.
#include "worlds.hpp"

namespace selene::test {

namespace {

using enum ObjectType;

constexpr uint64_t read = static_cast<uint64_t>(abi::Right::read);
constexpr uint64_t read_write = read | static_cast<uint64_t>(abi::Right::write);
constexpr uint64_t space_place = static_cast<uint64_t>(abi::TaskSlot::space);
constexpr uint64_t page_bits = 12;

/// A thread whose space, page tables and frame may be ended, and one that may use them, too.
void set_up_mappings(Stage& stage) {
    stage.thread();
    const Made other = stage.thread({.own_task = true});
    stage.give(0, stage.common_table());
    stage.grant(1, other.space);
    stage.grant(2, stage.make(page_table));
    stage.grant(3, stage.make(page_table));
    stage.grant(4, stage.make(frame, page_bits));
}

/// One thread, in whose own space this happens.
void set_up_own_space(Stage& stage) {
    stage.thread();
    stage.give(0, stage.common_table());
    stage.give(1, stage.common_space());
    stage.grant(2, stage.make(page_table));
    stage.grant(3, stage.make(page_table));
    stage.grant(4, stage.make(frame, page_bits));
}

/// Three threads with spaces of their own beside the permanent one: a space more than hardware tags.
void set_up_tags(Stage& stage) {
    stage.thread();
    stage.give(0, stage.common_table());
    for (uint64_t slot = 1; slot <= 3; ++slot) {
        const Made made = stage.thread({.own_task = true});
        stage.grant(slot, made.space);
        stage.give(slot + 3, made.task);
    }
}

/// Two threads that may come to be in one space, or in none.
void set_up_sharing(Stage& stage) {
    stage.thread();
    stage.give(0, stage.common_table());
    for (uint64_t slot = 1; slot <= 2; ++slot) {
        const Made made = stage.thread({.own_task = true});
        stage.grant(slot, made.space);
        stage.give(slot + 2, made.task);
    }
}

}  // namespace

std::vector<Listed> space_worlds() {
    return {
        {.description = {.name = "own space",
                         .slots = 7,
                         .set_up = set_up_own_space,
                         .forms = {map_form({read}, {0}), map_table_form({0}), map_frame_form({0}, {read_write}),
                                   unmap_frame_form(), protect_form({read}), unmap_form()},
                         .translates = true}},
        {.description = {.name = "mappings",
                         .slots = 7,
                         .set_up = set_up_mappings,
                         .forms = {yield_form(), map_table_form({0}),
                                   map_frame_form({0, Board::page}, {read, read_write}), unmap_frame_form(),
                                   protect_form({read}), grant_form(), unmap_form()},
                         .most_pending = 0,
                         .translates = true}},
        {.description = {.name = "mappings meet unmaps",
                         .slots = 7,
                         .set_up = set_up_mappings,
                         .forms = {yield_form(), map_table_form({0}),
                                   map_frame_form({0, Board::page}, {read, read_write}), unmap_frame_form(),
                                   protect_form({read}), grant_form(), unmap_form()},
                         .translates = true},
         .in_long_run_only = true},
        {.description = {.name = "tags",
                         .slots = 9,
                         .set_up = set_up_tags,
                         .forms = {yield_form(), remove_form({space_place}), unmap_form()},
                         .most_pending = 0,
                         .translates = true}},
        {.description = {.name = "sharing",
                         .slots = 7,
                         .set_up = set_up_sharing,
                         .forms = {yield_form(), remove_form({space_place}), install_form({space_place}), unmap_form()},
                         .most_pending = 0,
                         .translates = true}},
    };
}

}  // namespace selene::test
