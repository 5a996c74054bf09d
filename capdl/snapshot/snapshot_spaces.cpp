// SPDX-License-Identifier: BSD-2-Clause
// The spec of a system as it is: page tables and what they map.
#include <algorithm>
#include <fmt/format.h>

#include "abi/types.hpp"
#include "analysis/architecture_rules.hpp"
#include "compile/kernel_objects.hpp"
#include "snapshot/snapshot.hpp"

namespace capdl {

namespace {

// The kernel's levels: 1 is the root, whose entries cover 1 GiB each; a table of level 2 covers that, one of level 3 2 MiB.
constexpr unsigned root_level = 1;
constexpr unsigned leaf_level = 3;
constexpr uint64_t entries = 512;

constexpr unsigned entry_bits(uint64_t level) { return level == root_level ? 30 : level == leaf_level ? 12 : 21; }
constexpr uint64_t table_base(unsigned level, uint64_t address) {
    return level == root_level ? 0 : address >> entry_bits(level - 1) << entry_bits(level - 1);
}

}  // namespace

void Snapshot::take_spaces() {
    const std::vector<bool> folded = folded_tables(spec_);
    for (uint32_t index = 0; index < spec_.objects.size(); ++index) {
        const auto space = static_cast<ObjectId>(index);
        const ObjectType type = spec_[space].type;
        const bool is_root = type == ObjectType::pgd || (type == ObjectType::pud && !folded[index]);
        if (!is_root || taken(space) == ObjectId::none) {
            continue;
        }
        if (type == ObjectType::pud) {
            tables_[{number_of(space), root_level, 0}] = taken(space);
        }
        take_entries(space, space, 0);
    }
    // What the spec does not map.
    for (const auto& [place, mapping] : mappings_) {
        if (mapping != nullptr && result_of(place.first) != ObjectId::none) {
            add_mapping(*mapping, table_for(*mapping));
        }
    }
}

// The tables that the spec has, where they still hang, and what they map.
void Snapshot::take_entries(ObjectId space, ObjectId table, uint64_t address) {
    const TableLevel& level = *table_level(spec_.architecture, spec_[table].type);
    const uint32_t root = number_of(space);
    for (const Capability& entry : spec_.slots_of(table)) {
        const uint64_t at = address + (entry.slot << level.entry_bits);
        const ObjectType type = spec_[entry.object].type;
        if (type == ObjectType::frame) {
            take_frame(space, entry, at);
            continue;
        }
        const unsigned below = type == ObjectType::pud ? root_level : type == ObjectType::pd ? 2 : leaf_level;
        const auto is_it = [&](const auto& known) { return known.second == taken(entry.object); };
        const auto known = std::ranges::find_if(objects_, is_it);
        if (below != root_level && (known == objects_.end() || !hangs(root, below, at, known->first.first))) {
            continue;
        }
        tables_[{root, below, at}] = taken(entry.object);
        add_copy(entry);
        take_entries(space, entry.object, at);
    }
}

// A table of level 2 is only seen where none of level 3 hangs in it; then those are seen.
bool Snapshot::hangs(uint32_t space, unsigned level, uint64_t address, uint64_t identity) const {
    bool below = false;
    bool other = false;
    for (const ObservedState::Table& table : state_.tables) {
        if (table.space != space || table_base(level, table.address) != address) {
            continue;
        }
        if (table.level == level && table.table == identity) {
            return true;
        }
        other = other || table.level == level;
        below = below || table.level > level;
    }
    return below && !other;
}

void Snapshot::take_frame(ObjectId space, const Capability& entry, uint64_t address) {
    const auto found = mappings_.find({number_of(space), address});
    if (found == mappings_.end() || found->second == nullptr) {
        return;
    }
    const ObservedState::Mapping& mapping = *found->second;
    found->second = nullptr;  // it is dealt with here
    const auto is_its = [&](const image::MappingRecord& record) {
        const uint64_t size = spec_.value(entry.object, Parameter::frame_size).value_or(0);
        return record.space == number_of(space) && record.address <= address &&
               address < record.address + record.count * size;
    };
    const auto record = std::ranges::find_if(plan_.mappings, is_its);
    const auto frame = objects_.find({mapping.frame, 0});
    constexpr uint64_t mapped_rights = Rights::read | Rights::write | Rights::transfer;
    const bool is_specified =
        record != plan_.mappings.end() && frame != objects_.end() && frame->second == taken(entry.object) &&
        mapping.rights == (record->rights & mapped_rights) &&
        (mapping.kind == record->kind || mapping.kind == static_cast<uint64_t>(abi::MemoryKind::device));
    if (is_specified) {
        add_copy(entry);
    } else {
        add_mapping(mapping, taken(entry.container));
    }
}

void Snapshot::add_mapping(const ObservedState::Mapping& mapping, ObjectId table) {
    Capability capability;
    capability.container = table;
    capability.slot = mapping.address >> entry_bits(mapping.level) & (entries - 1);
    const auto known = objects_.find({mapping.frame, 0});
    capability.object = known != objects_.end() && known->second != ObjectId::none ? known->second : ObjectId::none;
    if (capability.object == ObjectId::none) {
        const std::string name =
            fmt::format("{}.page.{:#x}", result_.name_of(result_of(mapping.space)), mapping.address);
        capability.object = new_object(abi::ObjectType::frame, entry_bits(mapping.level), name);
        objects_[{mapping.frame, 0}] = capability.object;
    }
    capability.rights = Rights(static_cast<uint8_t>(mapping.rights & Rights::all));
    const bool is_cached = static_cast<abi::MemoryKind>(mapping.kind) == abi::MemoryKind::normal;
    capability.cached = is_cached ? Cached::unsaid : Cached::uncached;
    result_.add(capability);
}

ObjectId Snapshot::table_for(const ObservedState::Mapping& mapping) {
    const auto level = static_cast<unsigned>(mapping.level);
    return table_at(mapping.space, level, table_base(level, mapping.address), mapping.table);
}

// The table that covers an address, made with those above it if the spec has none there and none was found that it is.
ObjectId Snapshot::table_at(uint32_t space, unsigned level, uint64_t address, uint64_t identity) {
    const auto known = tables_.find({space, level, address});
    if (known != tables_.end()) {
        return known->second;
    }
    const ObjectId root = result_of(space);
    constexpr ObjectType types[] = {ObjectType::pgd, ObjectType::pud, ObjectType::pd, ObjectType::pt};
    const std::string name = fmt::format("{}.{}.{:#x}", result_.name_of(root), word(types[level]), address);
    const auto found = level == leaf_level ? objects_.find({identity, 0}) : objects_.end();
    const ObjectId made =
        found != objects_.end() && found->second != ObjectId::none
            ? found->second
            : result_.declare({.type = types[level], .name = result_.names().intern(name)}, Model::Form::single, 1);
    tables_[{space, level, address}] = made;
    const ObjectId above = level == root_level ? root : table_at(space, level - 1, table_base(level - 1, address));
    Capability entry;
    entry.container = above;
    entry.slot = level == root_level ? 0 : address >> entry_bits(level - 1) & (entries - 1);
    entry.object = made;
    result_.add(entry);
    return made;
}

}  // namespace capdl
