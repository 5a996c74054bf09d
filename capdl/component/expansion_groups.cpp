// SPDX-License-Identifier: BSD-2-Clause
// Turns components into the objects and capabilities that they stand for: groups of them.
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

#include "compile/restart_plan.hpp"
#include "component/expansion_memory.hpp"
#include "text/near_miss.hpp"

namespace capdl {

// The first group that a component is in; null if there is none.
const SyntaxGroup* ComponentExpansion::group_of(const SyntaxComponent& syntax) const {
    const auto has_it = [&](const SyntaxGroup& group) {
        return std::ranges::any_of(Module::part(module_.names, group.members),
                                   [&](const SyntaxName& name) { return name.name == syntax.name; });
    };
    const auto group = std::ranges::find_if(module_.groups, has_it);
    return group == module_.groups.end() ? nullptr : &*group;
}

const SyntaxComponent* ComponentExpansion::component_of(Name name) const {
    const auto found = std::ranges::find(module_.components, name, &SyntaxComponent::name);
    return found == module_.components.end() ? nullptr : &*found;
}

// Members of a group one after the other, as in the text that says the same without components.
std::vector<const SyntaxComponent*> ComponentExpansion::in_order() const {
    std::vector<const SyntaxComponent*> order;
    std::set<const SyntaxGroup*> done;
    for (const SyntaxComponent& syntax : module_.components) {
        const SyntaxGroup* group = group_of(syntax);
        if (group == nullptr) {
            order.push_back(&syntax);
        } else if (done.insert(group).second) {
            const auto add = [&](const SyntaxComponent* member) {
                if (member != nullptr && group_of(*member) == group &&
                    std::ranges::find(order, member) == order.end()) {
                    order.push_back(member);
                }
            };
            for (const SyntaxName& member : Module::part(module_.names, group->members)) {
                add(component_of(member.name));
            }
            for (const SyntaxComponent& other : module_.components) {
                add(&other);  // what has the name of a member again
            }
        }
    }
    return order;
}

// Before the first member's own.
void ComponentExpansion::declare_home_of_group(const SyntaxComponent& syntax) {
    const SyntaxGroup* group = group_of(syntax);
    if (group == nullptr || homes_.contains(group) || component_of(group->name) != nullptr) {
        return;
    }
    const Name home = model_.names().intern(fmt::format("{}.home", model_.text(group->name)));
    if (model_.find(home) == nullptr) {
        homes_[group] =
            model_.declare({.type = ObjectType::ut, .name = home, .span = group->name_span}, Model::Form::single, 1);
    }
}

void ComponentExpansion::declare_groups() {
    for (const SyntaxGroup& group : module_.groups) {
        declare_group(group);
    }
}

void ComponentExpansion::declare_group(const SyntaxGroup& group) {
    const Name home_name = model_.names().intern(fmt::format("{}.home", model_.text(group.name)));
    const auto declared = homes_.find(&group);
    if (const Declaration* known = model_.find(home_name); known != nullptr && declared == homes_.end()) {
        diagnostics_
            .error(group.name_span, fmt::format("there is a component or group `{}` already", model_.text(group.name)))
            .note(known->span, "first here");
        return;
    }
    RestartGroup result{.name = group.name, .home = ObjectId::none, .span = group.name_span};
    result.home = declared != homes_.end()
                      ? declared->second
                      : model_.declare({.type = ObjectType::ut, .name = home_name, .span = group.name_span},
                                       Model::Form::single, 1);
    Part* supervisor = group.supervisor.name == Name::none ? nullptr : part_of(group.supervisor);
    for (const SyntaxName& name : Module::part(module_.names, group.members)) {
        const Part* member = part_of(name);
        if (member == nullptr) {
            continue;
        }
        if (member == supervisor) {
            diagnostics_.error(group.supervisor.span, fmt::format("`{}` would have to restart itself", member->prefix))
                .note(name.span, "it is in the group");
        }
        if (const ObjectId other = model_[member->home].untyped; other != ObjectId::none) {
            diagnostics_.error(name.span, fmt::format("`{}` is in a group already", member->prefix))
                .note(model_[other].span, "in this one");
            continue;
        }
        model_.cover(result.home, member->home);
    }
    result.supervisor = supervisor == nullptr ? no_index : supervisor->index;
    if (supervisor != nullptr) {
        supervisor->supplies.push_back({.group = static_cast<uint32_t>(model_.groups.size())});
    }
    model_.groups.push_back(result);
}

// --- What a supervisor rebuilds a group with -------------------------------------------------------------------------

// Once all that the group has is known, its memory included.
void ComponentExpansion::supply_group(Part& part, Supply& supply) {
    const RestartGroup& group = model_.groups[supply.group];
    if (const ObjectId above = model_[part.home].untyped; above == group.home) {
        return;  // it has been said that it would have to restart itself
    } else if (above != ObjectId::none) {
        diagnostics_
            .error(group.span, fmt::format("`{}` is in a group itself, so it cannot restart another", part.prefix))
            .note(model_[above].span, "in this one");
        return;
    }
    check_priorities(part, supply);
    supply.home = part.first_free_slot++;
    Capability home{};
    home.span = group.span;
    add_capability(part.cnode, supply.home, home, group.home);
    hold_parents(part, supply);

    // As many slots as there can be objects, tasks and derived capabilities, and as many bytes as their records can have.
    constexpr uint64_t header_bytes = 4096, object_bytes = 80, capability_bytes = 80, fill_bytes = 40,
                       thread_bytes = 512;
    constexpr uint64_t most_derived =
        4;  // a task, capabilities to its table and to who hears of its faults and its time
    uint64_t slots = 0;
    uint64_t bytes = header_bytes;
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (!model_.is_made_from(group.home, id)) {
            continue;
        }
        const bool is_thread = model_[id].type == ObjectType::tcb;
        slots += 1 + (is_thread ? most_derived : 0);
        bytes += object_bytes + model_.text(model_[id].name).size() + fill_bytes * model_.fills_of(id).size() +
                 (is_thread ? thread_bytes : 0);
    }
    for (const Capability& capability : model_.capabilities) {
        if (model_.is_made_from(group.home, capability.container)) {
            const ObjectType type = model_[capability.container].type;
            slots += table_types.contains(type) || model_.is_interrupt(capability.container) ? 1 : 0;
            bytes += capability_bytes;
        }
    }
    supply.objects = part.first_free_slot;
    supply.object_count = slots;
    part.first_free_slot += slots;
    supply.plan_bytes = (bytes + AddressPlan::page_size - 1) / AddressPlan::page_size * AddressPlan::page_size;
}

