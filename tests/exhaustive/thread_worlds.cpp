// SPDX-License-Identifier: BSD-2-Clause
// Worlds of tasks, threads and their time.
#include "worlds.hpp"

namespace selene::test {

namespace {

using enum ObjectType;

constexpr uint64_t table_place = static_cast<uint64_t>(abi::TaskSlot::table);
constexpr uint64_t space_place = static_cast<uint64_t>(abi::TaskSlot::space);

/// Beside the permanent thread one that may be started and ended in every way, and so may all that it lives by; and a
/// way to the permanent task.
void set_up_mortal(Stage& stage) {
    stage.thread();
    stage.give(0, stage.common_table());
    const Made mortal = stage.thread({.own_task = true, .started = false});
    stage.grant(1, mortal.thread);
    stage.grant(2, mortal.task);
    stage.grant(3, mortal.context);
    stage.grant(4, mortal.space);
    stage.give(5, stage.common_task());
}

}  // namespace

std::vector<Listed> thread_worlds() {
    return {
        {.description = {.name = "in two tasks",
                         .slots = 8,
                         .set_up = set_up_mortal,
                         .forms = {unmap_form(), install_form({table_place, space_place}),
                                   remove_form({table_place, space_place}), bind_task_form(), start_form(),
                                   suspend_form(), resume_form()},
                         .most_pending = 0}},
        {.description = {.name = "mortal",
                         .slots = 8,
                         .set_up = set_up_mortal,
                         .forms = {unmap_form(), install_form({table_place, space_place}),
                                   remove_form({table_place, space_place}), bind_task_form(), start_form(),
                                   suspend_form(), resume_form(), bind_context_form(), unbind_context_form()}},
         .in_long_run_only = true},
    };
}

}  // namespace selene::test
