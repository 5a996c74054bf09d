// SPDX-License-Identifier: BSD-2-Clause
// Inspection: what slots hold and what threads do, told to who has the right to know.
#pragma once

#include "abi/methods.hpp"

namespace selene::inspection {

/// What a slot holds and where it is in the derivation tree.
[[nodiscard]] SlotReport report(const Kernel& kernel, const Slot& slot) SELENE_REQUIRES(tree_lock, own_core);

/// The state of a thread as user level knows it.
[[nodiscard]] abi::ThreadState state_of(const Thread& thread) SELENE_REQUIRES(own_core);
/// Refuse what that state does not allow; `argument` is the number of the thread's capability.
[[nodiscard]] Refused refuse_state(const Thread& thread, unsigned argument) SELENE_REQUIRES(own_core);

}  // namespace selene::inspection
