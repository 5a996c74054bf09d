// SPDX-License-Identifier: BSD-2-Clause
// Walks over all capabilities and all objects, for the invariants.
#pragma once

#include "abi/object_sizes.hpp"
#include "capability/derivation_tree.hpp"
#include "invariants/invariants.hpp"
#include "ipc/wait_queue.hpp"
#include "machine.hpp"
#include "object/cap_table.hpp"
#include "object/frame.hpp"
#include "object/untyped.hpp"
#include "scheduling/sched_context.hpp"

namespace selene::invariant {

/// Call `visit(slot)` for every capability in the order of the list, until it returns a violation.
template <class Visit>
Violation each_slot(DerivationTree& tree, const Visit& visit) {
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        if (const Violation violation = visit(*slot); violation.found()) return violation;
    }
    return {};
}

/// Call `visit(slot)` for every origin.
template <class Visit>
Violation each_origin(DerivationTree& tree, const Visit& visit) {
    return each_slot(tree, [&](Slot& slot) -> Violation { return slot.origin() ? visit(slot) : Violation{}; });
}

/// Call `visit(object)` for every living object of a type.
template <class Object, class Visit>
Violation each_object(DerivationTree& tree, CapType type, const Visit& visit) {
    return each_origin(tree, [&](Slot& slot) -> Violation {
        return slot.type() == type ? visit(*slot.object<Object>()) : Violation{};
    });
}

/// Call `visit(thread)` for every waiter of a queue in the order of service, as far as its links make sense.
template <class Visit>
void each_waiter(const WaitQueue& queue, const Visit& visit) {
    unsigned limit = abi::priorities;
    for (Thread* leader = queue.first(); leader != nullptr && leader->priority() < limit;) {
        Thread* thread = leader;
        do {
            visit(*thread);
            Thread* next = thread->next;
            if (next == nullptr || next->previous != thread) break;
            thread = next;
        } while (thread != leader);
        limit = leader->priority();
        leader = queue.below(limit);
    }
}

/// The slots that a slot hangs below, while a walk passes by.
class Ancestors {
public:
    /// The parent of the next slot in the list, null for a root.
    Slot* enter(Slot& slot) {
        while (count_ > 0 && slots_[count_ - 1]->depth() >= slot.depth()) --count_;
        Slot* parent = count_ > 0 ? slots_[count_ - 1] : nullptr;
        slots_[count_++] = &slot;
        return parent;
    }
    /// How many slots are above the one entered last; and these, a root first.
    [[nodiscard]] unsigned above() const { return count_ - 1; }
    [[nodiscard]] const Slot& at(unsigned place) const { return *slots_[place]; }

private:
    Slot* slots_[DerivationTree::maximum_depth + 1];
    unsigned count_ = 0;
};

/// A set of addresses by their number and a sum of hashes: two sets that differ agree in both only by a chance of one
/// in 2^64. Thereby sets are compared without memory, in time in proportion to their size.
class Fingerprint {
public:
    void add(const void* address) {
        // The finalizer of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
        auto word = reinterpret_cast<uint64_t>(address);
        word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
        word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
        sum_ += word ^ (word >> 31);
        ++count_;
    }
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

private:
    uint64_t count_ = 0;
    uint64_t sum_ = 0;
};

/// The type that a capability has where it can be named.
constexpr CapType named_type(CapType type) {
    switch (type) {
    case CapType::installed_table: return CapType::cap_table;
    case CapType::installed_space: return CapType::address_space;
    case CapType::installed_endpoint: return CapType::endpoint;
    case CapType::installed_task: return CapType::task;
    case CapType::installed_buffer: return CapType::frame;
    case CapType::installed_notification: return CapType::notification;
    default: return type;
    }
}

/// Whether there is no object, and so no memory, but an authority.
constexpr bool is_authority(CapType type) {
    return type == CapType::interrupt_control || type == CapType::schedule_control || type == CapType::power_control;
}
/// Whether the object is one that the kernel keeps something in.
constexpr bool is_kernel_object(CapType type) {
    return type != CapType::untyped && type != CapType::frame && !is_authority(type);
}

/// A table that dies may have left the untyped that it was made from: see capability/unmap.hpp.
inline bool is_dying_table(const Slot& origin) {
    return origin.type() == CapType::cap_table && origin.object<CapTable>()->dying();
}

/// The memory of the object that an origin stands for; nothing for the authorities.
struct Extent {
    uint64_t base;
    uint64_t bytes;

    [[nodiscard]] uint64_t end() const { return base + bytes; }
    [[nodiscard]] bool overlaps(const Extent& other) const { return base < other.end() && other.base < end(); }
    [[nodiscard]] bool holds(const Extent& other) const { return base <= other.base && other.end() <= end(); }
};

inline uint64_t size_argument(const Slot& origin) {
    switch (origin.type()) {
    case CapType::cap_table: return origin.object<CapTable>()->count();
    case CapType::sched_context: return origin.object<SchedContext>()->capacity;
    case CapType::frame: return Frame(origin).size_bits();
    default: return 0;
    }
}

inline Extent extent_of(const Slot& origin) {
    switch (origin.type()) {
    case CapType::untyped: return {Untyped(origin).base().value(), Untyped(origin).bytes()};
    case CapType::frame: return {Frame(origin).base().value(), Frame(origin).bytes()};
    case CapType::empty:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control: return {0, 0};
    default:
        return {machine::physical(origin.object<void>()).value(),
                abi::object_bytes(object_type(origin.type()), size_argument(origin))};
    }
}

}  // namespace selene::invariant
