// SPDX-License-Identifier: BSD-2-Clause
// A metronome: uses up its time, again and again. Whoever is told by its time-out endpoint has a tick in every period, and
// resumes it.
//
// Its specification says how long a period is and who is told:
//     metronome = "metronome.elf" (prio: 250, budget: 20, period: 5000) { temp_fault_ep_slot: ticks (WP, badge: 0x8000) }

int main() {
    for (;;) asm volatile("");
}
