// SPDX-License-Identifier: BSD-2-Clause
// Handing out and taking back hardware tags.
#include "object/address_tags.hpp"

#include "machine.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"

namespace selene {

void AddressTags::deactivate(PageTable& space) {
    if (Task* task = space.active_task(); task != nullptr) {
        task->root = 0;
        space.set_active_task(nullptr);
    }
}

void AddressTags::release(PageTable& space) {
    deactivate(space);
    const uint16_t tag = space.tag().value();
    if (tag == 0) return;
    machine::flush_tag(space.tag());
    // Whoever gets the tag next must not meet what is still being flushed.
    machine::flush_barrier();
    spaces_[tag] = nullptr;
    space.set_tag(AddressTag(0));
}

void AddressTags::activate(Task& task) {
    PageTable& space = *task.space;
    deactivate(space);
    if (space.tag().value() == 0) {
        // The walker must not fill in entries of the space that loses its tag once they are flushed: that could be the
        // current one.
        machine::leave_space();
        const unsigned count = machine::tag_count() < maximum ? machine::tag_count() : maximum;
        hand_ = hand_ + 1 < count ? hand_ + 1 : 1;
        if (spaces_[hand_] != nullptr) release(*spaces_[hand_]);
        machine::publish_zeroes();
        spaces_[hand_] = &space;
        space.set_tag(AddressTag(static_cast<uint16_t>(hand_)));
    }
    space.set_active_task(&task);
    task.root = machine::root_value(machine::physical(&space), space.tag());
}

}  // namespace selene
