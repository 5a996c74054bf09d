// SPDX-License-Identifier: BSD-2-Clause
// The task manager: starts programs of the boot archive as tasks, watches them, ends them (task_protocol.hpp).
//
// From its specification:
//     requests   endpoint (R): where clients ask, each with a badge of its own below 2^32; Replies `answer`, `answer2`, ...:
//                one more than callers may wait for a task's end
//     faults     the same endpoint as `requests` (WP) without a badge: the tasks' fault endpoint
//     memory     endpoint (WGP): its account at a memory manager, where each task has an account of its own
//     archive    the boot archive, mapped
//     table, space, thread   its own; the thread's maximum priority is above that of the tasks
//     tables     an untyped of 16 bits: for page tables of its own
//     time       schedule control of the core that tasks run on
//     highest    argument: the highest priority that a task may have; without it 100
//     tasks      argument: how many tasks a client may have at a time; without it 8; fewer if not all could have so many
//     operator   argument: badge of the client that may look at all tasks, and end them
//
// A client whose fault endpoint is `requests` with its own badge has its tasks ended when it faults or ends.

#include <charconv>
#include <set>
#include <string>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/address_allocator.hpp>
#include <sel/rpc_server.hpp>

#include "boot_archive.hpp"
#include "task_registry.hpp"

namespace {

using namespace tasks;
using sel::or_abort;
using sel::rpc::on;

uint64_t number_of(std::string_view argument, uint64_t otherwise) {
    if (const auto text = sel::environment().argument(argument)) {
        std::from_chars(text->data(), text->data() + text->size(), otherwise);
    }
    return otherwise;
}

/// The badges of those who have the endpoint from the specification.
std::set<uint64_t> clients_of(std::string_view endpoint) {
    std::set<uint64_t> clients;
    for (const sel::EnvironmentEntry& entry : sel::environment().entries()) {
        if (entry.kind == sel::EnvironmentKind::peer && sel::environment().name(entry) == endpoint) {
            clients.insert(entry.value1);
        }
    }
    return clients;
}

TaskBuilder make_builder(sel::CapTable table, sel::UntypedAllocator& memory) {
    const auto& environment = sel::environment();
    or_abort(memory.add(or_abort(environment.capability<sel::Untyped>("tables"), "finding memory for page tables")),
             "taking it");
    constexpr uint64_t window_bytes = uint64_t{1} << 21;
    return or_abort(
        TaskBuilder::make({
            .table = table,
            .slots = sel::own_slots(),
            .space = or_abort(environment.capability<sel::AddressSpace>("space"), "finding the own space"),
            .memory = memory,
            .window = or_abort(sel::own_addresses().allocate(window_bytes, window_bytes), "placing a window"),
            .control = or_abort(environment.capability<sel::ScheduleControl>("time"), "finding time"),
            .authority = or_abort(environment.capability<sel::Thread>("thread"), "finding the own thread"),
            .passage = or_abort(sel::own_slots().allocate(), "finding a slot"),
        }),
        "making a window");
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto archive = or_abort(environment.memory("archive"), "finding the boot archive").bytes;
    sel::UntypedAllocator memory(table, sel::own_slots());
    TaskBuilder builder = make_builder(table, memory);
    const sel::Acceptor acceptor(table, sel::own_slots());
    sel::rpc::Replies replies(or_abort(environment.reply("answer"), "finding the reply"));
    uint64_t places = 0;
    for (;; ++places) {
        const auto more = environment.reply("answer" + std::to_string(places + 2));
        if (!more || !replies.add(*more)) break;
    }
    TaskRegistry registry({.builder = builder,
                           .table = table,
                           .slots = sel::own_slots(),
                           .acceptor = acceptor,
                           .memory = or_abort(environment.endpoint("memory"), "finding the memory manager"),
                           .faults = or_abort(environment.endpoint("faults"), "finding the fault endpoint"),
                           .archive = BootArchive({reinterpret_cast<const char*>(archive.data()), archive.size()}),
                           .highest_priority = number_of("highest", 100),
                           .most_tasks = number_of("tasks", 8),
                           .operator_badge = number_of("operator", 0),
                           .clients = clients_of("requests"),
                           .places = places});
    or_abort(
        sel::rpc::serve<task_manager::Interface, on<task_manager::create, &TaskRegistry::create>,
                        on<task_manager::argument, &TaskRegistry::argument>,
                        on<task_manager::give, &TaskRegistry::give>, on<task_manager::start, &TaskRegistry::start>,
                        on<task_manager::look, &TaskRegistry::look>, on<task_manager::wait, &TaskRegistry::wait>,
                        on<task_manager::kill, &TaskRegistry::kill>, on<task_manager::survey, &TaskRegistry::survey>,
                        on<task_manager::name_of, &TaskRegistry::name_of>,
                        on<task_manager::program, &TaskRegistry::program>>(registry, {requests, replies, &acceptor}),
        "receiving requests");
}
