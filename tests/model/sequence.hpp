// SPDX-License-Identifier: BSD-2-Clause
// Sequences of operations: carried out from the beginning, and made shorter.
#pragma once

#include "tally.hpp"

namespace selene::model {

/// A random sequence, and what differed after its last operation, if anything.
struct Played {
    std::vector<Operation> operations;
    std::optional<std::string> difference;
};
/// Draw a sequence as the model goes; it ends early when there is nothing left to play with.
Played play(uint64_t seed, unsigned operations, const Setting& setting, Tally& tally);

/// Run operations from the beginning; what differs after which, if anything.
std::optional<std::string> run(const std::vector<Operation>& operations, const Setting& setting);

/// The shortest sequence found by leaving operations out that still fails.
std::vector<Operation> shrink(std::vector<Operation> operations, const Setting& setting);

}  // namespace selene::model
