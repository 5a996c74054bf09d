// SPDX-License-Identifier: BSD-2-Clause
// The kernel that the boot stage carries, page by page as it is linked.

    .section .kernel, "a"
    .incbin SELENE_KERNEL
