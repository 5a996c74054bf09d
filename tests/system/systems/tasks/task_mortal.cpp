// SPDX-License-Identifier: BSD-2-Clause
// Starts two tasks and dies: they end with it.

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../../../userland/servers/tasks/task_protocol.hpp"

int main() {
    const auto tasks = sel::or_abort(sel::environment().endpoint("tasks"), "finding the task manager");
    for (int number = 0; number < 2; ++number) {
        const auto task =
            sel::or_abort(task_manager::create(tasks, "task_worker", "orphan", {.priority = 20}), "creating a task");
        sel::or_abort(task_manager::argument(tasks, task, "does", "loop"), "saying what it does");
        sel::or_abort(task_manager::start(tasks, task), "starting it");
    }
    *reinterpret_cast<volatile uint64_t*>(0xdead'0000) = 1;
}
