// SPDX-License-Identifier: BSD-2-Clause
// The tasks of a task manager, from creation to their end.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sel/rpc_server.hpp>

#include "../memory/memory_protocol.hpp"
#include "boot_archive.hpp"
#include "task_builder.hpp"
#include "task_protocol.hpp"

namespace tasks {

/// Each task belongs to who has created it, by badge. What it consists of lies in one piece of memory, borrowed with an
/// account that was opened for it: closing the account takes back the piece, what the task has borrowed itself, and
/// everything made of them.
///
/// What there is is shared out evenly among the clients that the specification knows: tasks, the memory of the manager's
/// account, places to wait. What one does not use is nobody else's, so that it is there when it is needed.
class TaskRegistry {
public:
    /// Numbers of tasks begin here: they are the badges of their faults, too.
    static constexpr uint64_t first_task = uint64_t{1} << 32;

    struct Means {
        TaskBuilder& builder;
        sel::CapTable table;
        sel::SlotAllocator& slots;
        const sel::Acceptor& acceptor;
        sel::Endpoint memory;
        sel::Endpoint faults;
        BootArchive archive;
        uint64_t highest_priority;
        uint64_t most_tasks;
        uint64_t operator_badge;
        std::set<uint64_t> clients;  ///< their badges
        uint64_t places;             ///< who may wait for the end of tasks at a time
    };

    /// Slots of the own table that a task may take: what it is given, what it consists of, and what is borrowed for it.
    static constexpr size_t most_given = 16;  // arguments, and capabilities, of one task
    static constexpr size_t slots_of_task = most_given + BuiltTask::slots + 3;

    explicit TaskRegistry(const Means& means);

    // The protocol's methods.
    [[nodiscard]] sel::Result<uint64_t> create(sel::rpc::Caller& caller, std::string_view program,
                                               std::string_view name, const task_manager::Options& options);
    sel::Result<void> argument(sel::rpc::Caller& caller, uint64_t task, std::string_view name, std::string_view value);
    sel::Result<void> give(sel::rpc::Caller& caller, uint64_t task, std::string_view name, sel::stub::Capability given);
    sel::Result<void> start(sel::rpc::Caller& caller, uint64_t task);
    [[nodiscard]] sel::Result<task_manager::Report> look(sel::rpc::Caller& caller, uint64_t task);
    [[nodiscard]] std::optional<sel::Result<task_manager::Report>> wait(sel::rpc::Caller& caller, uint64_t task);
    sel::Result<void> kill(sel::rpc::Caller& caller, uint64_t task);
    [[nodiscard]] sel::Result<std::tuple<task_manager::Entry, sel::rpc::Text<32>>> survey(sel::rpc::Caller& caller,
                                                                                          uint64_t above);
    [[nodiscard]] sel::Result<sel::rpc::Text<32>> name_of(sel::rpc::Caller& caller, uint64_t task, uint64_t number);
    [[nodiscard]] sel::Result<sel::rpc::Text<32>> program(uint64_t number) const;

    /// A task has faulted or ended, or a client has. It stays where it is.
    sel::Message fault(uint64_t badge, const sel::Message& fault);

    /// An answer has not reached its caller: a task whose number nobody knows is none.
    void undelivered(const sel::Message& answer);

private:
    static constexpr size_t most_of_all =
        96;  // tasks of all clients, prepared ones too: each may take 8 KiB of the heap

    /// What was borrowed for a task that runs.
    struct Holdings {
        uint64_t account;
        sel::Endpoint endpoint;        ///< of the account
        memory_server::Amount amount;  ///< what it costs the manager's own account
        sel::Untyped home{};
        sel::Endpoint own{};  ///< the task's own account, if it has one
        std::optional<BuiltTask> built{};
    };

    struct Waiting {
        uint64_t badge;
        sel::rpc::Deferred<task_manager::Report> caller;
    };

    struct TaskRecord {
        uint64_t owner;
        std::string name;
        task_manager::Options options;
        TaskRecipe recipe;
        task_manager::Report report{task_manager::State::prepared, task_manager::End::none, 0, 0};
        std::optional<Holdings> holdings{};
        uint64_t consumed = 0;
        std::vector<Waiting> waiting{};
    };

    [[nodiscard]] sel::Result<TaskRecord*> find(const sel::rpc::Caller& caller, uint64_t task);
    [[nodiscard]] sel::Result<TaskRecord*> prepared(const sel::rpc::Caller& caller, uint64_t task);
    [[nodiscard]] sel::Result<void> check_place(uint64_t badge);
    [[nodiscard]] sel::Result<void> check_share(uint64_t owner, memory_server::Amount amount) const;
    [[nodiscard]] sel::Result<void> build(TaskRecord& record, uint64_t number);
    [[nodiscard]] sel::Result<void> borrow(TaskRecord& record, uint64_t pages);
    void give_back(TaskRecord& record);
    void forget(uint64_t task);
    void tell(TaskRecord& record, const sel::Result<task_manager::Report>& report);
    void count_time(TaskRecord& record);

    /// A client's share.
    [[nodiscard]] uint64_t share_of(uint64_t all) const { return all / std::max<uint64_t>(means_.clients.size(), 1); }

    Means means_;
    std::map<uint64_t, TaskRecord> tasks_;
    uint64_t next_task_ = first_task;
};

}  // namespace tasks
