// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: tasks, threads, time and interrupts.
#include <algorithm>
#include <fmt/format.h>

#include "compile/compiler.hpp"

namespace capdl {
namespace {

// What a thread of a classic spec, which knows no scheduling contexts, gets.
constexpr uint64_t classic_slice_us = 5000;
constexpr uint64_t classic_refills = 8;

}  // namespace

// --- Before numbering: objects that the spec does not name ---------------------------------------------------------

void Compiler::plan_threads() {
    const auto has = [this](ObjectType type) {
        return std::ranges::any_of(model_.objects, [type](const Object& object) { return object.type == type; });
    };
    const bool classic = !has(ObjectType::sc);
    needs_replies_ = classic && !has(ObjectType::rtreply);
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        if (model_.objects[index].type == ObjectType::tcb) {
            plan_thread(static_cast<ObjectId>(index), classic);
        }
    }
}

Compiler::HandlerKey Compiler::handler_key(const Capability* endpoint) const {
    return endpoint == nullptr ? HandlerKey{ObjectId::none, 0, 0}
                               : HandlerKey{endpoint->object, endpoint->word, rights_of(*endpoint)};
}

// Threads with the same table, guard, space, fault and time-out endpoint share a task.
void Compiler::plan_thread(ObjectId id, bool classic) {
    PlannedThread planned{id, image::none, image::none};
    const Capability* table = model_.slot(id, ThreadSlot::cspace);
    const Capability* space = model_.slot(id, ThreadSlot::vspace);
    const Capability* endpoint = fault_endpoint(id);
    const Capability* timeouts = model_.slot(id, ThreadSlot::temp_fault_ep_slot);
    if (table != nullptr && space != nullptr) {
        const TaskKey key{.table = table->object,
                          .space = space->object,
                          .guard = table->word,
                          .guard_size = table->guard_size,
                          .faults = handler_key(endpoint),
                          .timeouts = handler_key(timeouts)};
        const auto [known, is_new] = task_of_key_.emplace(key, static_cast<uint32_t>(tasks_.size()));
        if (is_new) {
            const Name task_name = model_.names().intern(name(id) + ".task");
            tasks_.push_back(
                {placement_.add({abi::ObjectType::task, 0}, task_name, id), table, space, endpoint, timeouts});
        }
        planned.task = known->second;
    }
    if (classic && planned.task != image::none) {
        const Name context_name = model_.names().intern(name(id) + ".sc");
        planned.sched_context = placement_.add({abi::ObjectType::sched_context, classic_refills}, context_name, id);
        if (needs_replies_) {
            plan_reply(id, table->object);
        }
    }
    check_task(id);
    threads_.push_back(planned);
}

void Compiler::check_task(ObjectId thread) {
    const Capability* table = model_.slot(thread, ThreadSlot::cspace);
    const Capability* space = model_.slot(thread, ThreadSlot::vspace);
    if (table != nullptr && model_.is_interrupt(table->object)) {
        diagnostics_.error(table->span,
                           fmt::format("`{}` has no bits: it stands for an interrupt", name(table->object)));
    }
    if (space != nullptr && placement_.is_folded(space->object)) {
        diagnostics_.error(space->span, fmt::format("`{}` is one table with the pgd above it", name(space->object)))
            .help("name the pgd");
    }
    const bool starts =
        model_.parameter(thread, Parameter::ip) != nullptr && model_.value(thread, Parameter::resume).value_or(1) != 0;
    if (starts && (table == nullptr || space == nullptr)) {
        diagnostics_
            .error(model_[thread].span, fmt::format("`{}` starts, but has no {}", name(thread),
                                                    table == nullptr ? "capability table" : "address space"))
            .help(table == nullptr ? "give it a `cspace`, or `resume: False`"
                                   : "give it a `vspace`, or `resume: False`");
    }
}

// The endpoint for a thread's faults: in its own slot, or, in classic specs, in its table by index.
const Capability* Compiler::fault_endpoint(ObjectId thread) {
    if (const Capability* slot = model_.slot(thread, ThreadSlot::fault_ep_slot)) {
        return slot;
    }
    const ObjectParameter* index = model_.parameter(thread, Parameter::fault_ep);
    const Capability* table = model_.slot(thread, ThreadSlot::cspace);
    if (index == nullptr || index->value == 0 || table == nullptr) {
        return nullptr;
    }
    const Capability* found = model_.slot(table->object, index->value);
    if (found == nullptr || found->object == ObjectId::none || model_[found->object].type != ObjectType::ep) {
        diagnostics_.error(index->span,
                           fmt::format("slot {} of `{}` holds no endpoint", index->value, name(table->object)));
        return nullptr;
    }
    return found;
}

