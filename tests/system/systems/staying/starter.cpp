// SPDX-License-Identifier: BSD-2-Clause
// Has a task started that stays, with two capabilities, and a group restarted, and says so.

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../../../userland/servers/restart/restart_protocol.hpp"
#include "../../../../userland/servers/tasks/task_protocol.hpp"

int main() {
    using sel::or_abort;
    const auto tasks = or_abort(sel::environment().endpoint("tasks"), "finding the task manager");
    const auto console = or_abort(sel::environment().endpoint("console"), "finding the console");
    const auto bell = or_abort(sel::environment().notification("bell"), "finding the notification");
    const auto task = or_abort(task_manager::create(tasks, "forever", "stayer", {}), "creating a task");
    const auto rights = sel::abi::RightsMask(sel::abi::Right::write);
    or_abort(task_manager::give(tasks, task, "bell", {bell, rights}), "giving it something");
    or_abort(task_manager::give(tasks, task, "console", {console, rights}), "giving it the console");
    or_abort(task_manager::start(tasks, task), "starting it");
    const auto keeper = or_abort(sel::environment().endpoint("keeper"), "finding the supervisor");
    for (int times = 0; times < 3; ++times) or_abort(restart::kill(keeper), "having the group restarted");
    sel::println("starter: it runs");
    sel::flush();
    (void)bell.wait();
}
