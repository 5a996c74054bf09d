# SPDX-License-Identifier: BSD-2-Clause
# What U-Boot does with a disk of `./selene image virt`: the device tree is the one that it was itself started with.
load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} selene.img
booti ${kernel_addr_r} - ${fdtcontroladdr}
