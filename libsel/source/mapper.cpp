// SPDX-License-Identifier: BSD-2-Clause
// Mapping goes on from where a missing page table has stopped it.

#include <sel/mapper.hpp>

namespace sel {

Mapper::~Mapper() {
    // Lower tables first: they were made last.
    while (!tables_.empty()) {
        (void)memory_.release(tables_.back());
        tables_.pop_back();
    }
}

Result<uint64_t> Mapper::map(const Frames& frames, const Access& access) {
    SEL_TRY(address, addresses_.allocate(frames.bytes(), uint64_t{1} << frames.size_bits));
    if (const auto mapped = map_at(address, frames, access); !mapped) {
        (void)addresses_.release(address, frames.bytes());
        return refused(mapped.error());
    }
    return address;
}

Result<void> Mapper::unmap(uint64_t address, const Frames& frames) {
    SEL_TRY_VOID(unmap_at(frames));
    return addresses_.release(address, frames.bytes());
}

Result<void> Mapper::map_at(uint64_t address, const Frames& frames, const Access& access) {
    uint64_t done = 0;
    while (done < frames.count) {
        const auto [table, slot] = memory_.slots().place(table_, frames.first + done);
        const auto mapped = space_.map({.frames = table,
                                        .first = slot,
                                        .count = frames.count - done,
                                        .address = address + (done << frames.size_bits),
                                        .rights = access.rights,
                                        .kind = access.kind});
        if (mapped) {
            return {};
        }
        done += mapped.error().done;
        const bool lacks_table = mapped.error().is(abi::ErrorCode::missing_table);
        const auto added = lacks_table ? add_table(address + (done << frames.size_bits)) : refused(mapped.error());
        if (!added) {
            if (done != 0) {
                (void)unmap_at({frames.first, done, frames.size_bits});
            }
            return added;
        }
    }
    return {};
}

Result<void> Mapper::unmap_at(const Frames& frames) {
    const auto [table, slot] = memory_.slots().place(table_, frames.first);
    SEL_TRY_VOID(space_.unmap({.frames = table, .first = slot, .count = frames.count}));
    return {};
}

/// Hangs in the highest table that is missing on the way to this address.
Result<void> Mapper::add_table(uint64_t address) {
    constexpr uint64_t covered = uint64_t{1} << 21;  // by the lowest kind of table
    SEL_TRY(table, memory_.allocate({abi::ObjectType::page_table}));
    if (const auto hung = space_.map_table(table.as<PageTable>(), address & ~(covered - 1)); !hung) {
        (void)memory_.release(table);
        return refused(hung.error());
    }
    tables_.push_back(table);
    return {};
}

}  // namespace sel
