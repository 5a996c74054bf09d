// SPDX-License-Identifier: BSD-2-Clause
// What hot switches ask of a machine, for the simulated one. Part of ipc/hot_switch.hpp: include that.
#pragma once

#include "machine.hpp"

namespace selene::machine {

/// Who has entered by the hot path: hot_entry.hpp.
[[nodiscard]] Thread* calling_thread();
[[nodiscard]] inline uint32_t calling_core_word() { return core_word(this_core()); }
inline constexpr uint64_t address_top = 0;
void copy_words(const uint64_t* from, uint64_t* to, uint64_t count);

}  // namespace selene::machine
