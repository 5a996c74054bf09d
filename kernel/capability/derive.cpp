// SPDX-License-Identifier: BSD-2-Clause
// What a child may be, type by type.
#include "capability/derive.hpp"

#include "object/mapping.hpp"
#include "object/untyped.hpp"

namespace selene::derive {

using abi::ErrorCode;

Result<void> check_child(const Slot& parent, uint64_t badge, SlotName name) {
    if (parent.empty()) return refuse(ErrorCode::empty_slot, name.argument, name.index);
    if (parent.closing()) return refuse(ErrorCode::closing, name.argument, name.index);
    if (DerivationTree::child_depth(parent) > DerivationTree::maximum_depth) {
        return refuse(ErrorCode::depth_exceeded, name.argument, DerivationTree::maximum_depth);
    }
    const CapType type = parent.type();
    if (carries_badge(type) && badge != 0 && parent.capability().word1() != 0) {
        return refuse(ErrorCode::badge_set, name.argument, parent.capability().word1());
    }
    if (!carries_badge(type) && type != CapType::cap_table && badge != 0)
        return refuse(ErrorCode::argument_out_of_range, name.argument, 0);
    if (type == CapType::untyped && parent.has_children())
        return refuse(ErrorCode::has_children, name.argument, name.index);
    return {};
}

void child(DerivationTree& tree, Slot& parent, Slot& child, Rights rights, uint64_t badge) {
    const Capability capability = parent.capability().limited_to(rights);
    switch (capability.type()) {
    case CapType::endpoint:
    case CapType::notification:
    case CapType::cap_table:
        tree.insert_child(parent, child, badge != 0 ? capability.with_word1(badge) : capability);
        break;
    case CapType::frame: tree.insert_child(parent, child, capability.with_word1(0)); break;
    case CapType::untyped: {
        const Untyped all(parent);
        tree.insert_origin(parent, child, all.at(0, 0).with_rights(capability.rights()));
        parent.update(all.at(all.bytes(), 0));
        break;
    }
    case CapType::empty:
    case CapType::task:
    case CapType::thread:
    case CapType::address_space:
    case CapType::page_table:
    case CapType::reply:
    case CapType::sched_context:
    case CapType::interrupt_handler:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control:
    case CapType::installed_table:
    case CapType::installed_space:
    case CapType::installed_endpoint:
    case CapType::installed_task:
    case CapType::installed_buffer:
    case CapType::installed_notification: tree.insert_child(parent, child, capability); break;
    }
}

void installed(DerivationTree& tree, Slot& parent, Slot& child, CapType type) {
    const Capability capability = parent.capability().with_type(type);
    tree.insert_child(parent, child, type == CapType::installed_buffer ? capability.with_word1(0) : capability);
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
