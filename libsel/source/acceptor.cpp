// SPDX-License-Identifier: BSD-2-Clause
// The receive window, and the slots behind it.

#include <sel/acceptor.hpp>

namespace sel {

Result<CapIndex> Acceptor::open(uint64_t count) const {
    SEL_TRY(first, slots_->allocate(count));
    if (const auto set = reopen(first, count); !set) {
        (void)slots_->release(first, count);
        return refused(set.error());
    }
    return first;
}

Result<void> Acceptor::reopen(CapIndex first, uint64_t count) const {
    const auto [table, slot] = slots_->place(table_, first);
    return set_receive_window(table.index(), slot, count);
}

void Acceptor::close(CapIndex first, uint64_t count, uint64_t kept) const {
    (void)set_receive_window(table_.index(), 0, 0);
    if (kept == count) return;
    empty(first + kept, count - kept);
    (void)slots_->release(first + kept, count - kept);
}

void Acceptor::empty(CapIndex first, uint64_t count) const {
    const auto [table, slot] = slots_->place(table_, first);
    (void)table.unmap({.first = slot, .count = count, .root = abi::KeepRoot::self});
}

Result<CapIndex> Acceptor::keep(CapIndex arrived) const {
    SEL_TRY(kept, slots_->allocate());
    const auto [into, first] = slots_->place(table_, kept);
    const auto [source, source_first] = slots_->place(table_, arrived);
    const auto moved = into.grant({.first = first, .source = source, .source_first = source_first, .count = 1});
    if (!moved) {
        (void)slots_->release(kept);
        return refused(moved.error());
    }
    return kept;
}

}  // namespace sel
