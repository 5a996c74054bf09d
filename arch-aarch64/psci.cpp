// SPDX-License-Identifier: BSD-2-Clause
// Calls to the firmware by Arm's Power State Coordination Interface.
#include "psci.hpp"

#include <utility>

namespace selene {

int32_t psci_call(PowerConduit conduit, PsciFunction function, uint64_t first, uint64_t second) {
    // SMC Calling Convention: the function in w0, arguments from x1 on; x0 to x17 may be lost.
    register uint64_t x0 asm("x0") = std::to_underlying(function);
    register uint64_t x1 asm("x1") = first;
    register uint64_t x2 asm("x2") = second;
    register uint64_t x3 asm("x3") = 0;
#define SELENE_FIRMWARE_CALL(instruction)                                                                      \
    asm volatile(instruction " #0"                                                                             \
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                                      \
                 :                                                                                             \
                 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", \
                   "memory")
    switch (conduit) {
    case PowerConduit::none: return psci_not_supported;
    case PowerConduit::hvc: SELENE_FIRMWARE_CALL("hvc"); break;
    case PowerConduit::smc: SELENE_FIRMWARE_CALL("smc"); break;
    }
#undef SELENE_FIRMWARE_CALL
    return static_cast<int32_t>(x0);
}

}  // namespace selene
