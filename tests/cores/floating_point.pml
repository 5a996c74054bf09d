/* SPDX-License-Identifier: BSD-2-Clause
   Floating-point registers stay in a core until somebody else there needs them. A thread whose registers are live in
   another core is not switched to directly: that core saves them first, asked by its mailbox.

   The thread moves from core 0 to core 1 and back, and writes and reads a register.

   SWITCHES_DIRECTLY   nobody asks where the registers are
   ASKS_LATER          the thread runs before the answer has come */

#define NOBODY 2

byte memory;           /* what the thread's object holds */
byte registers[2];     /* what each core does */
byte live = NOBODY;    /* the core that has the thread's registers */
bool mail[2];
byte written;          /* what the thread has written last */
bool ended;

proctype Core(byte core) {
end:
    do
    :: mail[core] -> atomic { memory = registers[core]; live = NOBODY; mail[core] = false }
    :: ended -> break
    od
}

inline fetch_registers(core) {
#ifndef SWITCHES_DIRECTLY
    if
    :: live == 1 - core ->
        mail[1 - core] = true;
#ifndef ASKS_LATER
        (!mail[1 - core])
#endif
    :: else
    fi;
#endif
    if
    :: live != core -> registers[core] = memory; live = core
    :: else
    fi
}

proctype Thread() {
    byte core, round;
    for (round : 1 .. 4) {
        core = round % 2;
        fetch_registers(core);
        assert(registers[core] == written);
        registers[core] = round;
        written = round
    }
    ended = true
}

init { atomic { run Core(0); run Core(1); run Thread() } }
