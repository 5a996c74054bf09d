// SPDX-License-Identifier: BSD-2-Clause
// The part of a Plan that rebuilds what one untyped covers.
#include "compile/restart_plan.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <tuple>

#include "compile/compiler.hpp"
#include "image/image_writer.hpp"

namespace capdl {

RestartPlanner::RestartPlanner(const Whole& whole, ObjectId untyped, ObjectId holder, Diagnostics& diagnostics)
    : whole_(whole), untyped_(untyped), holder_(holder), diagnostics_(diagnostics) {
    ids_.assign(whole_.plan.objects.size(), ObjectId::none);
    for (uint32_t index = 0; index < whole_.plan.numbers.size(); ++index) {
        if (whole_.plan.numbers[index] != image::none) {
            ids_[whole_.plan.numbers[index]] = static_cast<ObjectId>(index);
        }
    }
}

RestartPlan RestartPlanner::plan() {
    number_objects();
    take_runs();
    take_spaces();
    take_capabilities();
    take_tasks();
    take_interrupts();
    take_threads();
    take_contents();
    part_.extra_count = static_cast<uint32_t>(extras_.size());
    if (is_refused_) {
        return {};
    }
    RestartPlan result{.image = system_image(part_), .lines = {}};
    image::Header header;
    std::memcpy(&header, result.image.data(), sizeof header);
    const uint64_t records = header.sections[static_cast<size_t>(image::SectionKind::interrupts)].offset;
    for (size_t index = 0; index < handlers_.size(); ++index) {
        result.lines.push_back(
            {records + index * sizeof(image::InterruptRecord) + offsetof(image::InterruptRecord, line),
             handlers_[index]});
    }
    return result;
}

// What a run is made from comes before it.
std::vector<uint32_t> RestartPlanner::objects_of(const Plan& plan, uint32_t untyped) {
    std::vector<bool> is_inside(plan.objects.size(), false);
    std::vector<uint32_t> objects;
    for (const image::RunRecord& run : plan.runs) {
        if (run.untyped == untyped || (run.untyped != image::none && is_inside[run.untyped])) {
            for (uint32_t object = run.first; object < run.first + run.count; ++object) {
                is_inside[object] = true;
                objects.push_back(object);
            }
        }
    }
    return objects;
}

void RestartPlanner::number_objects() {
    numbers_.assign(whole_.plan.objects.size(), image::none);
    uint32_t next = 0;
    for (const uint32_t object : objects_of(whole_.plan, whole_.plan.numbers[index_of(untyped_)])) {
        numbers_[object] = next++;
    }
}

uint32_t RestartPlanner::name(uint32_t whole) {
    const auto [known, is_new] = names_.emplace(whole, static_cast<uint32_t>(part_.names.size()));
    if (is_new) {
        part_.names += whole_.plan.names.c_str() + whole;
        part_.names += '\0';
    }
    return known->second;
}

void RestartPlanner::take_runs() {
    for (image::RunRecord run : whole_.plan.runs) {
        if (!is_inside(run.first)) {
            continue;
        }
        for (uint32_t object = run.first; object < run.first + run.count; ++object) {
            const image::ObjectRecord& record = whole_.plan.objects[object];
            part_.objects.push_back({name(record.name), record.element});
        }
        run.untyped = is_inside(run.untyped) ? numbers_[run.untyped] : image::none;
        run.first = numbers_[run.first];
        part_.runs.push_back(run);
    }
}

uint32_t RestartPlanner::held(CapabilityId parent) const {
    if (parent == CapabilityId::none || whole_.model[parent].container != holder_) {
        return image::none;
    }
    return image::held_base + static_cast<uint32_t>(whole_.model[parent].slot);
}

void RestartPlanner::refuse(uint32_t object) {
    is_refused_ = true;
    const ObjectId id = object < ids_.size() ? ids_[object] : ObjectId::none;
    const std::string what = id == ObjectId::none ? "something" : fmt::format("`{}`", whole_.model.name_of(id));
    diagnostics_
        .error(whole_.model[untyped_].span, fmt::format("what `{}` covers uses {} in a way that cannot be made anew",
                                                        whole_.model.name_of(untyped_), what))
        .help("a restartable task has a table, a space and time of its own");
}

uint32_t RestartPlanner::source(uint32_t whole) {
    if (whole == image::none) {
        return whole;
    }
    if (is_inside(whole)) {
        return numbers_[whole];
    }
    if (whole - whole_.plan.objects.size() < whole_.extra_parents.size()) {
        return extra(whole);
    }
    refuse(whole);
    return image::none;
}

// Derived by the supervisor, from what it holds or from an object of the group's.
uint32_t RestartPlanner::extra(uint32_t whole) {
    if (const auto known = extras_.find(whole); known != extras_.end()) {
        return known->second;
    }
    const size_t index = whole - whole_.plan.objects.size();
    image::CapabilityRecord record = whole_.plan.capabilities[index];
    const CapabilityId parent = whole_.extra_parents[index];
    const auto object = static_cast<uint32_t>(record.source);
    if (const uint32_t holders = held(parent); holders != image::none) {
        record.source = holders;
        record.badge = record.badge == Compiler::badge_of(whole_.model, whole_.model[parent]) ? 0 : record.badge;
    } else if (is_inside(object)) {
        record.source = numbers_[object];
    } else {
        refuse(object);
        return image::none;
    }
    record.slot = extras_.size();
    part_.capabilities.push_back(record);
    return extras_[whole] = static_cast<uint32_t>(part_.objects.size() + record.slot);
}

uint32_t RestartPlanner::source(uint32_t whole, uint32_t thread, ThreadSlot slot) {
    const Capability* capability = ids_[thread] == ObjectId::none ? nullptr : whole_.model.slot(ids_[thread], slot);
    const uint32_t holders = capability == nullptr || is_inside(whole) ? image::none : held(capability->parent);
    return holders != image::none ? holders : source(whole);
}

// Extra capabilities that are mapped one after the other are taken over one after the other.
void RestartPlanner::take_spaces() {
    for (image::TableRecord record : whole_.plan.tables) {
        if (is_inside(record.space)) {
            record.space = numbers_[record.space];
            record.table = source(record.table);
            part_.tables.push_back(record);
        }
    }
    for (image::MappingRecord record : whole_.plan.mappings) {
        if (is_inside(record.space)) {
            const uint32_t first = record.first;
            record.space = numbers_[record.space];
            record.first = source(first);
            for (uint32_t number = 1; number < record.count; ++number) {
                (void)source(first + number);
            }
            part_.mappings.push_back(record);
        }
    }
}

void RestartPlanner::take_capabilities() {
    const auto all = std::span(whole_.plan.capabilities).subspan(whole_.extra_parents.size());
    for (image::CapabilityRecord record : all) {
        if (!is_inside(record.table)) {
            continue;
        }
        record.table = numbers_[record.table];
        if (record.source_table == image::none) {
            record.source = source(static_cast<uint32_t>(record.source));
        } else if (is_inside(record.source_table)) {
            record.source_table = numbers_[record.source_table];
        } else if (record.source_table == whole_.plan.numbers[index_of(holder_)]) {
            record.source += image::held_base;
            record.source_table = image::none;
        } else {
            refuse(record.source_table);
        }
        part_.capabilities.push_back(record);
    }
}

void RestartPlanner::take_tasks() {
    for (image::TaskRecord record : whole_.plan.tasks) {
        if (is_inside(record.task)) {
            record = {.task = numbers_[record.task],
                      .table = source(record.table),
                      .space = source(record.space),
                      .fault_endpoint = source(record.fault_endpoint),
                      .timeout_endpoint = source(record.timeout_endpoint),
                      .reserved = 0};
            part_.tasks.push_back(record);
        }
    }
    for (image::SchedContextRecord record : whole_.plan.sched_contexts) {
        if (is_inside(record.object)) {
            record.object = numbers_[record.object];
            part_.sched_contexts.push_back(record);
        }
    }
}

void RestartPlanner::take_interrupts() {
    for (image::InterruptRecord record : whole_.plan.interrupts) {
        if (is_inside(record.handler)) {
            handlers_.push_back(record.handler);
            record.handler = numbers_[record.handler];
            record.notification = source(record.notification);
            record.device = image::none;
            record.line = image::none;
            part_.interrupts.push_back(record);
        }
    }
}

void RestartPlanner::take_threads() {
    for (image::ThreadRecord record : whole_.plan.threads) {
        if (!is_inside(record.thread)) {
            continue;
        }
        record.task = source(record.task);
        record.buffer = source(record.buffer, record.thread, ThreadSlot::ipc_buffer_slot);
        record.sched_context = source(record.sched_context, record.thread, ThreadSlot::sc_slot);
        record.notification = source(record.notification, record.thread, ThreadSlot::bound_notification);
        record.thread = numbers_[record.thread];
        part_.threads.push_back(record);
    }
}

std::vector<ObjectId> RestartPlanner::filled_frames(const Model& model, ObjectId untyped) {
    std::vector<ObjectId> frames;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model[id].type == ObjectType::frame && !model.fills_of(id).empty() && model.is_made_from(untyped, id)) {
            frames.push_back(id);
        }
    }
    std::ranges::sort(frames, {}, [&model](ObjectId id) {
        return std::tuple(~model.value(id, Parameter::frame_size).value_or(0), model.text(model[id].name),
                          model[id].element);
    });
    return frames;
}

