// SPDX-License-Identifier: BSD-2-Clause
// Going from one thread to another at once, without a choice among those that are ready.
#pragma once

#include "machine.hpp"
#include "scheduling/core.hpp"

namespace selene::scheduler {

/// Whether the thread of this summary is in `state`, on this core, not stopped, and at least as urgent as all that are
/// ready; and neither it nor the current thread uses floating-point registers. One subtraction answers all: the codes of
/// states are even because a borrow from the priority would go unseen in an odd one. Not for one that is inactive, and so
/// in no queue and nobody's partner: fpu_live would make up for what its code has more than that of receiving_passive.
[[nodiscard, gnu::always_inline]] inline bool may_switch_to(uint32_t core_word, uint64_t summary, ThreadState state) {
    constexpr uint32_t flags = uint32_t{state_stopped | state_uses_fpu} << state_shift;
    static_assert((machine::fpu_live & flags) == 0, "what the core says of its registers makes up for no flag");
    return static_cast<uint32_t>(summary) - core_word - (static_cast<uint32_t>(state) << state_shift) <= 0xff;
}

/// The same but for the floating-point registers.
[[nodiscard, gnu::always_inline]] inline bool may_switch_with_fpu(uint32_t core_word, uint64_t summary,
                                                                  ThreadState state) {
    return may_switch_to(core_word & ~machine::fpu_live, summary & ~(uint64_t{state_uses_fpu} << state_shift), state);
}

/// The same of a thread whose state is known already.
[[nodiscard, gnu::always_inline]] inline bool may_go_on(uint32_t core_word, uint64_t summary) {
    constexpr uint64_t state = uint64_t{state_mask} << state_shift;
    return may_switch_with_fpu(core_word, summary & ~state, ThreadState{});
}

/// Tell the hot path whom it may switch to: it goes by the machine's core word alone, of which fpu_live stays.
void publish_floor(Core& core) SELENE_REQUIRES(own_core);
/// To the end of the ready queue.
void enqueue(Core& core, Thread& thread) SELENE_REQUIRES(own_core);

/// Raise the timer at `deadline`, or earlier, when the first in the release queue is due.
inline void set_timer(Core& core, uint64_t deadline) SELENE_REQUIRES(own_core) {
    if (SchedContext* first = core.release.first(); first != nullptr && first->first().time < deadline)
        deadline = first->first().time;
    machine::set_deadline(Ticks(deadline));
}
/// The same, when the core's context is used up.
inline void set_timer(Core& core) SELENE_REQUIRES(own_core) {
    constexpr uint64_t never = ~uint64_t{0} >> 1;
    set_timer(core, core.context != nullptr ? core.charged_until + core.context->first().amount : never);
}

}  // namespace selene::scheduler
