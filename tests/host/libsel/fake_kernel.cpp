// SPDX-License-Identifier: BSD-2-Clause
// The rules of the fake kernel.

#include "fake_kernel.hpp"

#include <stdexcept>

#include "abi/object_sizes.hpp"

using namespace sel;
using abi::ErrorCode;

namespace {

FakeKernel* running = nullptr;

constexpr uint64_t gib = uint64_t{1} << 30;
constexpr uint64_t two_mib = uint64_t{1} << 21;

}  // namespace

namespace sel {

Registers simulated_system_call(abi::SystemCall number, const Registers& in) {
    return running->system_call(number, in);
}

}  // namespace sel

FakeKernel::FakeKernel() {
    running = this;
    slots[own_table.raw()] = {.type = abi::ObjectType::cap_table, .parent = 0};
    slots[own_space.raw()] = {.type = abi::ObjectType::address_space, .parent = 0};
}

FakeKernel::~FakeKernel() { running = nullptr; }

Untyped FakeKernel::add_untyped(uint64_t slot, uint64_t address, uint64_t pages) {
    slots[slot] = {.type = abi::ObjectType::untyped, .parent = 0, .first = address, .bytes = pages * 4096};
    return Untyped(CapIndex(slot));
}

Registers FakeKernel::system_call(abi::SystemCall number, const Registers& in) {
    if (number != abi::SystemCall::call) {
        if (others) return others(number, in);
        throw std::logic_error("the fake kernel only knows call");
    }
    const auto target = slots.find(in.x0);
    if (target != slots.end() && target->second.type == abi::ObjectType::endpoint) {
        const Message answer = partner(in.x0, Message(in.tag, in.words));
        return {.tag = answer.tag(), .words = answer.register_words(), .reply = 0};
    }
    const auto result = invoke(in.x0, in.tag.label(), in.words);
    if (result) {
        return {.words = *result, .reply = 0};
    }
    const auto [first, second] = result.error().details;
    return {.x0 = result.error().code,
            .tag = abi::Tag().with_error(),
            .words = {first, second, result.error().done},
            .reply = 0};
}

Result<FakeKernel::Words> FakeKernel::invoke(uint64_t target, uint32_t method, const Words& words) {
    if (!slots.contains(target)) {
        return refused({ErrorCode::empty_slot, 0, target});
    }
    Capability& capability = slots.at(target);
    if (capability.type == abi::ObjectType::untyped && method == static_cast<uint32_t>(abi::UntypedMethod::retype)) {
        return retype(capability, target, words);
    }
    if (capability.type == abi::ObjectType::cap_table && method == static_cast<uint32_t>(abi::CapTableMethod::unmap)) {
        return unmap(words);
    }
    if (capability.type == abi::ObjectType::cap_table && method == static_cast<uint32_t>(abi::CapTableMethod::grant)) {
        return grant(words);
    }
    if (capability.type == abi::ObjectType::cap_table && method == static_cast<uint32_t>(abi::CapTableMethod::map)) {
        return derive(words);
    }
    if (capability.type == abi::ObjectType::address_space) {
        switch (static_cast<abi::AddressSpaceMethod>(method)) {
        case abi::AddressSpaceMethod::map: return map_frames(words);
        case abi::AddressSpaceMethod::unmap: return unmap_frames(words);
        case abi::AddressSpaceMethod::map_table: return map_table(words);
        default: break;
        }
    }
    if (capability.type == abi::ObjectType::reply) return Words{abandoned_replies.contains(target) ? 0u : 1u};
    return refused({ErrorCode::unknown_method, static_cast<uint64_t>(capability.type), method});
}

Result<FakeKernel::Words> FakeKernel::retype(Capability& untyped, uint64_t untyped_slot, const Words& words) {
    const auto type = static_cast<abi::ObjectType>(words[0]);
    const auto [size, count, table, first] = std::array{words[1], words[2], words[3], words[4]};
    if (retypes_until_refusal && (*retypes_until_refusal)-- == 0) {
        retypes_until_refusal.reset();
        return refused({ErrorCode::depth_exceeded, 0, 255});
    }
    if (table != own_table.raw() || !abi::is_valid_size(type, size) || count == 0) {
        return refused({ErrorCode::argument_out_of_range, 2});
    }
    const uint64_t bytes = abi::object_bytes(type, size);
    const uint64_t alignment = abi::object_alignment(type, size);
    const uint64_t start = (untyped.first + untyped.watermark + alignment - 1) / alignment * alignment;
    const uint64_t end = untyped.first + untyped.bytes;
    if (start > end || (end - start) / bytes < count) {
        return refused({ErrorCode::out_of_memory, bytes * count, untyped.bytes - untyped.watermark});
    }
    for (uint64_t i = 0; i < count; ++i) {
        if (slots.contains(first + i)) {
            return refused({ErrorCode::occupied_slot, 5, first + i, i});
        }
        slots[first + i] = {.type = type, .parent = untyped_slot, .first = start + i * bytes, .bytes = bytes};
    }
    untyped.watermark = start + count * bytes - untyped.first;
    return Words{count};
}

