// SPDX-License-Identifier: BSD-2-Clause
// The contract between the machine-independent kernel and a machine, but for what ipc/hot_switch.hpp asks of one; arch-aarch64/
// and the host's simulated machine implement it.
#pragma once

#include "abi/types.hpp"
#include "base/units.hpp"

namespace selene {
struct Thread;
struct Core;
struct BootDescription;
}  // namespace selene

namespace selene::machine {

struct BoundedIndex {
    bool within;
    uint64_t index;
};

// --- Memory --------------------------------------------------------------------------------------------------
// All RAM and the kernel's devices lie in one window of kernel addresses:
//   template <class T> T* window(PhysAddr)         the kernel's view of physical memory
//   PhysAddr physical(const void*)                 the inverse, for addresses in the window
//   void zero(void* from, uint64_t bytes)          both multiples of 64; through the cache
// ALIGNED TO 4096: page tables.

// --- Address spaces ------------------------------------------------------------------------------------------
// A page table entry is a 64-bit word that the hardware reads; `PageEntry` (machine_inline.hpp) makes and decodes it.
//   void write_entry(uint64_t* entry, uint64_t value)   publish to the walker
//   void publish_zeroes()                               the walker sees no older contents of a table made by zero
//   void flush_page(VirtAddr, tag) / flush_tag(tag) / flush_barrier()
//   uint64_t root_value(PhysAddr root, uint16_t tag)    what set_space takes; never 0
//   void set_space(uint64_t root_value)
//   void leave_space()                                  no user space at all until the next set_space
//   tag_count()                                         tags that spaces share, tag 0 is never used

// --- The core ------------------------------------------------------------------------------------------------
//   Core& this_core()                                   the area of the core that executes this
//   void set_core_word(const Core&, uint32_t low_bits)  what the hot path goes by
//   uint32_t core_word(const Core&)                     bits 31 to 16 of the core's address, and the low bits
//   BoundedIndex bounded(uint64_t index, uint64_t count) whether an index is below a count, and the index itself if it
//                                                       is, else 0: also while the core only guesses that it is
//   bool direct_switches()                              whether ipc/direct_switch.hpp is used: always, but in tests
//   uint32_t fpu_live                                   in its low bits: the current thread's floating-point registers
//                                                       are in the machine
//   void switch_fpu(Core&, Thread& next)                the floating-point registers are those of `next`, if it uses
//                                                       them; else they are out of reach, and stay whose they were,
//                                                       Core::fpu_owner. Sets or clears fpu_live
//   void set_tls(uint64_t)                              of the thread whose system call this is
//   void repeat_system_call(Thread&)                    it goes back to the instruction of its system call, which has
//                                                       system_call_bytes

// --- Time ----------------------------------------------------------------------------------------------------

/// The current time.
Ticks now();
/// Raise the timer interrupt at `when`; a time that has passed raises it at once.
void set_deadline(Ticks when);
/// Ticks a second.
uint64_t timer_frequency();

// --- Interrupts ----------------------------------------------------------------------------------------------
// The kernel runs with interrupts masked. EOImode 1: acknowledge() drops the priority, deactivate() lets the line raise
// again.

/// Bring up what all cores share: every line masked, priorities equal, all for this core.
void find_interrupts(const BootDescription& description);
/// Bring up this core's interface, private lines and timer: the kernel's own lines enabled.
void start_interrupts(CoreId core);
/// Lines are numbered 0 to interrupt_lines() - 1.
unsigned interrupt_lines();
inline constexpr unsigned no_interrupt = 1023;
/// The interrupt to handle, priority dropped; no_interrupt if there is none. Not 0 but for line 0: a line that software
/// raises may come with who has raised it, which deactivate_interrupt wants to know.
unsigned acknowledge_interrupt();
//   unsigned line_of(interrupt)
void deactivate_interrupt(unsigned interrupt);
void mask_interrupt(unsigned line);
void unmask_interrupt(unsigned line);
bool interrupt_unmasked(unsigned line);
/// Leaves the line masked.
void configure_interrupt(unsigned line, abi::Trigger trigger);
/// What has been raised by a masked line is not delivered any more, but for a level that is still there.
void forget_interrupt(unsigned line);
/// The kernel's own timer line: above ring_line.
unsigned timer_line();
/// The line that one core raises on another.
inline constexpr unsigned ring_line = 0;
/// Raise a line below 16 of a core whose interrupts have been started; what this core has written before is seen there.
void raise_interrupt(unsigned line, CoreId core);
/// Whether an interrupt waits for this core: the poll of every preemption point.
bool interrupt_pending();
/// Sleep until an interrupt waits.
void wait_for_interrupt();

// --- Other cores ---------------------------------------------------------------------------------------------

/// Have the core enter the kernel, which it does by `arrive` in its own area and at its own time, if at all; false if
/// nobody knows how or the firmware refuses. For the boot core, while it boots.
[[nodiscard]] bool start_core(const BootDescription& description, CoreId core);
/// In each round of a loop that waits for another core.
void let_others_go_on();

// --- Power ---------------------------------------------------------------------------------------------------

/// Remember how the machine is switched off. Before that, it only halts.
void start_power(const BootDescription& description);
[[noreturn]] void power_off();
[[noreturn]] void reset();
/// The kernel cannot go on: report (debug) and halt.
[[noreturn]] void panic(const char* expression, const char* file, int line);

}  // namespace selene::machine

#include "machine_inline.hpp"