// Capabilities that the group has to something that outlives it become children of the supervisor's, which are alike.
void ComponentExpansion::hold_parents(Part& part, Supply& supply) {
    const RestartGroup& group = model_.groups[supply.group];
    using Key = std::tuple<ObjectId, Authority, uint8_t, Executable, uint64_t, uint64_t, CapabilityId>;
    std::map<Key, CapabilityId> known;
    supply.held = part.first_free_slot;
    const size_t count = model_.capabilities.size();
    for (size_t index = 0; index < count; ++index) {
        const Capability capability = model_.capabilities[index];
        const bool is_outside =
            capability.object == ObjectId::none || !model_.is_made_from(group.home, capability.object);
        if (!model_.is_made_from(group.home, capability.container) || !is_outside) {
            continue;
        }
        if (capability.authority == Authority::remaining_untyped) {
            diagnostics_.error(capability.span, "memory that is handed over once cannot go to what is restarted")
                .note(group.span, "in this group");
            continue;
        }
        const ObjectId parents =
            capability.parent == CapabilityId::none ? ObjectId::none : model_[capability.parent].container;
        if (parents == part.cnode || (parents != ObjectId::none && model_.is_made_from(group.home, parents))) {
            continue;
        }
        const Key key{capability.object,        capability.authority,
                      capability.rights.bits(), capability.executable,
                      capability.word,          uint64_t{capability.guard_size} << 32 | capability.second,
                      capability.parent};
        const auto [held, is_new] = known.emplace(key, CapabilityId::none);
        if (is_new) {
            Capability copy = capability;
            copy.container = part.cnode;
            copy.slot = part.first_free_slot++;
            copy.has_mapping = false;
            held->second = model_.add(copy);
            if (copy.object != ObjectId::none && model_[copy.object].type == ObjectType::rtreply) {
                supply.replies.push_back(copy.slot);
            }
        }
        model_.capabilities[index].parent = held->second;
    }
    supply.held_count = part.first_free_slot - supply.held;
}

