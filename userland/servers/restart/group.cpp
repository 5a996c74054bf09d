// SPDX-License-Identifier: BSD-2-Clause
// Reading what a group is, building it, ending it.
#include "group.hpp"

#include <charconv>

#include <sel/environment.hpp>
#include <sel/rpc.hpp>

#include "restart_protocol.hpp"

namespace restart {

namespace {

constexpr unsigned page_bits = 12;

uint64_t number_of(std::string_view member, std::string_view what, uint64_t otherwise) {
    if (const auto text = sel::environment().argument(std::string(member) + ".task." + std::string(what))) {
        std::from_chars(text->data(), text->data() + text->size(), otherwise);
    }
    return otherwise;
}

/// A name without the number of an element: "log[3]" is "log".
std::string_view without_element(std::string_view name) {
    return name.substr(0, std::min(name.find('['), name.size()));
}

/// Frames come one by one, in order.
void add_frame(tasks::TaskRecipe& recipe, std::string_view name, const sel::EnvironmentEntry& entry) {
    auto& shared = recipe.shared;
    if (!shared.empty() && shared.back().name == without_element(name)) {
        ++shared.back().frames;
        return;
    }
    shared.push_back({.name = std::string(without_element(name)),
                      .first = sel::CapIndex(entry.value0),
                      .frames = 1,
                      .size_bits = page_bits,
                      .rights = sel::abi::RightsMask(entry.rights)});
}

}  // namespace

tasks::TaskRecipe Group::recipe_of(std::string_view member) {
    tasks::TaskRecipe recipe{.elf = {}};
    const auto& environment = sel::environment();
    const std::string prefix = std::string(member) + ".";
    for (const sel::EnvironmentEntry& entry : environment.entries()) {
        std::string_view name = environment.name(entry);
        if (!name.starts_with(prefix)) continue;
        name.remove_prefix(prefix.size());
        if (entry.kind == sel::EnvironmentKind::argument && !name.starts_with("task.")) {
            recipe.arguments.push_back(
                {std::string(name), std::string(environment.argument(prefix + std::string(name)).value_or(""))});
        } else if (entry.kind == sel::EnvironmentKind::capability && name.starts_with("map.")) {
            add_frame(recipe, name.substr(4), entry);
        } else if (entry.kind == sel::EnvironmentKind::capability) {
            recipe.gifts.push_back({.name = std::string(name),
                                    .slot = sel::CapIndex(entry.value0),
                                    .rights = sel::abi::RightsMask(sel::abi::all_rights)});
        }
    }
    recipe.priority = number_of(member, "priority", recipe.priority);
    recipe.slots = number_of(member, "slots", recipe.slots);
    recipe.stack_pages = number_of(member, "stack_pages", recipe.stack_pages);
    recipe.budget_us = number_of(member, "budget", recipe.budget_us);
    recipe.period_us = number_of(member, "period", recipe.period_us);
    return recipe;
}

sel::Result<Group> Group::find(const Means& means, std::string_view members, const tasks::BootArchive& archive) {
    Group group(means);
    while (!members.empty()) {
        const std::string member(members.substr(0, members.find(' ')));
        members.remove_prefix(std::min(member.size() + 1, members.size()));
        if (member.empty()) continue;
        tasks::TaskRecipe recipe = recipe_of(member);
        const auto program = sel::environment().argument(member + ".task.program").value_or(member);
        const auto elf = archive.find(program);
        if (!elf) {
            sel::Error error(sel::LibraryError::unknown_name);
            program.copy(reinterpret_cast<char*>(error.details.data()), sizeof error.details);
            return sel::refused(error);
        }
        recipe.elf = *elf;
        recipe.faults = means.faults;
        recipe.fault_badge = group.recipes_.size() + 1;
        group.recipes_.push_back(std::move(recipe));
    }
    return group;
}

sel::Result<void> Group::start() {
    for (const tasks::TaskRecipe& recipe : recipes_) {
        const auto built =
            means_.builder.plan(recipe).and_then([&](uint64_t) { return means_.builder.build(recipe, means_.home); });
        if (!built) {
            stop();
            return sel::refused(built.error());
        }
        built_.push_back(*built);
    }
    return {};
}

void Group::stop() {
    // First what they lie in: then none of them can answer any more.
    (void)means_.table.unmap({.first = means_.home.index().raw(), .count = 1, .root = sel::abi::KeepRoot::descendants});
    for (const tasks::BuiltTask& task : built_) means_.builder.forget(task);
    built_.clear();
    const sel::Error restarted(Notice::restarted);
    for (const sel::Reply reply : means_.replies) {
        (void)reply.send(sel::Message(sel::rpc::Answer::refused, restarted.code, 0, 0, 0));
    }
}

}  // namespace restart
