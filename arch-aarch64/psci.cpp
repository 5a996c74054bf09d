// SPDX-License-Identifier: BSD-2-Clause
// Calls to the firmware by Arm's Power State Coordination Interface.
#include "psci.hpp"

#include <utility>

namespace selene {

void psci_call(PowerConduit conduit, PsciFunction function) {
    // SMC Calling Convention: the function in w0; x1 to x17 may be lost.
    register uint64_t x0 asm("x0") = std::to_underlying(function);
#define SELENE_LOST_IN_FIRMWARE                                                                                   \
    "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", \
        "memory"
    switch (conduit) {
    case PowerConduit::none: break;
    case PowerConduit::hvc: asm volatile("hvc #0" : "+r"(x0) : : SELENE_LOST_IN_FIRMWARE); break;
    case PowerConduit::smc: asm volatile("smc #0" : "+r"(x0) : : SELENE_LOST_IN_FIRMWARE); break;
    }
#undef SELENE_LOST_IN_FIRMWARE
}

}  // namespace selene
