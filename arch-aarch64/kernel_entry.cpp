// SPDX-License-Identifier: BSD-2-Clause
// The kernel's first instructions on the boot core.
#include "boot/first_task.hpp"
#include "boot_text.hpp"
#include "machine.hpp"
#include "panic.hpp"
#include "scheduling/scheduler.hpp"

using namespace selene;

namespace {

// Arm Architecture Reference Manual, "General system control registers" and "Generic Timer registers".
SELENE_SYSTEM_REGISTER(VectorBase, "vbar_el1"){};
SELENE_SYSTEM_REGISTER(KernelTimerControl, "cntkctl_el1") { using UserReadsVirtualCount = Field<1, 1>; };

/// What all cores share; lies in the kernel's image, zeroed. The machine-independent kernel reaches it through its
/// cores only.
constinit Kernel kernel_state{};

}  // namespace

extern "C" {
extern char selene_vectors[];
[[noreturn]] void selene_resume(Thread* thread);

[[noreturn, gnu::noinline]] static void run_first_task(Core& core) SELENE_REQUIRES(own_core) {
    unmap_boot_text();
    selene_resume(&scheduler::next_thread(core));
}

[[noreturn, gnu::section(".boot_text")]] void kernel_entry(const BootDescription* description) {
    VectorBase::write(reinterpret_cast<uint64_t>(selene_vectors));
    instruction_barrier();
    open_report_line(description->serial);
    Core& core = *machine::window<Core>(PhysAddr(description->core_areas));
    machine::set_core_word(core, 0);
    machine::fpu_off();
    KernelTimerControl::write(KernelTimerControl::UserReadsVirtualCount::make(1));
    machine::leave_space();
    asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
    machine::start_interrupts(*description, CoreId(0));
    machine::start_timer();
    machine::start_power(*description);
    own_core.assert_held();  // the boot stage has left interrupts masked
    (void)boot(kernel_state, core, *description);
    run_first_task(core);
}
}