Result<FakeKernel::Words> FakeKernel::unmap(const Words& words) {
    for (uint64_t slot = words[0]; slot < words[0] + words[1]; ++slot) {
        remove_descendants(slot);
        if (static_cast<abi::KeepRoot>(words[2]) == abi::KeepRoot::self && slots.contains(slot)) {
            remove(slot);
        }
    }
    return Words{words[1]};
}

Result<FakeKernel::Words> FakeKernel::derive(const Words& words) {
    const auto [first, source, count] = std::array{words[0], words[2], words[3]};
    for (uint64_t i = 0; i < count; ++i) {
        if (!slots.contains(source + i)) return refused({ErrorCode::empty_slot, 3, source + i, i});
        if (slots.contains(first + i)) return refused({ErrorCode::occupied_slot, 1, first + i, i});
        const Capability& parent = slots.at(source + i);
        slots[first + i] = {.type = parent.type, .parent = source + i, .first = parent.first, .bytes = parent.bytes};
    }
    return Words{count};
}

Result<FakeKernel::Words> FakeKernel::grant(const Words& words) {
    const auto [first, source, count] = std::array{words[0], words[2], words[3]};
    for (uint64_t i = 0; i < count; ++i) {
        if (!slots.contains(source + i)) return refused({ErrorCode::empty_slot, 3, source + i, i});
        if (slots.contains(first + i)) return refused({ErrorCode::occupied_slot, 1, first + i, i});
        slots.insert({first + i, slots.at(source + i)});
        slots.erase(source + i);
    }
    return Words{count};
}

void FakeKernel::remove_descendants(uint64_t slot) {
    for (auto next = slots.begin(); next != slots.end();) {
        if (next->second.parent == slot && slot != 0) {
            const uint64_t child = next->first;
            remove_descendants(child);
            remove(child);
            next = slots.begin();
        } else {
            ++next;
        }
    }
}

void FakeKernel::remove(uint64_t slot) {
    const Capability gone = slots.at(slot);
    slots.erase(slot);
    if (gone.type == abi::ObjectType::page_table && gone.mapped_at) {
        (gone.mapped_at.value() % gib == 1 ? upper_tables : lower_tables).erase(gone.mapped_at.value() & ~uint64_t{1});
    }
    const auto has_parent = [&](const auto& entry) { return entry.second.parent == gone.parent; };
    if (gone.parent != 0 && std::find_if(slots.begin(), slots.end(), has_parent) == slots.end()) {
        slots.at(gone.parent).watermark = 0;
    }
}

Result<FakeKernel::Words> FakeKernel::map_frames(const Words& words) {
    const auto [table, first, count, address] = std::array{words[0], words[1], words[2], words[3]};
    for (uint64_t i = 0; i < count; ++i) {
        if (!slots.contains(first + i)) {
            return refused({ErrorCode::empty_slot, 2, first + i, i});
        }
        Capability& frame = slots.at(first + i);
        const uint64_t at = address + i * frame.bytes;
        if (frame.type != abi::ObjectType::frame) {
            return refused({ErrorCode::wrong_type, 2, static_cast<uint64_t>(frame.type), i});
        }
        if (at % frame.bytes != 0) {
            return refused({ErrorCode::misaligned, 4, frame.bytes, i});
        }
        if (frame.bytes < gib && !upper_tables.contains(at / gib * gib)) {
            return refused({ErrorCode::missing_table, 2, at, i});
        }
        if (frame.bytes < two_mib && !lower_tables.contains(at / two_mib * two_mib)) {
            return refused({ErrorCode::missing_table, 3, at, i});
        }
        if (frame.mapped_at) {
            return refused({ErrorCode::already_bound, 2, 0, i});
        }
        frame.mapped_at = at;
    }
    return Words{count};
}

Result<FakeKernel::Words> FakeKernel::unmap_frames(const Words& words) {
    for (uint64_t slot = words[1]; slot < words[1] + words[2]; ++slot) {
        slots.at(slot).mapped_at.reset();
    }
    return Words{words[2]};
}

Result<FakeKernel::Words> FakeKernel::map_table(const Words& words) {
    const uint64_t address = words[1];
    if (address % two_mib != 0) {
        return refused({ErrorCode::misaligned, 2, two_mib});
    }
    Capability& table = slots.at(words[0]);
    if (upper_tables.insert(address / gib * gib).second) {
        table.mapped_at = address / gib * gib | 1;  // the low bit marks the upper kind
        return Words{2};
    }
    if (lower_tables.insert(address).second) {
        table.mapped_at = address;
        return Words{3};
    }
    return refused({ErrorCode::already_mapped, 2, address});
}