// --- After numbering -------------------------------------------------------------------------------------------------

void Compiler::compile_tasks() {
    for (const PlannedTask& task : tasks_) {
        image::TaskRecord record{.task = placement_.number_of_added(task.added),
                                 .table = number(task.table->object),
                                 .space = number(task.space->object),
                                 .fault_endpoint = derive_handler(task.endpoint),
                                 .timeout_endpoint = derive_handler(task.timeouts),
                                 .reserved = 0};
        const uint64_t bits = model_.value(task.table->object, Parameter::bits).value_or(0);
        const bool is_flat =
            task.table->word == 0 && (task.table->guard_size == 0 || task.table->guard_size + bits == 64);
        if (!is_flat) {
            record.table = derive_extra(*task.table);
        }
        plan_.tasks.push_back(record);
    }
}

// A task's own capability to who hears of its faults, or of its time's end; `none` if nobody does.
uint32_t Compiler::derive_handler(const Capability* endpoint) {
    if (endpoint == nullptr) {
        return image::none;
    }
    const uint32_t rights = rights_of(*endpoint);
    if ((rights & Rights::write) == 0 || (rights & (Rights::transfer | Rights::reply)) == 0) {
        diagnostics_.error(endpoint->span, "faults cannot be sent with these rights")
            .help("a fault endpoint needs W, and G or P");
    }
    return derive_extra(*endpoint);
}

void Compiler::compile_sched_contexts() {
    for (const PlannedThread& thread : threads_) {
        const ObjectParameter* affinity = model_.parameter(thread.id, Parameter::affinity);
        if (affinity != nullptr && affinity->value != 0) {
            diagnostics_
                .error(affinity->span,
                       fmt::format("the kernel runs threads on core 0 only, not on core {}", affinity->value))
                .help("the other cores are started, and idle");
        }
    }
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model_[id].type == ObjectType::sc) {
            const uint64_t budget = model_.value(id, Parameter::budget).value_or(classic_slice_us);
            plan_.sched_contexts.push_back({.object = number(id),
                                            .core = 0,
                                            .budget_us = budget,
                                            .period_us = model_.value(id, Parameter::period).value_or(budget),
                                            .refills = refills_of(model_, id)});
        }
    }
    for (const PlannedThread& thread : threads_) {
        if (thread.sched_context != image::none) {
            plan_.sched_contexts.push_back({.object = placement_.number_of_added(thread.sched_context),
                                            .core = 0,
                                            .budget_us = classic_slice_us,
                                            .period_us = classic_slice_us,
                                            .refills = classic_refills});
        }
    }
}

void Compiler::compile_interrupts() {
    std::vector<const InterruptMapping*> mapping_of(model_.objects.size(), nullptr);
    for (const InterruptMapping& mapping : model_.interrupts) {
        mapping_of[index_of(mapping.object)] = &mapping;
    }
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const std::optional<KernelObject> kernel = kernel_object(model_, id);
        if (!kernel || kernel->type != abi::ObjectType::interrupt_handler) {
            continue;
        }
        image::InterruptRecord record{
            .handler = number(id),
            .notification = image::none,
            .line = 0,
            .device = image::none,
            .index = static_cast<uint32_t>(model_.value(id, Parameter::index).value_or(0)),
            .trigger = static_cast<uint32_t>(model_.value(id, Parameter::trigger).value_or(0)),
            .optional = static_cast<uint32_t>(model_.value(id, Parameter::optional).value_or(0)),
            .reserved = 0};
        if (const ObjectParameter* device = model_.parameter(id, Parameter::device)) {
            record.device = static_cast<uint32_t>(plan_.names.size());
            plan_.names += model_.text(device->text);
            plan_.names += '\0';
        } else if (mapping_of[index] == nullptr) {
            diagnostics_.error(model_[id].span, fmt::format("`{}` stands for no interrupt", name(id)))
                .help("`irq maps` or a `device` gives it one");
            continue;
        } else {
            record.line = static_cast<uint32_t>(mapping_of[index]->number);
            if (record.line <= abi::last_software_line) {
                record.trigger = static_cast<uint32_t>(abi::Trigger::edge);
            }
        }
        if (const Capability* notification = model_.slot(id, uint64_t{0})) {
            record.notification =
                derive_extra(number(notification->object), Rights::write, notification->word, notification->parent);
        }
        plan_.interrupts.push_back(record);
    }
}

