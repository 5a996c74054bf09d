// SPDX-License-Identifier: BSD-2-Clause
// A balanced binary search tree of nodes that live inside objects: queues ordered by a key.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace selene {

/// A node of a tree, a member of the object that waits in it. Zeroed memory is an unlinked node.
///
///            parent         lean: which subtree of this node is higher, by one
///              |
///            node
///           /    \          .
///        left    right      no key in left is after the node's, none in right before it
struct TreeNode {
    enum class Side : uint8_t { left, right };
    enum class Lean : uint64_t { unlinked, left, level, right };

    TreeNode* parent = nullptr;
    TreeNode* left = nullptr;
    TreeNode* right = nullptr;
    Lean lean = Lean::unlinked;

    [[nodiscard]] bool linked() const { return lean != Lean::unlinked; }
    [[nodiscard]] TreeNode*& child(Side side) { return side == Side::left ? left : right; }
};
static_assert(sizeof(TreeNode) == 32);

/// The part of a tree that knows no keys: links, balance and the first node.
///
/// Invariants: the heights of a node's two subtrees differ by at most one and `lean` says how (an AVL tree:
/// Adelson-Velsky and Landis, "An algorithm for the organization of information", 1962), so n nodes are at
/// most 1.44 log2(n + 2) high; every child names its parent; `first_` is the leftmost node. Nothing recurses;
/// the balance is kept in the nodes on the way to the root, so that an operation reads these, and their
/// neighbours only to rotate.
class BalancedTree {
public:
    using Side = TreeNode::Side;
    using Lean = TreeNode::Lean;

    /// Where a node can hang. `Place{}` is the root's.
    struct Place {
        TreeNode* parent;
        Side side;
    };

    [[nodiscard]] TreeNode* root() const { return root_; }
    [[nodiscard]] TreeNode* first() const { return first_; }

    /// The node that follows in order.
    [[nodiscard]] static TreeNode* next(const TreeNode& node) {
        if (node.right != nullptr) return leftmost(*node.right);
        const TreeNode* below = &node;
        TreeNode* above = node.parent;
        while (above != nullptr && above->right == below) {
            below = above;
            above = above->parent;
        }
        return above;
    }

    /// Hang an unlinked node in a free place.
    void link(TreeNode& node, Place place) {
        node.lean = Lean::level;
        attach(place, &node);
        if (place.parent == first_ && place.side == Side::left) first_ = &node;
        grow(place);
    }

    /// Take a linked node out. It leaves its place to its only child, or to its successor:
    ///
    ///          node                 next              The subtree that next left is the one that got lower.
    ///         /    \               /    \             .
    ///        a      ...    ->     a      ...
    ///              /                    /
    ///           next                   b
    ///               \                               .
    ///                b
    void unlink(TreeNode& node) {
        if (first_ == &node) first_ = next(node);
        Place lower{};
        if (node.left == nullptr || node.right == nullptr) {
            lower = place_of(node);
            attach(lower, node.left != nullptr ? node.left : node.right);
        } else {
            TreeNode& successor = *leftmost(*node.right);
            if (&successor == node.right) {
                lower = {.parent = &successor, .side = Side::right};
            } else {
                lower = place_of(successor);
                attach(lower, successor.right);
                attach({.parent = &successor, .side = Side::right}, node.right);
            }
            attach({.parent = &successor, .side = Side::left}, node.left);
            successor.lean = node.lean;
            attach(place_of(node), &successor);
        }
        node = {};
        shrink(lower);
    }

private:
    static Side opposite(Side side) { return side == Side::left ? Side::right : Side::left; }
    static Lean lean_to(Side side) { return side == Side::left ? Lean::left : Lean::right; }

    static TreeNode* leftmost(TreeNode& top) {
        TreeNode* node = &top;
        while (node->left != nullptr) node = node->left;
        return node;
    }

    static Place place_of(const TreeNode& node) {
        const bool is_right = node.parent != nullptr && node.parent->right == &node;
        return {.parent = node.parent, .side = is_right ? Side::right : Side::left};
    }

    /// Let `node`, or nothing, hang at `place`.
    void attach(Place place, TreeNode* node) {
        (place.parent != nullptr ? place.parent->child(place.side) : root_) = node;
        if (node != nullptr) node->parent = place.parent;
    }

