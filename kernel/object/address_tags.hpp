// SPDX-License-Identifier: BSD-2-Clause
// The hardware's tags for address spaces (ASIDs, VMIDs) and who has them.
#pragma once

#include "base/lock.hpp"
#include "base/units.hpp"

namespace selene {

struct PageTable;
struct Task;

/// An array from tag to space with a clock hand. Taking a tag from a space clears the one cached register value that
/// names it, so a switch tests only that. Invariant: spaces_[t] == s exactly when s.tag() == t; a task's root is not 0
/// exactly when its space has a tag and names the task as active.
class AddressTags {
public:
    static constexpr unsigned maximum = 256;

    /// Give `task` the register value of its space, with a tag from another space if need be. The task has a space.
    void activate(Task& task) SELENE_REQUIRES(tree_lock);
    /// Take the value from whoever has it: the space dies or the task leaves it.
    void deactivate(PageTable& space) SELENE_REQUIRES(tree_lock);
    /// Take the tag from a space that dies.
    void release(PageTable& space) SELENE_REQUIRES(tree_lock);
    /// Who has a tag, null if nobody does.
    [[nodiscard]] const PageTable* space(AddressTag tag) const { return spaces_[tag.value()]; }

private:
    PageTable* spaces_[maximum];
    uint64_t hand_;
};

}  // namespace selene
