// SPDX-License-Identifier: BSD-2-Clause
// Turns components into the objects and capabilities that they stand for: the address space and what is in it.
#include <algorithm>
#include <fmt/format.h>

#include <sel/handover_format.hpp>

#include "analysis/architecture_rules.hpp"
#include "component/expansion_memory.hpp"

namespace capdl {
namespace {

constexpr uint64_t large_frame_size = uint64_t{1} << 21;
constexpr uint64_t huge_frame_size = uint64_t{1} << 30;

// The largest frame that begins at an address and ends at or before another.
uint64_t largest_frame(uint64_t begin, uint64_t end) {
    for (const uint64_t size : {huge_frame_size, large_frame_size}) {
        if (begin % size == 0 && end - begin >= size) {
            return size;
        }
    }
    return page_size;
}

}  // namespace

void ComponentExpansion::finish() {
    collect_peers();
    for (Part& part : parts_) {
        if (part.supplies.empty()) {
            build_memory(part);
        }
    }
    for (Part& part : parts_) {
        for (Supply& supply : part.supplies) {
            supply_group(part, supply);
        }
        if (!part.supplies.empty()) {
            close_table(part);
            build_memory(part);
        }
    }
    model_.seal();
}

void ComponentExpansion::collect_peers() {
    for (const Capability& capability : model_.capabilities) {
        const uint32_t holder = model_[capability.container].component;
        if (holder != no_index && capability.object != ObjectId::none &&
            model_[capability.object].type == ObjectType::ep && capability.word != 0) {
            peers_[capability.object].push_back({capability.word, holder});
        }
    }
}

std::optional<ElfFile> ComponentExpansion::program_of(const Part& part) {
    const std::string_view name = model_.text(part.syntax->file);
    const std::expected<std::string_view, std::string> content = files_->read(name);
    if (!content && programs_ == Programs::if_there) {
        diagnostics_.warning(Warning::no_program, part.syntax->file_span, content.error())
            .help("what it would bring along is left out")
            .suggest(files_->similar(name));
        return std::nullopt;
    }
    const std::expected<ElfFile, std::string> parsed =
        content ? ElfFile::parse(*content) : std::unexpected(content.error());
    if (!parsed) {
        diagnostics_.error(part.syntax->file_span, fmt::format("\"{}\" is no component: {}", name, parsed.error()))
            .suggest(content ? std::string() : files_->similar(name));
        return std::nullopt;
    }
    return *parsed;
}

void ComponentExpansion::build_memory(Part& part) {
    Memory memory{.part = part,
                  .space = SpaceBuilder(model_, part.prefix, part.index, part.home, part.space),
                  .plan = {},
                  .environment = {},
                  .environment_fills = {},
                  .models = {}};
    const std::optional<ElfFile> file = files_ == nullptr ? std::nullopt : program_of(part);
    if (file) {
        map_segments(memory, *file);
    }
    for (NamedMemory& named : part.memories) {
        if (named.address) {
            uint64_t size = 0;
            for (const ObjectId frame : named.frames) {
                size += model_.value(frame, Parameter::frame_size).value_or(page_size);
            }
            if (!memory.plan.reserve(*named.address, size)) {
                diagnostics_.error(named.gift->span, fmt::format("{:#x} to {:#x} is not free in `{}`", *named.address,
                                                                 *named.address + size, part.prefix));
                named.frames.clear();
            }
        }
    }
    map_stack(memory);
    map_ipc_buffer(memory);
    map_named_memory(memory);
    map_supplies(memory);
    describe_slots(memory);
    describe_peers(memory);
    const auto arguments = static_cast<uint32_t>(model_.numbers.size());
    model_.numbers.push_back(map_environment(memory));
    memory.space.build();

    const ObjectParameter priority = given(part, Parameter::prio, default_priority);
    const uint64_t highest = std::min<uint64_t>(priority.value, highest_priority);
    const bool uses_floating_point = file && file->symbol("__sel_uses_floating_point");
    set_parameters(part.thread,
                   {{.parameter = Parameter::addr, .value = memory.start.ipc_buffer},
                    {.parameter = Parameter::ip, .value = file ? file->entry() : 0},
                    {.parameter = Parameter::sp, .value = memory.stack_top},
                    priority,
                    given(part, Parameter::max_prio, highest),
                    given(part, Parameter::affinity, 0),
                    given(part, Parameter::resume, 1),
                    given(part, Parameter::fpu_disabled, uses_floating_point ? 0 : 1),
                    {.parameter = Parameter::init, .list = {arguments, 1}},
                    {.parameter = Parameter::tls, .value = file ? file->symbol("__sel_tls_base").value_or(0) : 0}});
    const ObjectParameter budget = given(part, Parameter::budget, default_budget_us);
    set_parameters(part.sched_context, {given(part, Parameter::period, budget.value), budget,
                                        given(part, Parameter::data, 0), given(part, Parameter::extra_refills, 0)});
    Capability buffer{};
    buffer.rights = Rights(Rights::read) | Rights(Rights::write);
    add_capability(part.thread, static_cast<uint64_t>(ThreadSlot::ipc_buffer_slot), buffer, memory.ipc_buffer);
}

// --- The program ---------------------------------------------------------------------------------------------------

void ComponentExpansion::map_segments(Memory& memory, const ElfFile& file) {
    for (size_t index = 0; index < file.segments().size(); ++index) {
        const ElfSegment& segment = file.segments()[index];
        memory.plan.reserve(page_begin(segment.address), page_end(segment.end()) - page_begin(segment.address));
        const std::string_view kind = segment.writable ? "data" : segment.executable ? "text" : "rodata";
        map_segment(memory, segment, index < 3 ? std::string(kind) : fmt::format("{}{}", kind, index));
    }
    // What the compiler places goes above the program.
    memory.plan.raise(page_end(file.segments().back().end()));
}

void ComponentExpansion::map_segment(Memory& memory, const ElfSegment& segment, std::string_view suffix) {
    const uint8_t rights =
        static_cast<uint8_t>((segment.readable ? Rights::read : 0) | (segment.writable ? Rights::write : 0) |
                             (segment.executable ? Rights::transfer : 0));
    const uint64_t end = page_end(segment.end());
    const uint64_t file_end = segment.address + segment.file_size;
    uint64_t number = 0;
    for (uint64_t at = page_begin(segment.address); at < end; ++number) {
        const uint64_t size = largest_frame(at, end);
        const uint64_t first = std::max(at, segment.address);
        const uint64_t last = std::min(at + size, file_end);
        std::vector<Fill> fills;
        if (first < last) {
            fills.push_back({.source = FillSource::file,
                             .offset = first - at,
                             .length = last - first,
                             .source_offset = segment.file_offset + (first - segment.address),
                             .text = memory.part.syntax->file});
        }
        Capability frame{};
        frame.rights = Rights(rights);
        frame.object = declare_frame(memory.part, fmt::format("{}.{}", suffix, number), size, std::move(fills));
        memory.space.map(at, frame);
        at += size;
    }
}

ObjectId ComponentExpansion::declare_frame(Part& part, std::string_view suffix, uint64_t size,
                                           std::vector<Fill> fills) {
    const ObjectId id = declare_object(part, ObjectType::frame, suffix, {});
    if (fills.empty()) {
        set_parameters(id, {{.parameter = Parameter::frame_size, .value = size}});
        return id;
    }
    const Slice list{static_cast<uint32_t>(model_.fills.size()), static_cast<uint32_t>(fills.size())};
    model_.fills.insert(model_.fills.end(), fills.begin(), fills.end());
    set_parameters(id,
                   {{.parameter = Parameter::frame_size, .value = size}, {.parameter = Parameter::fill, .list = list}});
    return id;
}

// --- Memory that the compiler adds -----------------------------------------------------------------------------------

// Maps fresh zeroed frames where there is room; returns their address.
uint64_t ComponentExpansion::map_own_frames(Memory& memory, std::string_view suffix, uint64_t size, Rights rights) {
    const uint64_t alignment = size >= large_frame_size ? large_frame_size : page_size;
    const std::optional<uint64_t> address = place(memory, page_end(size), alignment);
    uint64_t number = 0;
    for (uint64_t at = address.value_or(0); address && at < *address + page_end(size); ++number) {
        const uint64_t frame_size = largest_frame(at, *address + page_end(size));
        Capability frame{};
        frame.rights = rights;
        frame.object = declare_frame(memory.part, fmt::format("{}.{}", suffix, number), frame_size, {});
        memory.space.map(at, frame);
        at += frame_size;
    }
    return address.value_or(0);
}

// Takes a stretch of addresses; reports, once, if there is none.
std::optional<uint64_t> ComponentExpansion::place(Memory& memory, uint64_t size, uint64_t alignment) {
    const std::optional<uint64_t> address = memory.plan.place(size, alignment);
    if (!address && !memory.is_full) {
        memory.is_full = true;
        diagnostics_.error(memory.part.syntax->name_span,
                           fmt::format("the address space of `{}` is full", memory.part.prefix));
    }
    return address;
}

void ComponentExpansion::map_stack(Memory& memory) {
    const SyntaxParameter* stack = parameter(memory.part, Parameter::stack);
    const uint64_t size = page_end(stack == nullptr ? default_stack_size : stack->value);
    if (size == 0 || size > huge_frame_size) {
        diagnostics_.error(stack->span, "a stack has more than 0 bytes and at most 1 GiB");
        return;
    }
    memory.start.stack_bottom = map_own_frames(memory, "stack", size, Rights(Rights::read | Rights::write));
    memory.start.stack_size = size;
    memory.stack_top = memory.start.stack_bottom + size;
}

void ComponentExpansion::map_ipc_buffer(Memory& memory) {
    memory.start.ipc_buffer = map_own_frames(memory, "ipc_buffer", page_size, Rights(Rights::read | Rights::write));
    if (memory.start.ipc_buffer != 0) {
        memory.ipc_buffer = static_cast<ObjectId>(model_.objects.size() - 1);
    }
}

void ComponentExpansion::map_named_memory(Memory& memory) {
    for (NamedMemory& named : memory.part.memories) {
        if (named.frames.empty()) {
            continue;  // it has no place, which has been reported
        }
        uint64_t size = 0;
        uint64_t alignment = page_size;
        for (const ObjectId frame : named.frames) {
            const uint64_t frame_size = model_.value(frame, Parameter::frame_size).value_or(page_size);
            size += frame_size;
            alignment = std::max(alignment, frame_size);
        }
        const std::optional<uint64_t> address = named.address ? named.address : place(memory, size, alignment);
        if (!address) {
            continue;
        }
        if (*address % alignment != 0) {
            diagnostics_.error(named.gift->span, "this address is not a multiple of the frames' size");
            continue;
        }
        uint64_t at = *address;
        for (const ObjectId frame : named.frames) {
            Capability capability = named.prototype;
            capability.object = frame;
            memory.space.map(at, capability);
            at += model_.value(frame, Parameter::frame_size).value_or(page_size);
        }
        const size_t entry = memory.environment.add(sel::EnvironmentKind::memory, model_.text(named.gift->name),
                                                    named.prototype.rights.bits(), *address, size);
        if (model_.parameter(named.frames.front(), Parameter::device) != nullptr) {
            memory.environment_fills.push_back({.source = FillSource::device_start,
                                                .offset = EnvironmentWriter::value_offset(entry, 0),
                                                .length = 8,
                                                .source_offset = *address,
                                                .frame = named.frames.front()});
            memory.environment_fills.push_back({.source = FillSource::device_base,
                                                .offset = EnvironmentWriter::value_offset(entry, 2),
                                                .length = 8,
                                                .frame = named.frames.front()});
            memory.models.emplace_back(memory.environment.add_models(model_.text(named.gift->name)),
                                       named.frames.front());
        } else if (const std::optional<uint64_t> physical = model_.value(named.frames.front(), Parameter::paddr)) {
            memory.environment[entry].value2 = *physical;
        }
    }
}

}  // namespace capdl
