// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: page tables and mappings.
#include <fmt/format.h>

#include "analysis/architecture_rules.hpp"
#include "compile/compiler.hpp"

namespace capdl {

// A space is a pgd whose pages all lie below its first pud, which the kernel has as one table, or a pud that stands
// alone.
void Compiler::compile_spaces() {
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model_[id].type == ObjectType::pgd) {
            for (const Capability& entry : model_.slots_of(id)) {
                if (entry.slot != 0) {
                    diagnostics_
                        .error(entry.span, fmt::format("`{}` maps addresses from {:#x} on", name(id), entry.slot << 39))
                        .help("user addresses have 39 bits");
                } else {
                    compile_table(id, entry.object, 0);
                }
            }
        } else if (model_[id].type == ObjectType::pud && !placement_.is_folded(id)) {
            compile_table(id, id, 0);
        }
    }
}

// Tables are not deeper than the levels of the architecture, since each level only holds the next.
void Compiler::compile_table(ObjectId space, ObjectId table, uint64_t address) {
    const TableLevel& level = *table_level(model_.architecture, model_[table].type);
    for (const Capability& entry : model_.slots_of(table)) {
        const uint64_t entry_address = address + (entry.slot << level.entry_bits);
        if (model_[entry.object].type == ObjectType::frame) {
            compile_frame(space, entry, entry_address);
        } else {
            plan_.tables.push_back({.space = number(space), .table = number(entry.object), .address = entry_address});
            compile_table(space, entry.object, entry_address);
        }
    }
}

void Compiler::compile_frame(ObjectId space, const Capability& frame, uint64_t address) {
    const uint32_t rights = rights_of(frame);
    if ((rights & Rights::read) == 0) {
        diagnostics_
            .error(frame.span, fmt::format("`{}` is mapped at {:#x}, but not to be read", name(frame.object), address))
            .help("a mapping needs R");
    }
    const size_t object = index_of(frame.object);
    // A capability is mapped once; where the origin is in use already, or is not what is to be mapped, a derived one serves,
    // which tells where it is mapped.
    const auto inspect = static_cast<uint32_t>(abi::Right::inspect);
    const bool is_derived = is_mapped_[object] || frame.parent != CapabilityId::none;
    const uint32_t source =
        is_derived ? derive_extra(number(frame.object), rights | inspect, 0, frame.parent) : number(frame.object);
    is_mapped_[object] = is_mapped_[object] || !is_derived;
    is_executable_[object] = is_executable_[object] || (rights & Rights::transfer) != 0;

    const bool is_device = model_.parameter(frame.object, Parameter::device) != nullptr;
    const bool has_address = model_.parameter(frame.object, Parameter::paddr) != nullptr;
    const bool uncached = frame.cached == Cached::uncached;
    const auto kind = is_device || (uncached && has_address) ? abi::MemoryKind::device
                      : uncached                             ? abi::MemoryKind::uncached
                                                             : abi::MemoryKind::normal;

    const uint64_t size = model_.value(frame.object, Parameter::frame_size).value_or(0);
    if (!plan_.mappings.empty()) {
        image::MappingRecord& run = plan_.mappings.back();
        const bool continues = run.space == number(space) && run.first + run.count == source && run.rights == rights &&
                               run.kind == static_cast<uint16_t>(kind) && run.address + run.count * size == address &&
                               last_frame_size_ == size;
        if (continues) {
            ++run.count;
            return;
        }
    }
    last_frame_size_ = size;
    plan_.mappings.push_back({.space = number(space),
                              .first = source,
                              .count = 1,
                              .rights = static_cast<uint16_t>(rights),
                              .kind = static_cast<uint16_t>(kind),
                              .address = address});
}

}  // namespace capdl
