// SPDX-License-Identifier: BSD-2-Clause
// The first instructions of a core that is not the one that boots: from where firmware lets it go to the kernel's addresses.
#include "core_start.hpp"
#include "exception_level.hpp"

    .section .boot_text, "ax"

// Translation and caches are off, so nothing is where the kernel has it and only memory is seen; interrupts are masked.
// Which core this is only its own number tells, since a spin table has no room for more. What a core that comes too late
// executes stays the kernel's, mapped or not.
    .global selene_core_entry
selene_core_entry:
    msr     daifset, #15
    mrs     x0, CurrentEL
    cmp     x0, #(SELENE_EL << 2)
    b.ne    stranger
    adrp    x0, selene_core_start_values
    add     x0, x0, :lo12:selene_core_start_values

    mrs     x1, mpidr_el1
    ldr     x2, [x0, #START_AFFINITY_MASK]
    and     x1, x1, x2
    mov     x2, #START_AFFINITY
1:  ldr     x3, [x0, x2]
    cmp     x3, x1
    b.eq    2f
    add     x2, x2, #8
    cmp     x2, #START_AFFINITY_END
    b.ne    1b
stranger:                               // the kernel has no place for it
    wfi
    b       stranger

2:  sub     x2, x2, #START_AFFINITY
    ldr     x19, [x0, #START_AREAS]     // x19: this core's area
    add     x19, x19, x2, lsl #(CORE_AREA_SHIFT - 3)
    ldr     x20, [x0, #START_GO_ON]

#if SELENE_EL == 2
    mov     x1, #(1 << 31)              // HCR_EL2.RW: no host extensions, as boot/entry.S has it
    msr     hcr_el2, x1
    isb
#else
    ldr     x1, [x0, #START_UPPER_ROOT]
    msr     ttbr1_el1, x1
#endif
    ldr     x1, [x0, #START_LOWER_ROOT]
    ldr     x2, [x0, #START_TRANSLATION_CONTROL]
    ldr     x3, [x0, #START_MEMORY_ATTRIBUTES]
    ldr     x4, [x0, #START_VECTORS]
    ldr     x5, [x0, #START_SYSTEM_CONTROL]
    msr     AT_LEVEL(ttbr0), x1
    msr     AT_LEVEL(tcr), x2
    msr     AT_LEVEL(mair), x3
    msr     AT_LEVEL(vbar), x4
    isb
#if SELENE_EL == 2
    tlbi    alle2
#else
    tlbi    vmalle1
#endif
    ic      iallu
    dsb     nsh
    isb

// There is no address at which this code is both before and after: with translation on, none of the kernel's spaces has it
// here to execute, and the fetch of what follows is an exception, from a level that uses SP_EL0 as the kernel itself never
// does: the first row of the vectors.
    msr     spsel, #0
    msr     AT_LEVEL(sctlr), x5
    isb
