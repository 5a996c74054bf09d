// SPDX-License-Identifier: BSD-2-Clause
// Starting another core: what the boot core prepares, and what the other one does once core_entry.S has brought it into
// the kernel's address space.
#include <cstddef>
#include <iterator>

#include "boot/other_cores.hpp"
#include "core_affinity.hpp"
#include "core_start.hpp"
#include "machine.hpp"
#include "psci.hpp"
#include "scheduling/scheduler.hpp"

using namespace selene;

extern "C" {
extern char selene_vectors[];
extern const char selene_core_entry[];  // core_entry.S
[[noreturn]] void selene_resume(Thread* thread);
[[noreturn]] void selene_core_arrives(Core* core, void (*go_on)(Core*));
}

namespace {

// Arm Architecture Reference Manual, "General system control registers".
SELENE_SYSTEM_REGISTER(OwnSystemControl, AT_LEVEL_TEXT(sctlr)){};
SELENE_SYSTEM_REGISTER(OwnTranslationControl, AT_LEVEL_TEXT(tcr)){};
SELENE_SYSTEM_REGISTER(OwnMemoryAttributes, AT_LEVEL_TEXT(mair)){};
SELENE_SYSTEM_REGISTER(OwnLowerRoot, AT_LEVEL_TEXT(ttbr0)){};

/// Read by cores that translate nothing yet and so see what is in memory only.
struct alignas(64) CoreStartValues {
    uint64_t system_control;
    uint64_t translation_control;
    uint64_t memory_attributes;
    uint64_t lower_root;
    uint64_t upper_root;  ///< at EL2 of no meaning
    const char* vectors;
    void (*go_on)(Core*);
    Core* areas;
    uint64_t affinity_mask;
    uint64_t affinity[BootDescription::maximum_cores];  ///< of each core; that of the boot core where there are fewer
};
static_assert(offsetof(CoreStartValues, system_control) == START_SYSTEM_CONTROL);
static_assert(offsetof(CoreStartValues, translation_control) == START_TRANSLATION_CONTROL);
static_assert(offsetof(CoreStartValues, memory_attributes) == START_MEMORY_ATTRIBUTES);
static_assert(offsetof(CoreStartValues, lower_root) == START_LOWER_ROOT);
static_assert(offsetof(CoreStartValues, upper_root) == START_UPPER_ROOT);
static_assert(offsetof(CoreStartValues, vectors) == START_VECTORS);
static_assert(offsetof(CoreStartValues, go_on) == START_GO_ON);
static_assert(offsetof(CoreStartValues, areas) == START_AREAS);
static_assert(offsetof(CoreStartValues, affinity_mask) == START_AFFINITY_MASK);
static_assert(offsetof(CoreStartValues, affinity) == START_AFFINITY);
static_assert(sizeof(CoreStartValues::affinity) == START_AFFINITY_END - START_AFFINITY);
static_assert(sizeof(Core) == 1 << CORE_AREA_SHIFT);

[[noreturn, gnu::noinline]] void idle(Core& core) {
    own_core.assert_held();  // interrupts are masked
    core.reschedule = 1;
    // Pairs with start_other_cores: this core can be rung.
    core.presence.store(CorePresence::idle, std::memory_order_release);
    selene_resume(&scheduler::next_thread(core));
}

}  // namespace

/// From vectors.S, on the core's stack. In what stays mapped, since it may be too late for the rest.
void selene_core_arrives(Core* core, void (*go_on)(Core*)) {
    if (arrive(*core)) go_on(core);
    while (true) machine::wait_for_interrupt();
}

#pragma clang section text = ".boot_text"

namespace {

/// Whether the timer's interrupt reaches this core: what is not interrupted is none to give time on.
bool timer_works() {
    const Ticks start = machine::now();
    machine::set_deadline(start);
    bool works = false;
    while (!works && machine::now() - start < machine::timer_frequency())
        works = machine::acknowledge_interrupt() == machine::timer_line();
    machine::set_deadline(Ticks(TimerCompare::never));
    if (works) machine::deactivate_interrupt(machine::timer_line());
    return works;
}

/// Returns if this core is of no use.
void bring_up(Core* core) {
    machine::set_core_word(*core, 0);
    machine::regime::start();
    machine::enter_empty_root(AddressTag(0));
    machine::regime::flush_own_core();
    machine::start_interrupts(core->id);
    if (timer_works()) idle(*core);
}

CoreStartValues values_for(const BootDescription& description) {
    CoreStartValues values{
        .system_control = OwnSystemControl::read(),
        .translation_control = OwnTranslationControl::read(),
        .memory_attributes = OwnMemoryAttributes::read(),
        .lower_root = OwnLowerRoot::read(),
        .upper_root = UpperTable::read(),
        .vectors = selene_vectors,
        .go_on = bring_up,
        .areas = machine::window<Core>(PhysAddr(description.core_areas)),
        .affinity_mask = CoreAffinity::mask,
        .affinity = {},
    };
    for (unsigned number = 0; number < std::size(values.affinity); number++)
        values.affinity[number] = description.core_affinity[number < description.core_count ? number : 0];
    return values;
}

}  // namespace

extern "C" constinit CoreStartValues selene_core_start_values{};

bool machine::start_core(const BootDescription& description, CoreId core) {
    if (core == CoreId(1)) {
        selene_core_start_values = values_for(description);
        clean_invalidate(&selene_core_start_values, sizeof(selene_core_start_values));
    }
    const uint64_t entry = image_address(selene_core_entry).value();
    const unsigned number = core.value();
    switch (description.core_start[number]) {
    case CoreStart::unknown: break;
    case CoreStart::firmware:
        return psci_call(description.power_conduit, PsciFunction::cpu_on, description.core_affinity[number], entry) ==
               psci_success;
    case CoreStart::spin_table:
        // The page is mapped as a device's: the core, which waits without caches, reads what is written. Several cores
        // may wait at the same address; each finds its own area.
        *window<volatile uint64_t>(PhysAddr(description.core_release[number])) = entry;
        asm volatile("dsb sy\n\tsev" : : : "memory");
        return true;
    }
    return false;
}

void machine::let_others_go_on() { asm volatile("yield"); }
