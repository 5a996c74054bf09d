// SPDX-License-Identifier: BSD-2-Clause
// Methods of address spaces: what is mapped where.
#include "methods.hpp"

namespace selene::model::address_space {

namespace {

constexpr unsigned address_bits = abi::address_bits;
constexpr uint64_t usable = bit(Right::read) | bit(Right::write) | bit(Right::transfer);
constexpr uint64_t normal = static_cast<uint64_t>(abi::MemoryKind::normal);

// Arguments, as errors name them. All three range methods have the frames' table and the first slot there in front.
constexpr uint64_t argument_first = 2;
constexpr uint64_t map_address = 4;
constexpr uint64_t map_rights = 5;
constexpr uint64_t map_kind = 6;
constexpr uint64_t protect_rights = 4;

/// Bits of an address below what one entry of a table of this level covers.
unsigned entry_bits(unsigned level) { return 12 + 9 * (3 - level); }
unsigned entry_for(uint64_t address, unsigned level) { return (address >> entry_bits(level)) % 512; }

/// The level of the table that maps frames of this size.
unsigned level_of(const Object& frame) {
    for (unsigned level = 1; level < 3; ++level) {
        if (frame.bytes == uint64_t{1} << entry_bits(level)) return level;
    }
    return 3;
}

struct Frame {
    Capability* capability;
    Outcome outcome;
};

/// What a slot of a range holds: it must be a frame.
Frame frame_at(const System& system, Object& table, uint64_t index) {
    const auto refused = [](ErrorCode code, uint64_t detail) {
        return Frame{nullptr, Outcome::refused(code, argument_first, detail)};
    };
    if (index >= table.slots) return refused(ErrorCode::index_out_of_range, index);
    Capability* capability = system.in({&table, index});
    if (capability == nullptr) return refused(ErrorCode::empty_slot, index);
    if (capability->object->type != ObjectType::frame)
        return refused(ErrorCode::wrong_type, number(capability->object->type));
    return {capability, {}};
}

/// What a mapping of a frame may allow; `rights` and `kind` are the arguments that say so.
Outcome check_mapping(const Call& call, const Capability& frame, uint64_t rights, uint64_t kind,
                      uint64_t rights_argument) {
    if ((rights & ~usable) != 0 || (rights & bit(Right::read)) == 0)
        return Outcome::refused(ErrorCode::argument_out_of_range, rights_argument, usable);
    if (const uint64_t missing = rights & ~frame.rights; missing != 0)
        return Outcome::refused(ErrorCode::missing_right, argument_first, missing);
    const bool write_execute = (rights & bit(Right::write)) != 0 && (rights & bit(Right::transfer)) != 0;
    if (write_execute && (call.self->rights & bit(Right::write_execute)) == 0)
        return Outcome::refused(ErrorCode::write_execute, rights_argument);
    if (frame.object->device && kind == normal) return Outcome::refused(ErrorCode::device_memory, map_kind);
    if (frame.object->device && (rights & bit(Right::transfer)) != 0)
        return Outcome::refused(ErrorCode::device_memory, rights_argument);
    return {};
}

/// The table that maps an address at a level.
struct Found {
    Object* table;
    Outcome outcome;
};
Found table_for(Object& space, uint64_t address, unsigned level) {
    if (address >> address_bits != 0)
        return {nullptr, Outcome::refused(ErrorCode::argument_out_of_range, map_address, uint64_t{1} << address_bits)};
    Object* table = &space;
    while (table->pages.level < level) {
        const auto entry = table->pages.entries.find(entry_for(address, table->pages.level));
        if (entry == table->pages.entries.end())
            return {nullptr, Outcome::refused(ErrorCode::missing_table, table->pages.level + 1, address)};
        if (entry->second.table == nullptr)
            return {nullptr, Outcome::refused(ErrorCode::already_mapped, map_address, address)};
        table = entry->second.table;
    }
    return {table, {}};
}

Outcome map_one(const Call& call, Capability& frame, uint64_t address, uint64_t rights, uint64_t kind) {
    if (frame.mapped_in != nullptr) return Outcome::refused(ErrorCode::already_bound, argument_first);
    if (const Outcome outcome = check_mapping(call, frame, rights, kind, map_rights); outcome.refused()) return outcome;
    if (address % frame.object->bytes != 0)
        return Outcome::refused(ErrorCode::misaligned, map_address, frame.object->bytes);
    const unsigned level = level_of(*frame.object);
    const Found found = table_for(call.object(), address, level);
    if (found.outcome.refused()) return found.outcome;
    const unsigned index = entry_for(address, level);
    if (found.table->pages.entries.contains(index))
        return Outcome::refused(ErrorCode::already_mapped, map_address, address);
    found.table->pages.entries[index] = {.frame = &frame, .rights = rights, .kind = kind};
    frame.mapped_in = found.table;
    frame.mapped_entry = index;
    return {};
}

bool is_mapped_in(const Object& space, const Capability& frame) {
    const Object* table = frame.mapped_in;
    while (table != nullptr && table->pages.level > 1) table = table->pages.parent;
    return table == &space;
}

}  // namespace

Outcome map_table(System& /*system*/, const Call& call) {
    constexpr uint64_t smallest_span = uint64_t{1} << 21;
    const uint64_t address = call.words[1];
    Object& table = *call.capabilities[0]->object;
    if (address % smallest_span != 0) return Outcome::refused(ErrorCode::misaligned, 2, smallest_span);
    const bool hangs = table.pages.level != 0 && table.pages.parent != nullptr;
    if (hangs) return Outcome::refused(ErrorCode::already_bound, 1);
    Object* parent = &call.object();
    const auto below_root = parent->pages.entries.find(entry_for(address, 1));
    if (below_root != parent->pages.entries.end() && below_root->second.table != nullptr)
        parent = below_root->second.table;
    const unsigned index = entry_for(address, parent->pages.level);
    if (parent->pages.entries.contains(index)) return Outcome::refused(ErrorCode::already_mapped, 2, address);
    // It may have hung in a table that is gone, and still map what it mapped there.
    System::clear_entries(table);
    table.pages.level = parent->pages.level + 1;
    table.pages.parent = parent;
    table.pages.parent_entry = index;
    parent->pages.entries[index] = {.table = &table};
    return Outcome::with(table.pages.level);
}

Outcome map(System& system, const Call& call) {
    const auto [frames, first, count, address, rights, kind, unused, progress] = call.words;
    Object& table = *call.capabilities[0]->object;
    const Frame leader = frame_at(system, table, first);
    if (leader.outcome.refused()) return leader.outcome;
    const uint64_t bytes = leader.capability->object->bytes;
    for (uint64_t done = progress; done < count; ++done) {
        const Frame frame = frame_at(system, table, first + done);
        if (frame.outcome.refused()) return frame.outcome.after(done);
        if (frame.capability->object->bytes != bytes)
            return Outcome::refused(ErrorCode::argument_out_of_range, argument_first, bytes).after(done);
        const Outcome outcome = map_one(call, *frame.capability, address + done * bytes, rights, kind);
        if (outcome.refused()) return outcome.after(done);
    }
    return Outcome::with(count);
}

Outcome unmap(System& system, const Call& call) {
    const auto [frames, first, count, unused0, unused1, unused2, unused3, progress] = call.words;
    for (uint64_t done = progress; done < count; ++done) {
        const Frame frame = frame_at(system, *call.capabilities[0]->object, first + done);
        if (frame.outcome.refused()) return frame.outcome.after(done);
        if (is_mapped_in(call.object(), *frame.capability)) System::clear_mapping(*frame.capability);
    }
    return Outcome::with(count);
}

Outcome protect(System& system, const Call& call) {
    const auto [frames, first, count, rights, unused0, unused1, unused2, progress] = call.words;
    for (uint64_t done = progress; done < count; ++done) {
        const Frame frame = frame_at(system, *call.capabilities[0]->object, first + done);
        if (frame.outcome.refused()) return frame.outcome.after(done);
        if (!is_mapped_in(call.object(), *frame.capability))
            return Outcome::refused(ErrorCode::not_bound, argument_first).after(done);
        Entry& entry = frame.capability->mapped_in->pages.entries[frame.capability->mapped_entry];
        const Outcome outcome = check_mapping(call, *frame.capability, rights, entry.kind, protect_rights);
        if (outcome.refused()) return outcome.after(done);
        entry.rights = rights;
    }
    return Outcome::with(count);
}

}  // namespace selene::model::address_space
