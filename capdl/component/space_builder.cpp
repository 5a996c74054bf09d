// SPDX-License-Identifier: BSD-2-Clause
// Makes the page tables of a component's address space.
#include "component/space_builder.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace capdl {
namespace {

constexpr uint64_t pt_entry_size = uint64_t{1} << 12;
constexpr uint64_t pd_entry_size = uint64_t{1} << 21;
constexpr uint64_t pud_entry_size = uint64_t{1} << 30;
constexpr uint64_t entries = 512;
constexpr uint64_t no_table = ~uint64_t{0};

}  // namespace

void SpaceBuilder::map(uint64_t address, const Capability& frame) {
    const uint64_t size = model_.value(frame.object, Parameter::frame_size).value_or(pt_entry_size);
    mappings_.push_back({address, size, frame});
}

void SpaceBuilder::build() {
    std::ranges::sort(mappings_, {}, &Mapping::address);
    const ObjectId pud = declare_table(ObjectType::pud, "pud");
    hang(root_, 0, pud);

    ObjectId pd = ObjectId::none;
    ObjectId pt = ObjectId::none;
    uint64_t pd_index = no_table;  // which gigabyte `pd` covers
    uint64_t pt_index = no_table;  // which two megabytes `pt` covers
    unsigned pd_count = 0;
    unsigned pt_count = 0;
    for (Mapping& mapping : mappings_) {
        Capability& frame = mapping.frame;
        if (mapping.size == pud_entry_size) {
            frame.container = pud;
            frame.slot = mapping.address / pud_entry_size;
            model_.add(frame);
            continue;
        }
        if (mapping.address / pud_entry_size != pd_index) {
            pd_index = mapping.address / pud_entry_size;
            pd = declare_table(ObjectType::pd, fmt::format("pd.{}", pd_count++));
            hang(pud, pd_index, pd);
        }
        if (mapping.size == pd_entry_size) {
            frame.container = pd;
            frame.slot = mapping.address / pd_entry_size % entries;
            model_.add(frame);
            continue;
        }
        if (mapping.address / pd_entry_size != pt_index) {
            pt_index = mapping.address / pd_entry_size;
            pt = declare_table(ObjectType::pt, fmt::format("pt.{}", pt_count++));
            hang(pd, pt_index % entries, pt);
        }
        frame.container = pt;
        frame.slot = mapping.address / pt_entry_size % entries;
        model_.add(frame);
    }
}

ObjectId SpaceBuilder::declare_table(ObjectType type, std::string_view suffix) {
    const Name name = model_.names().intern(fmt::format("{}.{}", prefix_, suffix));
    const ObjectId table =
        model_.declare({.type = type, .name = name, .component = component_}, Model::Form::single, 1);
    model_.cover(home_, table);
    return table;
}

void SpaceBuilder::hang(ObjectId table, uint64_t slot, ObjectId child) {
    Capability capability{};
    capability.container = table;
    capability.slot = slot;
    capability.object = child;
    model_.add(capability);
}

}  // namespace capdl