    /// The subtree at `place` got higher by one: correct its ancestors, up to the first whose height stays.
    void grow(Place place) {
        while (place.parent != nullptr) {
            TreeNode& node = *place.parent;
            if (node.lean == lean_to(place.side)) {
                restore(node, place.side);
                return;
            }
            const bool was_level = node.lean == Lean::level;
            node.lean = was_level ? lean_to(place.side) : Lean::level;
            if (!was_level) return;
            place = place_of(node);
        }
    }

    /// The subtree at `place` got lower by one: correct its ancestors, up to the first whose height stays.
    void shrink(Place place) {
        while (place.parent != nullptr) {
            TreeNode* top = place.parent;
            const Side higher = opposite(place.side);
            if (top->lean == Lean::level) {
                top->lean = lean_to(higher);
                return;
            }
            if (top->lean == lean_to(higher)) {
                top = &restore(*top, higher);
                if (top->lean != Lean::level) return;
            } else {
                top->lean = Lean::level;
            }
            place = place_of(*top);
        }
    }

    /// Make a subtree right whose `heavy` side is higher by two; returns its new top. The top leans, instead
    /// of being level, exactly if the height stayed.
    TreeNode& restore(TreeNode& node, Side heavy) {
        const Side light = opposite(heavy);
        TreeNode& child = *node.child(heavy);
        if (child.lean != lean_to(light)) {
            rotate(node, heavy);
            const bool height_stays = child.lean == Lean::level;
            node.lean = height_stays ? lean_to(heavy) : Lean::level;
            child.lean = height_stays ? lean_to(light) : Lean::level;
            return child;
        }
        TreeNode& grandchild = *child.child(light);
        rotate(child, light);
        rotate(node, heavy);
        node.lean = grandchild.lean == lean_to(heavy) ? lean_to(light) : Lean::level;
        child.lean = grandchild.lean == lean_to(light) ? lean_to(heavy) : Lean::level;
        grandchild.lean = Lean::level;
        return grandchild;
    }

    /// Raise the child at `side` above `node`; the caller sets how they lean.
    ///
    ///        node                  child
    ///       /    \                /     \            .
    ///      a     child    ->    node     c
    ///           /     \        /    \                .
    ///          b       c      a      b
    void rotate(TreeNode& node, Side side) {
        TreeNode& child = *node.child(side);
        attach(place_of(node), &child);
        attach({.parent = &node, .side = side}, child.child(opposite(side)));
        attach({.parent = &child, .side = opposite(side)}, &node);
    }

    TreeNode* root_ = nullptr;
    TreeNode* first_ = nullptr;
};

/// Objects in the order of `Before{}(const T&, const T&)`, a strict weak order; equal ones as they came.
///
/// Zeroed memory is an empty tree. Insert and remove take O(log n) steps at worst, `first` takes one; no
/// memory is allocated, or read outside the objects. Their owner keeps each in place, its key unchanged,
/// while its node is linked. The tree has no lock: what guards the tree's owner guards it and the nodes in
/// it.
template <class T, TreeNode T::* member, class Before>
class OrderedTree {
public:
    [[nodiscard]] bool empty() const { return links_.first() == nullptr; }
    /// The object that is before all others, null if there is none.
    [[nodiscard]] T* first() const { return object_of(links_.first()); }
    /// The object after `object`, which is in the tree; null after the last.
    [[nodiscard]] static T* next(const T& object) { return object_of(BalancedTree::next(object.*member)); }

    /// Put in an object whose node is unlinked, after all that are equal to it.
    void insert(T& object) {
        BalancedTree::Place place{};
        for (TreeNode* at = links_.root(); at != nullptr; at = at->child(place.side)) {
            const bool goes_left = Before{}(object, *object_of(at));
            place = {.parent = at, .side = goes_left ? TreeNode::Side::left : TreeNode::Side::right};
        }
        links_.link(object.*member, place);
    }

    /// Take out an object that is in this tree, or in none: then nothing happens.
    void remove(T& object) {
        if ((object.*member).linked()) links_.unlink(object.*member);
    }

private:
    static T* object_of(TreeNode* node) {
        if (node == nullptr) return nullptr;
        // A pointer to a data member is the member's offset (Itanium C++ ABI, "Data Member Pointers").
        const auto offset = std::bit_cast<std::ptrdiff_t>(member);
        return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(node) - offset);
    }

    BalancedTree links_;
};

}  // namespace selene
