// SPDX-License-Identifier: BSD-2-Clause
// The kernel's first instructions on the boot core.
#include "boot/first_task.hpp"
#include "boot_text.hpp"
#include "exception_level.hpp"
#include "machine.hpp"
#include "panic.hpp"
#include "scheduling/scheduler.hpp"

using namespace selene;

namespace {

// Arm Architecture Reference Manual, "General system control registers".
SELENE_SYSTEM_REGISTER(VectorBase, AT_LEVEL_TEXT(vbar)){};

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

/// From regime_el1.cpp or regime_el2.cpp, on the core's stack.
[[noreturn, gnu::used, gnu::section(".boot_text")]] void kernel_entry(const BootDescription* description) {
    VectorBase::write(reinterpret_cast<uint64_t>(selene_vectors));
    instruction_barrier();
    open_report_line(description->serial);
    Core& core = *machine::window<Core>(PhysAddr(description->core_areas));
    machine::set_core_word(core, 0);
    machine::regime::start();
    machine::enter_empty_root(AddressTag(0));
    machine::regime::flush_own_core();
    machine::find_timer(*description);
    machine::find_interrupts(*description);
    machine::start_interrupts(CoreId(0));
    machine::start_power(*description);
    own_core.assert_held();  // the boot stage has left interrupts masked
    (void)boot(kernel_state, core, *description);
    report_cores({&core + 1, description->core_count - 1});
    run_first_task(core);
}
}
