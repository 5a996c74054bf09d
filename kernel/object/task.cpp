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

/// Which of the task's slots, and what it takes.
struct Place {
    Slot& slot;
    CapType accepted;
    CapType installed;
};

Place place_in(Task& task, TaskSlot where) {
    switch (where) {
    case TaskSlot::table: return {task.table_slot, CapType::cap_table, CapType::installed_table};
    case TaskSlot::space: return {task.space_slot, CapType::address_space, CapType::installed_space};
    case TaskSlot::fault_endpoint: return {task.fault_slot, CapType::endpoint, CapType::installed_endpoint};
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
    case TaskSlot::fault_endpoint: break;
    }
}

}  // namespace

Result<void> task_install(Invocation& call, const TaskInstall& arguments) {
    Task& task = *call.self.object<Task>();
    const Place place = place_in(task, arguments.where);
    if (!place.slot.empty())
        return refuse(ErrorCode::occupied_slot, argument_where, static_cast<uint64_t>(arguments.where));
    Slot& source = *arguments.capability;
    if (source.type() != place.accepted)
        return refuse(ErrorCode::wrong_type, argument_capability, static_cast<uint64_t>(object_type(source.type())));
    const Rights missing = rights::write - source.capability().rights();
    if (!missing.empty()) return refuse(ErrorCode::missing_right, argument_capability, missing.mask());
    TRY_VOID(derive::check_child(source, 0, {argument_capability, call.word(argument_capability - 1)}));
    derive::installed(call.core.kernel->tree, source, place.slot, place.installed);
    cache(task, arguments.where);
    return {};
}

Result<void> task_remove(Invocation& call, const TaskRemove& arguments) {
    const Place place = place_in(*call.self.object<Task>(), arguments.where);
    if (place.slot.empty())
        return refuse(ErrorCode::empty_slot, argument_where, static_cast<uint64_t>(arguments.where));
    lifecycle::remove_capability(call.core, place.slot);
    return {};
}

}  // namespace selene
