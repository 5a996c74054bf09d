// SPDX-License-Identifier: BSD-2-Clause
// Task's methods.
#include "object/task.hpp"

#include "abi/methods.hpp"
#include "capability/capability_space.hpp"
#include "capability/derive.hpp"
#include "object/cap_table.hpp"
#include "object/lifecycle.hpp"
#include "object/page_table.hpp"

namespace selene {

using abi::ErrorCode;
using abi::TaskSlot;

namespace {

constexpr unsigned argument_where = 1;
constexpr unsigned argument_capability = 2;

/// What one of a task's slots takes, and what that is there.
struct Content {
    CapType accepted;
    CapType installed;
};

Content content_of(TaskSlot where) {
    switch (where) {
    case TaskSlot::table: return {CapType::cap_table, CapType::installed_table};
    case TaskSlot::space: return {CapType::address_space, CapType::installed_space};
    case TaskSlot::fault_endpoint:
    case TaskSlot::timeout_endpoint: return {CapType::endpoint, CapType::installed_endpoint};
    }
    __builtin_unreachable();
}

void cache(Task& task, TaskSlot where) SELENE_REQUIRES(tree_lock) {
    switch (where) {
    case TaskSlot::table: {
        if (!is_flat(task.table_slot.capability())) break;
        CapTable& table = *task.table_slot.object<CapTable>();
        task.table = table.slots();
        task.count = table.count();
        break;
    }
    case TaskSlot::space: task.space = task.space_slot.object<PageTable>(); break;
    case TaskSlot::fault_endpoint:
    case TaskSlot::timeout_endpoint: break;
    }
}

}  // namespace

Result<void> task_install(Invocation& call, const TaskInstall& arguments) {
    Task& task = *call.self.object<Task>();
    Slot& slot = task.slot(arguments.where);
    const Content content = content_of(arguments.where);
    if (!slot.empty()) return refuse(ErrorCode::occupied_slot, argument_where, static_cast<uint64_t>(arguments.where));
    Slot& source = *arguments.capability;
    if (source.type() != content.accepted)
        return refuse(ErrorCode::wrong_type, argument_capability, static_cast<uint64_t>(object_type(source.type())));
    const Rights missing = rights::write - source.capability().rights();
    if (!missing.empty()) return refuse(ErrorCode::missing_right, argument_capability, missing.mask());
    TRY_VOID(derive::check_child(source, 0, {argument_capability, call.word(argument_capability - 1)}));
    derive::installed(source, slot, content.installed);
    cache(task, arguments.where);
    return {};
}

Result<void> task_remove(Invocation& call, const TaskRemove& arguments) {
    Slot& slot = call.self.object<Task>()->slot(arguments.where);
    if (slot.empty()) return refuse(ErrorCode::empty_slot, argument_where, static_cast<uint64_t>(arguments.where));
    lifecycle::remove_capability(call.core, slot);
    return {};
}

}  // namespace selene
