// SPDX-License-Identifier: BSD-2-Clause
// A doubly linked ring of nodes that live inside objects.
#pragma once

#include "base/field.hpp"

namespace selene {

/// A node of a ring, or its anchor. Two null links (zeroed memory) mean: alone. Taking a node out needs neither the
/// anchor nor any other member, so a ring whose anchor has gone stays safe.
class RingNode {
public:
    [[nodiscard]] bool alone() const { return next_ == nullptr; }
    [[nodiscard]] RingNode* next() const { return next_; }

    /// Put `node` in front of this one: at the end, if this is the anchor.
    void append(RingNode& node) {
        RingNode* last = alone() ? this : previous_;
        node.previous_ = last;
        node.next_ = this;
        last->next_ = &node;
        previous_ = &node;
    }

    void remove() {
        if (alone()) return;
        if (next_ == previous_) {
            next_->next_ = nullptr;
            next_->previous_ = nullptr;
        } else {
            next_->previous_ = previous_;
            previous_->next_ = next_;
        }
        next_ = nullptr;
        previous_ = nullptr;
    }

private:
    RingNode* next_;
    RingNode* previous_;
};
static_assert(sizeof(RingNode) == 16);

}  // namespace selene
