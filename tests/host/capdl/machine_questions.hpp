// SPDX-License-Identifier: BSD-2-Clause
// What the compiler asks of a machine's device tree, whatever is in that.
#pragma once

#include <string>

namespace capdl::test {

/// Reads a device tree and asks all there is to be asked of it. False if it is refused, with a sentence; throws if that
/// is empty.
bool read_and_ask(const std::string& tree);

}  // namespace capdl::test
