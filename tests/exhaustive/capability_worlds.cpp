// SPDX-License-Identifier: BSD-2-Clause
// Worlds of capabilities, tables and untyped memory.
#include "worlds.hpp"

namespace selene::test {

namespace {

using enum ObjectType;

constexpr uint64_t all = abi::all_rights;
constexpr uint64_t read_only = 1;
constexpr uint64_t endpoints = number_of(endpoint);
constexpr uint64_t tables = number_of(cap_table);

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

constexpr uint64_t table_place = static_cast<uint64_t>(abi::TaskSlot::table);
/// A root's guard of 61 bits of 0, an index bit, and the guard of a second table with one slot, 01: 64 bits in all.
constexpr uint64_t root_guard = 61;
constexpr uint64_t second_guard = uint64_t{1} << 6 | 2;
/// Through both slots of the root, and with another guard.
const std::vector<uint64_t> linked = {0b001, 0b101, 0b000};

constexpr uint64_t root = 1;
constexpr uint64_t second = 2;
constexpr uint64_t task_of_other = 3;
constexpr uint64_t installed = 4;

/// A thread whose task may be given a space of two linked tables.
void set_up_linked(Stage& stage) {
    stage.thread();
    const Made other = stage.thread({.own_task = true});
    stage.give(0, stage.common_table());
    stage.grant(root, stage.make(cap_table, 2));
    stage.grant(second, stage.make(cap_table, 1));
    stage.give(task_of_other, other.task);
}

/// Derive the capability in a slot of the common table into one of these slots of a table.
Form link_form(uint64_t table, const std::vector<uint64_t>& slots, const std::vector<uint64_t>& from,
               std::vector<uint64_t> guards) {
    Form form = with(with(map_form({all}, std::move(guards)), "table", {table}), "first", slots);
    form.name = "link";
    return with(with(std::move(form), "source", {0}), "source_first", from);
}

/// Linking, cycles among it; ending what is linked, by either thread.
std::vector<Form> linked_forms() {
    const Form install = with(install_form({table_place}), "task", {task_of_other});
    const Form unmap = unmap_form();
    return {link_form(0, {installed}, {root}, {root_guard}),
            link_form(root, {0, 1}, {root, second}, {second_guard}),
            link_form(second, {0}, {0, root, second}, {second_guard}),
            with(install, "capability", {0, installed}),
            with(remove_form({table_place}), "task", {task_of_other}),
            with(with(unmap, "table", {0}), "first", {root, second, installed}),
            with(with(unmap, "table", {root}), "first", {0, 1}),
            with(with(unmap, "table", {second}), "first", {0}),
            with(with(unmap, "table", linked), "first", {0, 1})};
}

/// Two threads, and an untyped of which five pages at once take two steps of zeroing.
constexpr uint64_t pages = 6;
constexpr uint64_t page_bits = 12;

void set_up_zeroing(Stage& stage) {
    stage.thread();
    stage.thread();
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(untyped, pages));
}

/// Retypes of one object and of many, whole ranges unmapped, the untyped among them.
std::vector<Form> zeroing_forms() {
    const Form retype = with(with(retype_form({number_of(frame)}, {page_bits}, {1, 5}), "table", {0}), "first", {2, 3});
    const Form of_endpoint = with(with(retype_form({endpoints}, {0}), "table", {0}), "first", {6});
    const Form unmap = with(with(unmap_form(), "table", {0}), "first", {1, 2, 7});
    return {retype, of_endpoint, with(unmap, "count", {1, 2})};
}

}  // namespace

std::vector<Listed> capability_worlds() {
    return {
        {.description = {.name = "tree",
                         .slots = 4,
                         .set_up = set_up_one,
                         .forms = {map_form({all}, {0}), grant_form(), unmap_form(), retype_form({tables}, {2})},
                         .untyped_limit = 128}},
        {.description = {.name = "weaker",
                         .slots = 4,
                         .set_up = set_up_one,
                         .forms = {map_form({all, read_only}, {0, 7}), grant_form(), unmap_form(),
                                   retype_form({endpoints}, {0})},
                         .untyped_limit = 128,
                         .gives_up = true}},
        {.description = {.name = "giving up",
                         .slots = 4,
                         .set_up = set_up_one,
                         .forms = {map_form({all}, {0}), grant_form(), unmap_form(), retype_form({tables}, {1})},
                         .untyped_limit = 128,
                         .gives_up = true},
         .in_long_run_only = true},
        {.description = {.name = "two tables",
                         .slots = 4,
                         .set_up = set_up_one,
                         .forms = {map_form({all}, {0}), grant_form(), unmap_form(), retype_form({tables}, {1})},
                         .untyped_limit = 256}},
        {.description = {.name = "two moved",
                         .slots = 5,
                         .set_up = set_up_two,
                         .forms = {grant_form(), unmap_form(), retype_form({tables}, {1})},
                         .untyped_limit = 256}},
        {.description = {.name = "rivals",
                         .slots = 4,
                         .set_up = set_up_two,
                         .forms = {map_form({all}, {0}), unmap_form(), retype_form({tables}, {1})},
                         .untyped_limit = 128}},
        {.description = {.name = "rivals that move",
                         .slots = 4,
                         .set_up = set_up_two,
                         .forms = {map_form({all}, {0}), grant_form(), unmap_form(), retype_form({tables}, {1})},
                         .untyped_limit = 128},
         .in_long_run_only = true},
        {.description = {.name = "linked",
                         .slots = 6,
                         .set_up = set_up_linked,
                         .forms = linked_forms(),
                         .most_pending = 0,
                         .ordered = true}},
        {.description =
             {.name = "linked rivals", .slots = 6, .set_up = set_up_linked, .forms = linked_forms(), .ordered = true},
         .in_long_run_only = true},
        {.description =
             {.name = "zeroing", .slots = 7, .set_up = set_up_zeroing, .forms = zeroing_forms(), .ordered = true}},
    };
}

}  // namespace selene::test