void Compiler::compile_threads() {
    for (const PlannedThread& planned : threads_) {
        compile_thread(planned);
    }
}

void Compiler::compile_thread(const PlannedThread& planned) {
    const ObjectId id = planned.id;
    const auto priority = static_cast<uint8_t>(model_.value(id, Parameter::prio).value_or(0));
    image::ThreadRecord record{
        .thread = number(id),
        .task = planned.task == image::none ? image::none : placement_.number_of_added(tasks_[planned.task].added),
        .sched_context =
            planned.sched_context == image::none ? image::none : placement_.number_of_added(planned.sched_context),
        .buffer = image::none,
        .notification = image::none,
        .priority = priority,
        .maximum_priority = static_cast<uint8_t>(model_.value(id, Parameter::max_prio).value_or(priority)),
        .starts = static_cast<uint8_t>(model_.value(id, Parameter::resume).value_or(1)),
        .floating_point = static_cast<uint8_t>(1 - model_.value(id, Parameter::fpu_disabled).value_or(0)),
        .buffer_offset = 0,
        .pc = model_.value(id, Parameter::ip).value_or(0),
        .sp = model_.value(id, Parameter::sp).value_or(0),
        .arguments = {},
        .tls = model_.value(id, Parameter::tls).value_or(0)};
    if (const Capability* context = model_.slot(id, ThreadSlot::sc_slot)) {
        record.sched_context = number(context->object);
    }
    if (const Capability* notification = model_.slot(id, ThreadSlot::bound_notification)) {
        record.notification = number(notification->object);
    }
    if (const Capability* buffer = model_.slot(id, ThreadSlot::ipc_buffer_slot)) {
        const uint64_t address = model_.value(id, Parameter::addr).value_or(0);
        record.buffer = number(buffer->object);
        record.buffer_offset = address % model_.value(buffer->object, Parameter::frame_size).value_or(image::page_size);
        if (address % abi::ipc_buffer_bytes != 0) {
            diagnostics_.error(model_.parameter(id, Parameter::addr)->span,
                               fmt::format("an IPC buffer begins at a multiple of {}", abi::ipc_buffer_bytes));
        }
    }
    check_reply_slots(id);
    check_start(id, record);
    plan_.threads.push_back(record);
}

void Compiler::check_start(ObjectId thread, image::ThreadRecord& record) {
    if (record.task == image::none) {
        record.starts = 0;
        return;
    }
    const bool has_entry = model_.parameter(thread, Parameter::ip) != nullptr;
    if (record.starts != 0 && !has_entry) {
        diagnostics_.error(model_[thread].span, fmt::format("`{}` starts, but nothing says where", name(thread)))
            .help("give it `ip`, or `resume: False`");
    }
    if (record.sp % 16 != 0) {
        diagnostics_.error(model_.parameter(thread, Parameter::sp)->span, "a stack pointer is a multiple of 16");
    }
    if (const ObjectParameter* arguments = model_.parameter(thread, Parameter::init)) {
        const std::span<const uint64_t> values = Module::part(model_.numbers, arguments->list);
        if (values.size() > image::start_arguments) {
            diagnostics_
                .error(arguments->span, fmt::format("{} arguments, but a thread starts with at most {}", values.size(),
                                                    image::start_arguments))
                .help("they go in x0 to x7; put more into a frame");
        }
        std::ranges::copy(values.first(std::min<size_t>(values.size(), image::start_arguments)), record.arguments);
    }
}

// Replies are objects here, which a thread names when it receives: its own slots for them hold nothing.
void Compiler::check_reply_slots(ObjectId thread) {
    if (const Capability* reply = model_.slot(thread, ThreadSlot::reply_slot)) {
        if (reply->object == thread && reply->reply == ReplyKind::master_reply) {
            diagnostics_.warning(Warning::no_effect, reply->span, "a thread's own `master_reply` carries nothing here");
        } else {
            diagnostics_.error(reply->span, "a thread cannot be given a reply: it names one with each receive")
                .help("put a reply object (rtreply) into its table");
        }
    }
    if (const Capability* caller = model_.slot(thread, ThreadSlot::caller_slot)) {
        diagnostics_.error(caller->span,
                           "a caller that waits for its answer cannot be built: threads begin at their entry");
    }
}

}  // namespace capdl
