// SPDX-License-Identifier: BSD-2-Clause
// Tables are objects of the allocator's like others, and a child of such a capability is what links one.

#include <sel/table_links.hpp>

#include <utility>

#include <sel/environment.hpp>
#include <sel/untyped_allocator.hpp>

namespace sel {

TableLinks::TableLinks(const Means& means, SlotAllocator& slots) : means_(means), slots_(slots) {
    slots_.links_ = this;
}

TableLinks::~TableLinks() {
    slots_.links_ = nullptr;
    slots_.linked_.clear();
    if (next_ != 1) (void)means_.root.unmap({.first = 1, .count = next_ - 1, .root = abi::KeepRoot::self});
}

Result<TableLinks::Means> TableLinks::own_means(const Environment& environment) {
    for (const EnvironmentEntry& entry : environment.entries()) {
        if (entry.kind != EnvironmentKind::table_links) continue;
        return Means{.root = CapTable(CapIndex(entry.value0)),
                     .link_bits = static_cast<unsigned>(entry.value2),
                     .table_bits = static_cast<unsigned>(entry.value1)};
    }
    return refused({LibraryError::unknown_name});
}

void TableLinks::use(UntypedAllocator& memory) {
    memory_ = &memory;
    prepare();
}

void TableLinks::leave(const UntypedAllocator& memory) {
    if (memory_ != &memory) return;
    memory_ = nullptr;
    prepared_.reset();
    slots_.linked_.clear();
    next_ = 1;
}

/// Not while the allocator itself takes slots for cutting up memory: what it is about to cut might be used here.
void TableLinks::prepare() {
    const bool is_due = memory_ != nullptr && !prepared_ && next_ >> means_.link_bits == 0;
    if (!is_due || is_preparing_ || memory_->is_cutting()) return;
    is_preparing_ = true;
    const auto made =
        memory_->allocate({.type = abi::ObjectType::cap_table, .size = uint64_t{1} << means_.table_bits, .count = 1});
    is_preparing_ = false;
    if (made) prepared_ = made->first;
}

Result<void> TableLinks::grow(uint64_t wanted) {
    const uint64_t size = uint64_t{1} << means_.table_bits;
    if (wanted > size || !prepared_) return refused({LibraryError::no_slots, wanted, 0});
    const auto [source, source_first] = memory_->place(*prepared_);
    SEL_TRY_VOID(means_.root.map({.first = next_,
                                  .source = source,
                                  .source_first = source_first,
                                  .count = 1,
                                  .rights = abi::RightsMask(abi::all_rights),
                                  .badge = 0}));
    const CapIndex first(next_ << means_.table_bits);
    auto& linked = slots_.linked_.emplace_back(CapTable(*std::exchange(prepared_, std::nullopt)), first, size);
    (void)linked.free.give({first.raw(), size});
    ++next_;
    return {};
}

}  // namespace sel
