// SPDX-License-Identifier: BSD-2-Clause
// The kernels that the boot stage carries, page by page as they are linked.

    .section .kernel.el1, "a"
    .incbin SELENE_EL1_KERNEL
    .section .kernel.el2, "a"
    .incbin SELENE_EL2_KERNEL
