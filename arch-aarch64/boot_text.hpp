// SPDX-License-Identifier: BSD-2-Clause
// The kernel's code that runs only before the first user program does.
#pragma once

namespace selene {

/// Unmap it: code in the section .boot_text, which a file or a part of one asks for by `#pragma clang section`. The
/// caller must not be in that section itself, nor return there.
void unmap_boot_text();

}  // namespace selene
