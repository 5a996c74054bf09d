# SPDX-License-Identifier: BSD-2-Clause
# What U-Boot does with a card of `./selene image rpi4`: the device tree is the one that the firmware has left in memory.
load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} selene.img
booti ${kernel_addr_r} - ${fdt_addr}
