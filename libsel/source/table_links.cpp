// SPDX-License-Identifier: BSD-2-Clause
// A new table's origin is what links it; the capability that names it lies in its own first slot.

#include <sel/table_links.hpp>

#include <sel/environment.hpp>

namespace sel {

TableLinks::TableLinks(const Means& means, SlotAllocator& slots)
    : means_(means), slots_(slots), spare_(slots.allocate()) {
    slots_.links_ = this;
}

TableLinks::~TableLinks() {
    slots_.links_ = nullptr;
    slots_.linked_.clear();
    if (spare_) (void)slots_.release(*spare_);
    if (next_ != 1) {
        (void)means_.own.unmap({.first = means_.tables.index().raw(), .count = 1, .root = abi::KeepRoot::descendants});
    }
}

Result<TableLinks::Means> TableLinks::own_means(const Environment& environment) {
    SEL_TRY(own, environment.capability<CapTable>("table"));
    SEL_TRY(tables, environment.capability<Untyped>("tables"));
    for (const EnvironmentEntry& entry : environment.entries()) {
        if (entry.kind != EnvironmentKind::table_links) continue;
        return Means{.root = CapTable(CapIndex(entry.value0)),
                     .own = own,
                     .tables = tables,
                     .link_bits = static_cast<unsigned>(entry.value2),
                     .table_bits = static_cast<unsigned>(entry.value1)};
    }
    return refused({LibraryError::unknown_name});
}

Result<void> TableLinks::grow(uint64_t wanted) {
    const uint64_t size = uint64_t{1} << means_.table_bits;
    if (!spare_) return refused(spare_.error());
    if (wanted > size - 1 || next_ >> means_.link_bits != 0) {
        return refused({LibraryError::no_slots, wanted, 0});
    }
    SEL_TRY_VOID(means_.tables.retype(
        {.type = abi::ObjectType::cap_table, .size = size, .count = 1, .table = means_.root, .first = next_}));
    const auto unlink = [&] { (void)means_.root.unmap({.first = next_, .count = 1, .root = abi::KeepRoot::self}); };
    const auto derived = means_.own.map({.first = spare_->raw(),
                                         .source = means_.root,
                                         .source_first = next_,
                                         .count = 1,
                                         .rights = abi::RightsMask(abi::all_rights),
                                         .badge = 0});
    if (!derived) {
        unlink();
        return refused(derived.error());
    }
    const auto moved =
        CapTable(*spare_).grant({.first = 0, .source = means_.own, .source_first = spare_->raw(), .count = 1});
    if (!moved) {
        unlink();
        return refused(moved.error());
    }
    const CapIndex itself(next_ << means_.table_bits);
    auto& linked = slots_.linked_.emplace_back(CapTable(itself), itself, size);
    (void)linked.free.give({itself.raw() + 1, size - 1});
    ++next_;
    return {};
}

}  // namespace sel
