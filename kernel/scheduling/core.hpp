// SPDX-License-Identifier: BSD-2-Clause
// Core: what belongs to one processor core.
#pragma once

#include <cstddef>

#include "base/identity.hpp"
#include "base/ordered_tree.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "capability/derivation_tree.hpp"
#include "object/address_tags.hpp"
#include "object/interrupt_lines.hpp"
#include "scheduling/mailbox.hpp"
#include "scheduling/ready_queues.hpp"
#include "scheduling/sched_context.hpp"

namespace selene {

struct ReleasedEarlier {
    bool operator()(const SchedContext& a, const SchedContext& b) const {
        own_core.assert_held();  // the tree that asks is a core's
        return a.refills[a.head].time < b.refills[b.head].time;
    }
};
using ReleaseQueue = OrderedTree<SchedContext, &SchedContext::release_node, ReleasedEarlier>;

/// What all cores share.
struct Kernel {
    DerivationTree tree;
    InterruptLines lines SELENE_GUARDED_BY(tree_lock);
    AddressTags tags SELENE_GUARDED_BY(tree_lock);
    uint64_t minimum_budget;  ///< ticks; never changes after boot
    IdentityHash identities;  ///< never changes after boot
    Core* cores;              ///< the areas of all, side by side, the boot core's first; never changes after boot
};

/// How far a core other than the one that boots has come. Each step is taken by the core itself or by the boot core:
///
///     absent ─(itself)─> arriving ─(itself)─> idle ─(boot core, posts its mail)─> greeted ─(boot core, has it back)─> answered
///       └─(boot core, which cannot start it or has waited long enough)─> left_out
enum class CorePresence : uint32_t { absent, arriving, idle, greeted, answered, left_out };

/// One area of 64 KiB, so that bits 31 to 16 of its address tell cores apart in Thread::summary and the low bits of the
/// machine's core register are free for the highest ready priority. The kernel's stack lies in the same area.
///
///     +0 Core's data   +0x1800 stack, growing down from +0x4000   +0x4000 what the vectors reach
struct alignas(65536) Core {
    static constexpr size_t stack_bottom = 0x1800;
    static constexpr size_t stack_top = 0x4000;

    Kernel* kernel;  ///< never changes after boot
    /// What the current thread runs on; its budget belongs to the core while it does.
    SchedContext* context SELENE_GUARDED_BY(own_core);
    uint64_t charged_until SELENE_GUARDED_BY(own_core);  ///< time up to which `context` has been charged
    Thread* fpu_owner SELENE_GUARDED_BY(own_core);       ///< whose floating-point registers are in the machine
    CoreId id;                                           ///< never changes after boot
    Refusal refusal SELENE_GUARDED_BY(own_core);         ///< what the refusal that is on its way to user level names
    ReadyQueues ready SELENE_GUARDED_BY(own_core);
    ReleaseQueue release SELENE_GUARDED_BY(own_core);

    // Where the stack begins, so that the vectors reach it.

    /// Place for the Invocation of a method call that comes from the hot path.
    alignas(stack_top) std::byte invocation[32] SELENE_GUARDED_BY(own_core);
    /// In a method call: the thread that has made it, whose x19 to x30, sp and pc are still in the machine's registers;
    /// null if there is nothing to save on the way out.
    Thread* entered SELENE_GUARDED_BY(own_core);
    Thread* current SELENE_GUARDED_BY(own_core);  ///< in the kernel, but for hot and direct switches; null when idle
    /// Not 0: the current thread may not be the one to go on. It is 0 only while there is a current thread.
    uint64_t reschedule SELENE_GUARDED_BY(own_core);

    // What other cores write, in a cache line of its own.

    alignas(64) Mailbox mailbox;
    Mail greeting;  ///< by which a core shows that it is there
    std::atomic<CorePresence> presence;

    [[nodiscard]] uint32_t summary_bits() const {
        return static_cast<uint32_t>(reinterpret_cast<uint64_t>(this)) & 0xffff0000;
    }
    /// The core that a mail lies in.
    [[nodiscard]] static Core& of(Mail& greeting) {
        return *reinterpret_cast<Core*>(reinterpret_cast<uint64_t>(&greeting) & ~uint64_t{0xffff});
    }
};
static_assert(offsetof(Core, release) + sizeof(ReleaseQueue) <= Core::stack_bottom);
static_assert(offsetof(Core, invocation) == Core::stack_top);

}  // namespace selene
