// SPDX-License-Identifier: BSD-2-Clause
// Turns components into the objects and capabilities that they stand for: what a component is told that it has.
#include <algorithm>
#include <fmt/format.h>

#include <sel/handover_format.hpp>

#include "component/expansion_memory.hpp"

namespace capdl {
namespace {

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

}  // namespace

void ComponentExpansion::describe_slots(Memory& memory) {
    Part& part = memory.part;
    EnvironmentWriter& environment = memory.environment;
    for (const NamedSlot& named : part.slots) {
        const std::string_view name = model_.text(named.gift->name);
        const bool has_badge =
            named.prototype.object != ObjectId::none && types_with_badge.contains(model_[named.prototype.object].type);
        if (named.gift == part.handover) {
            environment.add(sel::EnvironmentKind::slot_range, name, 0, named.slot, named.count);
            continue;
        }
        for (uint64_t index = 0; index < named.count; ++index) {
            const std::string element = named.count == 1 ? std::string(name) : fmt::format("{}[{}]", name, index);
            environment.add(sel::EnvironmentKind::capability, element, named.prototype.rights.bits(),
                            named.slot + index, has_badge ? named.prototype.word : 0);
        }
    }
    if (part.handover != nullptr) {
        const uint64_t pages = handover_pages();
        const uint64_t address = place(memory, pages * page_size, page_size).value_or(0);
        for (uint64_t page = 0; page < pages; ++page) {
            Capability capability{};
            capability.object =
                declare_frame(part, page == 0 ? "handed_over" : fmt::format("handed_over.{}", page), page_size,
                              {{.source = FillSource::handed_over,
                                .offset = 0,
                                .length = sel::handed_over_bytes,
                                .source_offset = page * page_size}});
            capability.rights = Rights(Rights::read);
            memory.space.map(address + page * page_size, capability);
        }
        environment.add(sel::EnvironmentKind::memory, model_.text(part.handover->name), Rights::read, address,
                        pages * sel::handed_over_bytes);
    }
    for (const SyntaxGift& gift : Module::part(module_.gifts, part.syntax->gifts)) {
        if (gift.kind == SyntaxGift::Kind::argument) {
            environment.add_argument(model_.text(gift.name), model_.text(gift.text));
        }
    }
    if (part.links != ObjectId::none) {
        environment.add(sel::EnvironmentKind::table_links, "", 0, part.links_slot, part.table_bits, part.link_bits);
    }
    environment.add(sel::EnvironmentKind::slot_range, "", 0, part.first_free_slot,
                    (uint64_t{1} << part.table_bits) - part.first_free_slot);
}

// Whoever receives from an endpoint learns which badge is whose.
void ComponentExpansion::describe_peers(Memory& memory) {
    for (const NamedSlot& named : memory.part.slots) {
        const Capability* held = model_.slot(memory.part.cnode, named.slot);
        if (held == nullptr || held->object == ObjectId::none || !held->rights.has(Rights::read)) {
            continue;
        }
        const auto peers = peers_.find(held->object);
        for (const Peer& peer : peers == peers_.end() ? std::vector<Peer>{} : peers->second) {
            memory.environment.add_peer(model_.text(named.gift->name), named.slot, peer.badge,
                                        model_.text(model_.components[peer.component].name));
        }
    }
}

// Where the texts lie is known once all entries are there. A frame's fill ends with it.
void ComponentExpansion::add_models(Memory& memory) {
    for (const auto& [entry, frame] : memory.models) {
        const uint64_t begin = memory.environment.text_offset(entry);
        const uint64_t end = begin + sel::models_bytes;
        for (uint64_t at = begin; at < end;) {
            const uint64_t next = std::min(end, page_end(at + 1));
            memory.environment_fills.push_back({.source = FillSource::device_models,
                                                .offset = at,
                                                .length = next - at,
                                                .source_offset = at - begin,
                                                .frame = frame});
            at = next;
        }
    }
}

// Last of all, since it says what is free; returns its address.
uint64_t ComponentExpansion::map_environment(Memory& memory) {
    const size_t free_entry = memory.environment.add(sel::EnvironmentKind::free_addresses, "", 0, 0, 0);
    const uint64_t size = memory.environment.size();
    const std::optional<uint64_t> address = place(memory, page_end(size), page_size);
    if (!address) {
        return 0;
    }
    const AddressPlan::Stretch free = memory.plan.largest_free();
    memory.environment[free_entry].value0 = free.begin;
    memory.environment[free_entry].value1 = free.size;
    add_models(memory);

    const std::string bytes = memory.environment.bytes(memory.start);
    for (uint64_t begin = 0; begin < size; begin += page_size) {
        const std::string_view part = std::string_view(bytes).substr(begin, page_size);
        std::vector<Fill> fills{{.source = FillSource::bytes,
                                 .offset = 0,
                                 .length = part.size(),
                                 .text = model_.names().intern(hexadecimal(part))}};
        for (Fill fill : memory.environment_fills) {
            if (fill.offset >= begin && fill.offset < begin + page_size) {
                fill.offset -= begin;
                fills.push_back(fill);
            }
        }
        Capability frame{};
        frame.rights = Rights(Rights::read);
        frame.object =
            declare_frame(memory.part, fmt::format("environment.{}", begin / page_size), page_size, std::move(fills));
        memory.space.map(*address + begin, frame);
    }
    return *address;
}

}  // namespace capdl
