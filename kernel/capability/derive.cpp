// SPDX-License-Identifier: BSD-2-Clause
// What a child may be, type by type.
#include "capability/derive.hpp"

#include "object/mapping.hpp"
#include "object/untyped.hpp"

namespace selene::derive {

using abi::ErrorCode;

namespace {

/// check_child, for who derives the child at once.
[[gnu::always_inline]] inline Result<void> check(const Slot& parent, uint64_t badge, SlotName name)
    SELENE_REQUIRES(tree_lock) {
    if (parent.empty()) return refuse(ErrorCode::empty_slot, name.argument, name.index);
    if (parent.closing()) return refuse(ErrorCode::closing, name.argument, name.index);
    if (DerivationTree::child_depth(parent) > DerivationTree::maximum_depth) {
        return refuse(ErrorCode::depth_exceeded, name.argument, DerivationTree::maximum_depth);
    }
    const CapType type = parent.type();
    if (badge != 0) {
        if (!carries_badge(type) && type != CapType::cap_table)
            return refuse(ErrorCode::argument_out_of_range, name.argument, 0);
        if (carries_badge(type) && parent.capability().word1() != 0)
            return refuse(ErrorCode::badge_set, name.argument, parent.capability().word1());
    }
    if (type == CapType::untyped && parent.has_children())
        return refuse(ErrorCode::has_children, name.argument, name.index);
    return {};
}

/// The whole free range of an untyped goes to the child.
[[gnu::noinline]] Result<void> hand_over(Slot& parent, Slot& child, Rights rights) SELENE_REQUIRES(tree_lock) {
    const Untyped all(parent);
    DerivationTree::insert_origin(parent, child, all.at(0, 0).limited_to(rights));
    parent.update(all.at(all.bytes(), 0));
    return {};
}

/// Of all types but untyped, a badge or guard replaces what the parent has; a frame's child is not mapped.
[[gnu::always_inline]] inline Result<void> derive_checked(Slot& parent, Slot& child, Rights rights, uint64_t badge)
    SELENE_REQUIRES(tree_lock) {
    const Capability capability = parent.capability().limited_to(rights);
    if (capability.type() == CapType::untyped) [[unlikely]]
        return hand_over(parent, child, rights);
    const uint64_t inherited = capability.type() == CapType::frame ? 0 : capability.word1();
    DerivationTree::insert_child(parent, child, capability.with_word1(badge != 0 ? badge : inherited));
    return {};
}

}  // namespace

Result<void> check_child(const Slot& parent, uint64_t badge, SlotName name) { return check(parent, badge, name); }

void child(Slot& parent, Slot& child, Rights rights, uint64_t badge) {
    (void)derive_checked(parent, child, rights, badge);
}

Result<void> try_child(Slot& parent, Slot& child, Child wanted, SlotName name) {
    TRY_VOID(check(parent, wanted.badge, name));
    return derive_checked(parent, child, wanted.rights, wanted.badge);
}

void installed(Slot& parent, Slot& child, CapType type) {
    const Capability capability = parent.capability().with_type(type);
    DerivationTree::insert_child(parent, child,
                                 type == CapType::installed_buffer ? capability.with_word1(0) : capability);
}

Result<void> check_move(const Slot& from, SlotName name) {
    if (from.empty()) return refuse(ErrorCode::empty_slot, name.argument, name.index);
    if (from.closing()) return refuse(ErrorCode::closing, name.argument, name.index);
    return {};
}

void move(DerivationTree& tree, Slot& from, Slot& to) {
    tree.move(from, to);
    if (to.type() == CapType::frame) mapping::frame_moved(to);
}

}  // namespace selene::derive
