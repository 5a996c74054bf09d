// SPDX-License-Identifier: BSD-2-Clause
// Creating, starting, watching and ending tasks.
#include "task_registry.hpp"

#include <bit>

#include <sel/fault.hpp>
#include <sel/print.hpp>

namespace tasks {

namespace {

using sel::rpc::Caller;
using task_manager::End;
using task_manager::Refusal;
using task_manager::Report;
using task_manager::State;

constexpr sel::abi::RightsMask all_rights(sel::abi::all_rights);

/// How a task has ended, by its last fault.
Report report_of(const sel::Fault& fault) {
    if (const auto* page = std::get_if<sel::PageFault>(&fault)) {
        return {State::ended, End::faulted, page->address, page->pc};
    }
    if (const auto* call = std::get_if<sel::UnknownSystemCall>(&fault)) {
        switch (static_cast<sel::Ending>(call->number)) {
        case sel::Ending::finished: return {State::ended, End::finished, 0, call->pc};
        case sel::Ending::failed: return {State::ended, End::failed, 0, call->pc};
        case sel::Ending::aborted: return {State::ended, End::aborted, 0, call->pc};
        }
        return {State::ended, End::faulted, call->number, call->pc};
    }
    if (const auto* exception = std::get_if<sel::UserException>(&fault)) {
        return {State::ended, End::faulted, exception->syndrome, exception->pc};
    }
    return {State::ended, End::faulted, 0, 0};
}

}  // namespace

TaskRegistry::TaskRegistry(const Means& means) : means_(means) {
    const uint64_t for_all = std::min<uint64_t>(most_of_all, means_.slots.available() / slots_of_task);
    means_.most_tasks = std::min(means_.most_tasks, share_of(for_all));
}

sel::Result<TaskRegistry::TaskRecord*> TaskRegistry::find(const Caller& caller, uint64_t task) {
    const auto found = tasks_.find(task);
    const bool is_allowed = found != tasks_.end() && (found->second.owner == caller.badge() ||
                                                      (caller.badge() == means_.operator_badge && caller.badge() != 0));
    if (!is_allowed) return sel::refused({Refusal::not_yours, task});
    return &found->second;
}

sel::Result<TaskRegistry::TaskRecord*> TaskRegistry::prepared(const Caller& caller, uint64_t task) {
    SEL_TRY(record, find(caller, task));
    if (record->report.state != State::prepared) {
        return sel::refused({Refusal::wrong_state, static_cast<uint64_t>(record->report.state)});
    }
    return record;
}

sel::Result<uint64_t> TaskRegistry::create(Caller& caller, std::string_view program, std::string_view name,
                                           const task_manager::Options& options) {
    const auto in_range = [](uint64_t value, uint64_t least, uint64_t most) -> sel::Result<void> {
        if (value < least || value > most) return sel::refused({Refusal::bad_value, value, most});
        return {};
    };
    constexpr uint64_t most_amount = uint64_t{1} << 32;
    SEL_TRY_VOID(in_range(options.priority, 0, means_.highest_priority));
    SEL_TRY_VOID(in_range(options.slots, 2 * most_given, 4096));
    SEL_TRY_VOID(in_range(options.stack_pages, 1, 256));
    SEL_TRY_VOID(in_range(options.memory_pages, 0, most_amount));
    SEL_TRY_VOID(in_range(options.memory_objects, 0, most_amount));
    if (!means_.clients.contains(caller.badge())) return sel::refused({Refusal::no_client, caller.badge()});
    const auto is_callers = [&](const auto& entry) { return entry.second.owner == caller.badge(); };
    if (static_cast<uint64_t>(std::ranges::count_if(tasks_, is_callers)) >= means_.most_tasks) {
        return sel::refused({Refusal::too_many, means_.most_tasks});
    }
    const auto elf = means_.archive.find(program);
    if (!elf) return sel::refused({Refusal::no_program});
    TaskRecipe recipe{.elf = *elf,
                      .priority = options.priority,
                      .slots = options.slots,
                      .stack_pages = options.stack_pages,
                      .faults = means_.faults,
                      .fault_badge = next_task_};
    if (!means_.builder.plan(recipe)) {
        sel::println("tasks: {}: {}", program, means_.builder.complaint());
        return sel::refused({Refusal::no_program});
    }
    tasks_.emplace(next_task_, TaskRecord{caller.badge(), std::string(name), options, std::move(recipe)});
    return next_task_++;
}

sel::Result<void> TaskRegistry::argument(Caller& caller, uint64_t task, std::string_view name, std::string_view value) {
    SEL_TRY(record, prepared(caller, task));
    auto& arguments = record->recipe.arguments;
    if (arguments.size() == most_given) return sel::refused({Refusal::too_many, most_given});
    arguments.push_back({std::string(name), std::string(value)});
    return {};
}

sel::Result<void> TaskRegistry::give(Caller& caller, uint64_t task, std::string_view name,
                                     sel::stub::Capability given) {
    SEL_TRY(record, prepared(caller, task));
    auto& gifts = record->recipe.gifts;
    if (gifts.size() == most_given) return sel::refused({Refusal::too_many, most_given});
    SEL_TRY(kept, caller.keep(given));
    gifts.push_back({std::string(name), kept.index(), all_rights});
    return {};
}

// --- Starting -------------------------------------------------------------------------------------------------------

sel::Result<void> TaskRegistry::start(Caller& caller, uint64_t task) {
    SEL_TRY(record, prepared(caller, task));
    const auto started = build(*record, task);
    if (started) {
        record->report.state = State::running;
    } else {
        give_back(*record);
        record->report = {State::ended, End::failed, 0, 0};
    }
    return started;
}

sel::Result<void> TaskRegistry::build(TaskRecord& record, uint64_t number) {
    TaskRecipe& recipe = record.recipe;
    if (record.options.memory_pages != 0) recipe.gifts.push_back({"memory", {}, all_rights});
    SEL_TRY(pages, means_.builder.plan(recipe));
    SEL_TRY_VOID(borrow(record, std::bit_ceil(pages)));
    if (record.options.memory_pages != 0) recipe.gifts.back().slot = record.holdings->own.index();
    recipe.fault_badge = number;
    SEL_TRY(built, means_.builder.build(recipe, record.holdings->home));
    record.holdings->built = built;
    return {};
}

/// Whether a client may have so much more borrowed for its tasks. What there is may have changed: quotas are traded.
sel::Result<void> TaskRegistry::check_share(uint64_t owner, memory_server::Amount amount) const {
    SEL_TRY(account, memory_server::state(means_.memory));
    memory_server::Amount left{share_of(account.quota.pages), share_of(account.quota.objects)};
    for (const auto& [number, record] : tasks_) {
        if (record.owner != owner || !record.holdings) continue;
        left.pages -= std::min(left.pages, record.holdings->amount.pages);
        left.objects -= std::min(left.objects, record.holdings->amount.objects);
    }
    if (amount.pages > left.pages) return sel::refused({Refusal::over_pages, amount.pages, left.pages});
    if (amount.objects > left.objects) return sel::refused({Refusal::over_objects, amount.objects, left.objects});
    return {};
}

/// An account for the task, with it a home, and, if the task is to have one, an account below.
sel::Result<void> TaskRegistry::borrow(TaskRecord& record, uint64_t pages) {
    const task_manager::Options& options = record.options;
    const bool has_own = options.memory_pages != 0;
    const memory_server::Amount own{options.memory_pages, options.memory_objects};
    const memory_server::Amount all{pages + own.pages, has_own ? own.objects + 2 : 1};
    const memory_server::Amount with_itself{all.pages, all.objects + 1};
    SEL_TRY_VOID(check_share(record.owner, with_itself));
    SEL_TRY(opened, memory_server::open(means_.memory, means_.acceptor, all, record.name));
    record.holdings = Holdings{.account = std::get<0>(opened), .endpoint = std::get<1>(opened), .amount = with_itself};
    SEL_TRY(home, memory_server::untyped(record.holdings->endpoint, means_.acceptor, pages));
    record.holdings->home = std::get<1>(home);
    if (has_own) {
        SEL_TRY(below, memory_server::open(record.holdings->endpoint, means_.acceptor, own, record.name));
        record.holdings->own = std::get<1>(below);
    }
    return {};
}

// --- The end --------------------------------------------------------------------------------------------------------

/// Whatever was borrowed for a task, and whatever it was given.
void TaskRegistry::give_back(TaskRecord& record) {
    if (auto& holdings = record.holdings) {
        (void)memory_server::close(means_.memory, holdings->account);
        if (holdings->built) means_.builder.forget(*holdings->built);
        for (const sel::CapIndex slot : {holdings->endpoint.index(), holdings->home.index(), holdings->own.index()}) {
            if (!slot.is_none()) (void)means_.slots.release(slot);
        }
        if (!holdings->own.index().is_none()) record.recipe.gifts.pop_back();
        holdings.reset();
    }
    for (const Gift& gift : record.recipe.gifts) {
        if (gift.slot.is_none()) continue;
        (void)means_.table.unmap({gift.slot.raw(), 1, sel::abi::KeepRoot::self});
        (void)means_.slots.release(gift.slot);
    }
    record.recipe.gifts.clear();
    record.recipe.arguments.clear();
}

void TaskRegistry::tell(TaskRecord& record, const sel::Result<Report>& report) {
    for (auto& waiting : record.waiting) (void)waiting.caller.answer(report);
    record.waiting.clear();
}

void TaskRegistry::forget(uint64_t task) {
    TaskRecord& record = tasks_.at(task);
    give_back(record);
    if (record.report.state != State::ended) record.report = {State::ended, End::killed, 0, 0};
    tell(record, record.report);
    tasks_.erase(task);
}

sel::Result<void> TaskRegistry::kill(Caller& caller, uint64_t task) {
    SEL_TRY_VOID(find(caller, task));
    forget(task);
    return {};
}

sel::Message TaskRegistry::fault(uint64_t badge, const sel::Message& fault) {
    const auto found = tasks_.find(badge);
    if (found != tasks_.end()) {
        TaskRecord& record = found->second;
        count_time(record);
        record.report = report_of(sel::read_fault(fault));
        give_back(record);
        tell(record, record.report);
    } else if (badge < first_task) {
        std::vector<uint64_t> orphans;
        for (const auto& [number, record] : tasks_) {
            if (record.owner == badge) orphans.push_back(number);
        }
        for (const uint64_t number : orphans) forget(number);
    }
    return sel::Message(sel::Verdict::stay);
}

/// The number of a task is the only single word that an answer can be: the others' begin with lengths or are longer.
void TaskRegistry::undelivered(const sel::Message& answer) {
    if (answer.length() == 1 && tasks_.contains(answer.word(0))) forget(answer.word(0));
}

// --- Looking --------------------------------------------------------------------------------------------------------

sel::Result<Report> TaskRegistry::look(Caller& caller, uint64_t task) {
    SEL_TRY(record, find(caller, task));
    return record->report;
}

std::optional<sel::Result<Report>> TaskRegistry::wait(Caller& caller, uint64_t task) {
    const auto record = find(caller, task);
    if (!record) return sel::refused(record.error());
    if ((*record)->report.state == State::ended) return (*record)->report;
    if (const auto place = check_place(caller.badge()); !place) return sel::refused(place.error());
    auto later = caller.defer<Report>();
    if (!later) return sel::refused(later.error());
    (*record)->waiting.push_back({caller.badge(), std::move(*later)});
    return std::nullopt;
}

/// Whether one more of a client may wait. Who waits no longer does not count.
sel::Result<void> TaskRegistry::check_place(uint64_t badge) {
    const uint64_t most = std::max<uint64_t>(share_of(means_.places), 1);
    uint64_t waiting = 0;
    for (auto& [number, record] : tasks_) {
        std::erase_if(record.waiting, [](const Waiting& one) { return !one.caller.waits(); });
        waiting += static_cast<uint64_t>(std::ranges::count(record.waiting, badge, &Waiting::badge));
    }
    if (waiting >= most) return sel::refused({Refusal::too_many, most});
    return {};
}

void TaskRegistry::count_time(TaskRecord& record) {
    if (!record.holdings || !record.holdings->built) return;
    if (const auto used = record.holdings->built->time().consumed()) record.consumed += *used;
}

sel::Result<std::tuple<task_manager::Entry, sel::rpc::Text<32>>> TaskRegistry::survey(Caller& caller, uint64_t above) {
    if (caller.badge() != means_.operator_badge || caller.badge() == 0) return sel::refused({Refusal::not_allowed});
    const auto found = tasks_.upper_bound(above);
    if (found == tasks_.end()) return sel::refused({Refusal::not_yours, above});
    auto& [number, record] = *found;
    count_time(record);
    task_manager::Entry entry{.task = number,
                              .owner = record.owner,
                              .report = record.report,
                              .consumed = record.consumed,
                              .thread_state = 0,
                              .capabilities = record.recipe.gifts.size()};
    if (record.holdings && record.holdings->built) {
        if (const auto thread = record.holdings->built->thread().inspect()) {
            entry.thread_state = static_cast<uint64_t>(thread->state);
        }
    }
    SEL_TRY(name, sel::rpc::Text<32>::of(record.name));
    return std::tuple(entry, name);
}

sel::Result<sel::rpc::Text<32>> TaskRegistry::name_of(Caller& caller, uint64_t task, uint64_t number) {
    SEL_TRY(record, find(caller, task));
    if (number >= record->recipe.gifts.size()) return sel::refused({Refusal::not_yours, number});
    return sel::rpc::Text<32>::of(record->recipe.gifts[number].name);
}

sel::Result<sel::rpc::Text<32>> TaskRegistry::program(uint64_t number) const {
    uint64_t offset = 0;
    for (uint64_t passed = 0;; ++passed) {
        const auto file = means_.archive.next(offset);
        if (!file) return sel::refused({Refusal::no_program});
        if (passed == number) return sel::rpc::Text<32>::of(file->name.substr(0, 32));
    }
}

}  // namespace tasks
