// SPDX-License-Identifier: BSD-2-Clause
// Writes translation tables.
#include "boot/table_writer.hpp"

#include "translation.hpp"

namespace selene::boot {

using namespace translation;

uint64_t PagePool::take(uint64_t size) {
    if (end_ - next_ < size) return 0;
    const uint64_t pages = next_;
    next_ += size;
    auto* word = reinterpret_cast<uint64_t*>(pages);
    for (const uint64_t* const end = word + size / sizeof(uint64_t); word < end; word += 8) {
        word[0] = word[1] = word[2] = word[3] = word[4] = word[5] = word[6] = word[7] = 0;
    }
    return pages;
}

bool TableWriter::map(uint64_t at, PhysRange range, uint64_t attributes, unsigned coarsest) {
    while (range.size > 0) {
        unsigned level = coarsest;
        const auto fits = [&](uint64_t size) { return is_aligned(at | range.base, size) && range.size >= size; };
        while (level < 3 && !fits(entry_size(level))) level++;
        uint64_t* const entries = table(at, level);
        if (entries == nullptr) return false;

        const uint64_t size = entry_size(level);
        uint64_t index = entry_index(at, level);
        do {
            if (!descriptor::Valid::of(entries[index])) {
                entries[index] = descriptor::leaf(range.base, level, attributes);
            }
            at += size;
            range.base += size;
            range.size -= size;
        } while (++index < entry_count && range.size >= size);
    }
    return true;
}

uint64_t* TableWriter::table(uint64_t at, unsigned level) {
    uint64_t table = root_;
    for (unsigned above = 1; above < level; above++) {
        uint64_t& entry = reinterpret_cast<uint64_t*>(table)[entry_index(at, above)];
        if (!descriptor::Valid::of(entry)) {
            const uint64_t page = pool_.take();
            if (page == 0) return nullptr;
            entry = descriptor::table(page);
        }
        table = entry & descriptor::Address::mask;
    }
    return reinterpret_cast<uint64_t*>(table);
}

}  // namespace selene::boot