// Where a frame's contents lie beside the image follows from the order of the frames.
void RestartPlanner::take_contents() {
    std::map<uint32_t, std::pair<ObjectId, uint64_t>> frames;  // by their numbers
    uint64_t offset = 0;
    for (const ObjectId frame : filled_frames(whole_.model, untyped_)) {
        frames.emplace(numbers_[whole_.plan.numbers[index_of(frame)]], std::pair(frame, offset));
        offset += whole_.model.value(frame, Parameter::frame_size).value_or(image::page_size);
    }
    std::vector<bool> is_executable(part_.objects.size(), false);
    for (const image::MappingRecord& mapping : part_.mappings) {
        for (uint32_t frame = mapping.first; frame < mapping.first + mapping.count && frame < is_executable.size();
             ++frame) {
            is_executable[frame] = is_executable[frame] || (mapping.rights & Rights::transfer) != 0;
        }
    }
    for (const auto& [number, frame] : frames) {
        for (const Fill& fill : whole_.model.fills_of(frame.first)) {
            part_.fills.push_back({.frame = number,
                                   .kind = image::FillKind::contents,
                                   .offset = fill.offset,
                                   .length = fill.length,
                                   .value = frame.second + fill.offset,
                                   .subject = image::none,
                                   .executable = is_executable[number] ? 1u : 0u});
        }
    }
}

}  // namespace capdl
