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
    return set_receive_window(table_.index(), first.raw(), count);
}

void Acceptor::close(CapIndex first, uint64_t count, uint64_t kept) const {
    (void)set_receive_window(table_.index(), 0, 0);
    if (kept == count) return;
    empty(first + kept, count - kept);
    (void)slots_->release(first + kept, count - kept);
}

void Acceptor::empty(CapIndex first, uint64_t count) const {
    (void)table_.unmap({.first = first.raw(), .count = count, .root = abi::KeepRoot::self});
}

Result<CapIndex> Acceptor::keep(CapIndex arrived) const {
    SEL_TRY(slot, slots_->allocate());
    const auto moved = table_.grant({.first = slot.raw(), .source = table_, .source_first = arrived.raw(), .count = 1});
    if (!moved) {
        (void)slots_->release(slot);
        return refused(moved.error());
    }
    return slot;
}

}  // namespace sel
