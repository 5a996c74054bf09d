// SPDX-License-Identifier: BSD-2-Clause
// Invariants of single objects: the parts of those in invariants.hpp that one object can be asked for.
#pragma once

#include "invariants/invariants.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

// Of cached_values_agree.
Violation check_task(Task& task);
Violation check_thread(Thread& thread);

// Of the invariants of refills.
Violation check_refill_count(SchedContext& context);
Violation check_refill_order(SchedContext& context);
Violation check_refill_sum(SchedContext& context);

// Of contexts_are_inverse: what a thread runs on.
Violation check_running_context(Core& core, Thread& thread);

}  // namespace selene::invariant