void ComponentExpansion::check_priorities(const Part& part, const Supply& supply) {
    const RestartGroup& group = model_.groups[supply.group];
    const auto highest = [this](const Part& one) {
        const uint64_t priority = value(one, Parameter::prio, default_priority);
        return std::max(priority, value(one, Parameter::max_prio, priority));
    };
    for (const Part& member : parts_) {
        if (model_[member.home].untyped == group.home && highest(member) > highest(part)) {
            diagnostics_
                .error(group.span, fmt::format("`{}` cannot restart `{}` with priority {}: it has {} itself",
                                               part.prefix, member.prefix, highest(member), highest(part)))
                .help(fmt::format("give it `max_prio: {}`", highest(member)));
        }
    }
}

// What is in the image of a group is known when all is compiled. The contents of its frames are filled in twice, since the
// group changes them.
void ComponentExpansion::map_supplies(Memory& memory) {
    for (const Supply& supply : memory.part.supplies) {
        const RestartGroup& group = model_.groups[supply.group];
        const std::string name(model_.text(group.name));
        EnvironmentWriter& environment = memory.environment;
        environment.add(sel::EnvironmentKind::capability, name + ".home", Rights::all, supply.home, 0);
        environment.add(sel::EnvironmentKind::slot_range, name + ".held", 0, supply.held, supply.held_count);
        environment.add(sel::EnvironmentKind::slot_range, name + ".objects", 0, supply.objects, supply.object_count);
        for (size_t number = 0; number < supply.replies.size(); ++number) {
            environment.add(sel::EnvironmentKind::capability, fmt::format("{}.reply[{}]", name, number), Rights::all,
                            supply.replies[number], 0);
        }
        const auto map = [&](uint64_t address, std::string_view suffix, uint64_t size, std::vector<Fill> fills) {
            Capability frame{};
            frame.rights = Rights(Rights::read);
            frame.object = declare_frame(memory.part, fmt::format("{}.{}", name, suffix), size, std::move(fills));
            memory.space.map(address, frame);
        };
        const uint64_t plan = place(memory, supply.plan_bytes, AddressPlan::page_size).value_or(0);
        for (uint64_t at = 0; at < supply.plan_bytes; at += AddressPlan::page_size) {
            map(plan + at, fmt::format("plan.{}", at / AddressPlan::page_size), AddressPlan::page_size,
                {{.source = FillSource::restart_plan,
                  .offset = 0,
                  .length = AddressPlan::page_size,
                  .source_offset = at,
                  .frame = group.home}});
        }
        environment.add(sel::EnvironmentKind::memory, name + ".plan", Rights::read, plan, supply.plan_bytes);
        const std::vector<ObjectId> frames = RestartPlanner::filled_frames(model_, group.home);
        uint64_t size = 0;
        uint64_t alignment = AddressPlan::page_size;
        for (const ObjectId frame : frames) {
            const uint64_t frame_size = model_.value(frame, Parameter::frame_size).value_or(AddressPlan::page_size);
            size += frame_size;
            alignment = std::max(alignment, frame_size);
        }
        const uint64_t contents = place(memory, std::max(size, AddressPlan::page_size), alignment).value_or(0);
        uint64_t at = contents;
        for (size_t number = 0; number < frames.size(); ++number) {
            const std::span<const Fill> fills = model_.fills_of(frames[number]);
            const uint64_t frame_size =
                model_.value(frames[number], Parameter::frame_size).value_or(AddressPlan::page_size);
            map(at, fmt::format("contents.{}", number), frame_size, {fills.begin(), fills.end()});
            at += frame_size;
        }
        environment.add(sel::EnvironmentKind::memory, name + ".contents", Rights::read, contents, size);
    }
}

ComponentExpansion::Part* ComponentExpansion::part_of(const SyntaxName& name) {
    const auto found = std::ranges::find(parts_, model_.text(name.name), &Part::prefix);
    if (found != parts_.end()) {
        return &*found;
    }
    if (model_.is_lost(model_.text(name.name))) {
        return nullptr;
    }
    NearMiss meant(model_.text(name.name));
    for (const Part& part : parts_) {
        meant.offer(part.prefix);
    }
    diagnostics_.error(name.span, fmt::format("there is no component `{}`", model_.text(name.name)))
        .suggest(meant.best());
    return nullptr;
}

}  // namespace capdl
