// SPDX-License-Identifier: BSD-2-Clause
// Power control: its methods.
#include "abi/methods.hpp"
#include "machine.hpp"

namespace selene {

Result<void> power_control_off(Invocation&) { machine::power_off(); }
Result<void> power_control_reset(Invocation&) { machine::reset(); }

}  // namespace selene
