// SPDX-License-Identifier: BSD-2-Clause
// The simulated page-table walker and its translation buffer.
#include "simulated_machine.hpp"

namespace selene::machine {

namespace {

constexpr unsigned entries = 512;
constexpr unsigned leaf_level = 3;

constexpr uint64_t span(unsigned level) { return uint64_t{1} << (12 + 9 * (leaf_level - level)); }

/// Call `visit` with every translation below a table, and `visit_table` with every entry that leads to another.
template <class Visit, class VisitTable>
void for_each(PhysAddr table, unsigned level, uint64_t address, const Visit& visit, const VisitTable& visit_table) {
    const auto* words = window<uint64_t>(table);
    for (unsigned i = 0; i < entries; ++i) {
        const uint64_t entry = words[i];
        if (entry == 0) continue;
        const uint64_t at = address + i * span(level);
        if (PageEntry::is_table(entry, level)) {
            visit_table(at, level, entry);
            for_each(PageEntry::address(entry), level + 1, at, visit, visit_table);
        } else {
            visit(Translation{at, span(level), entry});
        }
    }
}

PhysAddr table_of(uint64_t root) { return PhysAddr(RootTable::of(root) * page_bytes); }
uint16_t tag_of(uint64_t root) { return static_cast<uint16_t>(RootTag::of(root)); }

}  // namespace

void TranslationBuffer::remember_all() {
    if (root_ == 0) return;
    auto& known = tags_[tag_of(root_)];
    auto& tables = tables_[tag_of(root_)];
    for_each(
        table_of(root_), 1, 0, [&](const Translation& found) { known.try_emplace(found.address, found); },
        [&](uint64_t address, unsigned level, uint64_t entry) { tables.try_emplace({address, level}, entry); });
}

void TranslationBuffer::enter(uint64_t root) {
    if (root == 0) throw Panic("set_space: no space");
    if (root != root_) remember_all();
    root_ = root;
    remember_all();
}

void TranslationBuffer::leave() {
    remember_all();
    root_ = 0;
}

void TranslationBuffer::flush_page(VirtAddr address, AddressTag tag) {
    ++counts_.pages;
    pending_.push_back({tag.value(), address.value()});
}
void TranslationBuffer::flush_tag(AddressTag tag) {
    ++counts_.tags;
    pending_.push_back({tag.value(), std::nullopt});
}

void TranslationBuffer::barrier() {
    ++counts_.barriers;
    for (const Flush& flush : pending_) {
        auto& known = tags_[flush.tag];
        if (flush.address) {
            std::erase_if(known, [&](const auto& pair) { return *flush.address - pair.first < pair.second.bytes; });
            std::erase_if(tables_[flush.tag], [&](const auto& pair) {
                const auto [address, level] = pair.first;
                return *flush.address - address < span(level);
            });
        } else {
            known.clear();
            tables_[flush.tag].clear();
        }
    }
    pending_.clear();
    remember_all();
}

std::optional<Translation> TranslationBuffer::lookup(uint16_t tag, uint64_t address) const {
    const auto known = tags_.find(tag);
    if (known == tags_.end()) return std::nullopt;
    auto next = known->second.upper_bound(address);
    if (next == known->second.begin()) return std::nullopt;
    const Translation& candidate = std::prev(next)->second;
    if (address - candidate.address < candidate.bytes) return candidate;
    return std::nullopt;
}

std::optional<Translation> walk(PhysAddr root, uint64_t address) {
    PhysAddr table = root;
    for (unsigned level = 1; level <= leaf_level; ++level) {
        const uint64_t entry = window<uint64_t>(table)[address / span(level) % entries];
        if (entry == 0) return std::nullopt;
        if (!PageEntry::is_table(entry, level))
            return Translation{address / span(level) * span(level), span(level), entry};
        table = PageEntry::address(entry);
    }
    return std::nullopt;
}

uint64_t entry_on_walk(PhysAddr root, uint64_t address, unsigned level) {
    PhysAddr table = root;
    for (unsigned above = 1;; ++above) {
        const uint64_t entry = window<uint64_t>(table)[address / span(above) % entries];
        if (above == level) return entry;
        if (!PageEntry::is_table(entry, above)) return 0;
        table = PageEntry::address(entry);
    }
}

void set_space(uint64_t root) { simulated().translations.enter(root); }
void leave_space() { simulated().translations.leave(); }

void write_entry(uint64_t* entry, uint64_t value) {
    (void)physical(entry);
    if (*entry != 0) simulated().translations.before_change();
    *entry = value;
}

void flush_page(VirtAddr address, AddressTag tag) { simulated().translations.flush_page(address, tag); }
void flush_tag(AddressTag tag) { simulated().translations.flush_tag(tag); }
void flush_barrier() { simulated().translations.barrier(); }

}  // namespace selene::machine
