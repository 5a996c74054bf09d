// SPDX-License-Identifier: BSD-2-Clause
// Whether a machine has the devices, interrupts and cores that a system wants.
#pragma once

#include "machine/machine.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Reports what the loader, or the kernel, would refuse on this machine: devices that it does not have, addresses that
/// nobody can have, registers and interrupts that two objects stand for, the kernel's own interrupts, missing cores.
/// Addresses and interrupts that the device tree knows nothing of get a warning, `no-device`.
void check_machine(const Model& model, const Machine& machine, Diagnostics& diagnostics);

}  // namespace capdl
