// SPDX-License-Identifier: BSD-2-Clause
// The steps of unmap.
#include "capability/unmap.hpp"

#include "base/assert.hpp"
#include "object/cap_table.hpp"
#include "object/frame.hpp"
#include "object/lifecycle.hpp"

namespace selene {

namespace {

/// One unmap between two preemption points. The queue of dying tables is the invoker's while it lives; a table whose
/// queue is gone stays in the tree as a dying one and is buried by the next unmap above it.
class Unmapper {
public:
    Unmapper(Core& core, Thread& invoker) : core_(core), tree_(core.kernel->tree), invoker_(invoker) {}

    /// Take one thing away from below `root`; false if nothing is there. `place`: where the origin of a table found
    /// there goes.
    enum class Place : uint8_t { stays, before_root };
    bool strip(Slot& root, Place place) SELENE_REQUIRES(tree_lock, own_core) {
        Slot& node = *root.next();
        if (!root.has_below(&node)) return false;
        if (!node.origin() || node.type() == CapType::untyped) {
            remove(node);
        } else if (node.has_children()) {
            remove(*node.next());
        } else if (node.type() != CapType::cap_table) {
            end(node);
        } else {
            begin_dying(node, root, place);
        }
        return true;
    }

    /// Empty what ends unnoticed right below `root`, in at most `limit` steps; how many it took.
    unsigned strip_unnoticed(Slot& root, unsigned limit) SELENE_REQUIRES(tree_lock) {
        unsigned steps = 0;
        for (; steps < limit; ++steps) {
            Slot* before = &root;
            Slot* node = root.next();
            if (!root.has_below(node)) break;
            if (node->origin() && node->type() != CapType::untyped && node->has_children()) {
                before = node;
                node = node->next();
            }
            if (!lifecycle::ends_unnoticed(*node)) break;
            DerivationTree::remove_after(*before);
        }
        return steps;
    }

    /// Ordinary steps' worth of work since the last question, at least one.
    unsigned take_cost() {
        const unsigned cost = cost_;
        cost_ = 1;
        return cost;
    }

    /// One step of a table's death. Whether it is gone.
    bool bury_step(CapTable& table) SELENE_REQUIRES(tree_lock, own_core) {
        Slot* slot = table.at_cursor();
        if (slot == nullptr) {
            table.end_dying();
            tree_.remove(table.refuge());
            return true;
        }
        if (slot->empty()) {
            table.advance_cursor();
        } else if (!strip(*slot, Place::before_root)) {
            if (slot->origin() && slot->type() == CapType::cap_table) {
                begin_dying(*slot, *slot, Place::stays);
            } else {
                end(*slot);
            }
        }
        return false;
    }

    /// One step of what is queued. Whether the queue is empty.
    bool queue_step() SELENE_REQUIRES(tree_lock, own_core) {
        RingNode& queue = invoker_.dying_tables;
        if (queue.alone()) return true;
        bury_step(CapTable::of_dying_node(*queue.next()));
        return queue.alone();
    }

    /// One step below `root` and, if `keep` says so, on it. Whether nothing is left to do there.
    bool root_step(Slot& root, abi::KeepRoot keep) SELENE_REQUIRES(tree_lock, own_core) {
        if (root.empty()) return true;
        Slot& node = *root.next();
        if (root.has_below(&node)) {
            CapTable* table = node.type() == CapType::cap_table && node.origin() && !node.has_children()
                                  ? node.object<CapTable>()
                                  : nullptr;
            if (table != nullptr && table->dying()) {
                bury_step(*table);
            } else {
                strip(root, Place::stays);
            }
            return false;
        }
        if (keep == abi::KeepRoot::descendants) {
            root.set_closing(0);
            return true;
        }
        if (root.origin() && root.type() == CapType::cap_table) {
            begin_dying(root, root, Place::stays);
        } else {
            end(root);
        }
        return root.empty();
    }

private:
    void remove(Slot& slot) SELENE_REQUIRES(tree_lock, own_core) {
        cost_ = lifecycle::cost_of_step(slot.type());
        lifecycle::remove_capability(core_, slot);
    }

    /// Empty a slot without descendants, after its object's end if it is the origin.
    void end(Slot& slot) SELENE_REQUIRES(tree_lock, own_core) {
        if (slot.origin()) {
            cost_ = lifecycle::cost_of_step(slot.type());
            if (!lifecycle::end_object_step(core_, slot)) return;
        }
        lifecycle::remove_capability(core_, slot);
    }

    void begin_dying(Slot& origin, Slot& root, Place place) SELENE_REQUIRES(tree_lock, own_core) {
        CapTable& table = *origin.object<CapTable>();
        if (place == Place::before_root) {
            relocate_before(origin, table, root);
        } else if (&origin != &table.refuge()) {
            tree_.move(origin, table.refuge());
        }
        table.begin_dying(invoker_.dying_tables);
    }

    void relocate_before(Slot& origin, CapTable& table, Slot& root) SELENE_REQUIRES(tree_lock) {
        if (&origin == &table.refuge()) {
            tree_.relink_before(origin, root);
        } else {
            tree_.move_before(origin, table.refuge(), root);
        }
    }

    Core& core_;
    DerivationTree& tree_;
    Thread& invoker_;
    unsigned cost_ = 1;
};

}  // namespace

bool bury_dying_tables(Core& core, PreemptionPoint& preemption) {
    Thread& invoker = *core.current;
    Unmapper unmapper(core, invoker);
    for (;;) {
        const bool done = unmapper.queue_step();
        // The invoker may be among the victims.
        if (core.current != &invoker) return false;
        if (done) return true;
        if (preemption.due(unmapper.take_cost())) return false;
    }
}

bool remove_leaf(Slot& slot) {
    const bool mapped = slot.type() == CapType::frame && Frame(slot).entry() != nullptr;
    if (slot.empty() || slot.origin() || mapped || slot.has_children()) return false;
    DerivationTree::remove(slot);
    return true;
}

bool unmap(Core& core, Slot& root, abi::KeepRoot keep, PreemptionPoint& preemption) {
    Thread& invoker = *core.current;
    Unmapper unmapper(core, invoker);
    if (!root.empty()) root.set_closing(1);
    for (;;) {
        if (invoker.dying_tables.alone() && !root.empty()) {
            const unsigned limit = preemption.steps_left();
            const unsigned steps = unmapper.strip_unnoticed(root, limit);
            if (preemption.due(steps)) return false;
            if (steps == limit) continue;
        }
        const bool done = unmapper.queue_step() && unmapper.root_step(root, keep) && invoker.dying_tables.alone();
        // The invoker may be among the victims: what it has left is then for the next unmap above.
        if (core.current != &invoker) return false;
        if (done) return true;
        if (preemption.due(unmapper.take_cost())) return false;
    }
}

}  // namespace selene
