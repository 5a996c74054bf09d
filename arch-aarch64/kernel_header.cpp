// SPDX-License-Identifier: BSD-2-Clause
// This kernel as the boot stage sees it.
#include "kernel_header.hpp"

#include "event_trace.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"

namespace selene {

extern "C" {
extern const char kernel_base[], kernel_text_end[], kernel_rodata_end[], kernel_end[];  // kernel.ld
[[noreturn]] void kernel_start(const BootDescription*, uint64_t, uint64_t);  // regime_el1.cpp, regime_el2.cpp
}

[[gnu::section(".text.header"), gnu::used]] constinit const KernelHeader kernel_header{
    .magic = config::debug ? KernelHeader::debug_magic : KernelHeader::expected_magic,
    .base = kernel_base,
    .text_end = kernel_text_end,
    .rodata_end = kernel_rodata_end,
    .end = kernel_end,
    .entry = kernel_start,
    .window_base = machine::window_base,
    .core_area_size = sizeof(Core),
    .stack_top = Core::stack_top,
#if SELENE_DEBUG
    .trace = &event_trace::selene_trace,
#endif
};

}  // namespace selene
