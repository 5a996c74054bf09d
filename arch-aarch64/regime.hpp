// SPDX-License-Identifier: BSD-2-Clause
// The regime that this kernel runs user code in: what differs between a kernel at EL1 and one at EL2 in more than the
// names of registers (exception_level.hpp). Part of the contract in machine.hpp: include that.
#pragma once

// The one place that chooses. Both headers define
//   machine::window_base                  where all physical memory is mapped
//   UserRoot, RootTag                     the register that set_space writes, and the field of the tag in it
//   KernelRoot                            the root of the kernel's own address space
//   SELENE_TIMER_REGISTER(name)           the timer's registers
//   regime::user_page, rights_of, kind_of the attributes of a user's page
//   machine::flush_page, flush_tag, flush_barrier, fpu_off
//   regime::flush_kernel, flush_own_core  what the TLB holds of the kernel's space; of everything, on this core
//   regime::start                         the registers that decide what user code may do
#if SELENE_EL == 2
#include "regime_el2.hpp"
#else
#include "regime_el1.hpp"
#endif
