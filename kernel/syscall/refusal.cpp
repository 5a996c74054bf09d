// SPDX-License-Identifier: BSD-2-Clause
// Refusals: their code travels in a Result, what they name in the core.
#include "base/result.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"

namespace selene {

Refused refuse(abi::ErrorCode code, uint64_t detail0, uint64_t detail1, uint64_t done) {
    own_core.assert_held();  // whoever refuses is in the kernel
    machine::this_core().refusal = {detail0, detail1, done};
    return Refused{code};
}

Refused refuse_item(abi::ErrorCode code, uint64_t done) {
    own_core.assert_held();
    machine::this_core().refusal.done = done;
    return Refused{code};
}

}  // namespace selene
