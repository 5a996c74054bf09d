# SPDX-License-Identifier: BSD-2-Clause
# What U-Boot does with a card that has the kernel part and the system part of an image apart: the latter is the initial
# RAM disk.
load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} kernel.img
load ${devtype} ${devnum}:${distro_bootpart} ${ramdisk_addr_r} system.img
booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr}
