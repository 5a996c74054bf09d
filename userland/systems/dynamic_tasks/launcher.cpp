// SPDX-License-Identifier: BSD-2-Clause
// Has programs started, gives them what they need, and sees how they end.
//
// From its specification:
//     tasks      endpoint (WGP): the task manager
//     console    endpoint (WGP): what it passes on, and prints through itself

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../servers/tasks/task_protocol.hpp"

namespace {

using sel::or_abort;

constexpr std::string_view endings[] = {"not ended", "finished", "failed", "aborted", "faulted", "been killed"};

/// A task of the program `sums`, prepared.
uint64_t prepare(sel::Endpoint tasks, sel::Endpoint console, std::string_view name, std::string_view numbers) {
    const auto task = or_abort(task_manager::create(tasks, "sums", name, {}), "creating a task");
    or_abort(task_manager::argument(tasks, task, "name", name), "naming it");
    or_abort(task_manager::argument(tasks, task, "numbers", numbers), "saying what to add");
    const auto rights = sel::abi::RightsMask(sel::abi::Right::write) | sel::abi::Right::reply;
    or_abort(task_manager::give(tasks, task, "console", {console, rights}), "giving it the console");
    return task;
}

void see(sel::Endpoint tasks, std::string_view name, uint64_t task) {
    const auto report = or_abort(task_manager::wait(tasks, task), "waiting");
    sel::println("launcher: {} has {}", name, endings[static_cast<uint32_t>(report.end)]);
    or_abort(task_manager::kill(tasks, task), "forgetting it");
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto tasks = or_abort(environment.endpoint("tasks"), "finding the task manager");
    const auto console = or_abort(environment.endpoint("console"), "finding the console");
    const uint64_t small = prepare(tasks, console, "small", "1 2 3");
    const uint64_t large = prepare(tasks, console, "large", "1000000 2000000");
    const uint64_t wrong = prepare(tasks, console, "wrong", "1 two 3");
    for (const uint64_t task : {small, large, wrong}) or_abort(task_manager::start(tasks, task), "starting");
    see(tasks, "small", small);
    see(tasks, "large", large);
    see(tasks, "wrong", wrong);
    const auto unknown = task_manager::create(tasks, "products", "none", {});
    if (!unknown) sel::println("launcher: {}", unknown.error());
}
