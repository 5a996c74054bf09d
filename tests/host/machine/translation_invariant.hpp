// SPDX-License-Identifier: BSD-2-Clause
// The invariant of the simulated machine beside those of the kernel: no translation that it remembers is stale.
#pragma once

#include "invariants/invariants.hpp"

namespace selene::invariant {

/// What the translation buffer remembers by a tag is what the tables of the tag's space say, and no flush waits for its
/// barrier. On hardware a stale translation may be used at any time, so there must be none.
Function no_translation_is_stale;

}  // namespace selene::invariant
