/* SPDX-License-Identifier: BSD-2-Clause
   Look-up takes no lock and is a hint. Memory is used again only when every core that was inside the kernel has been
   outside once, and who leaves state behind takes the tree's lock and looks again.

   Core 0 calls through a slot, core 1 maps through it, cores 2 and 3 each unmap a slot and give its memory away.

   WITHOUT_SECOND_LOOK   the mapper trusts what it found before it had the lock
   WITHOUT_WAIT          unmap returns when the slot is empty
   WAITS_INSIDE          a core that waits for others counts as inside itself */

#define CORES 4
#define SLOTS 2
#define ENTRIES 2

bool tree_lock;
bool inside[CORES];
byte exits[CORES];     /* how often each core has left the kernel */
bool holds[SLOTS];     /* whether the slot holds its capability */
bool mapped[SLOTS];    /* whether a page table refers to the memory behind */
bool used_again[SLOTS];

inline enter(core) { inside[core] = true }
inline leave(core) { atomic { inside[core] = false; exits[core] = exits[core] + 1 } }
inline take_tree() { atomic { !tree_lock -> tree_lock = true } }
inline drop_tree() { tree_lock = false }

proctype Caller(byte core) {
    byte round;
    for (round : 1 .. ENTRIES) {
        enter(core);
        if
        :: holds[0] -> assert(!used_again[0])    /* reads the object, without the lock */
        :: else
        fi;
        leave(core)
    }
}

proctype Mapper(byte core) {
    byte round;
    for (round : 1 .. ENTRIES) {
        enter(core);
        if
        :: holds[0] ->
            take_tree();
#ifdef WITHOUT_SECOND_LOOK
            mapped[0] = true;
#else
            if
            :: holds[0] -> mapped[0] = true
            :: else
            fi;
#endif
            drop_tree()
        :: else
        fi;
        leave(core)
    }
}

/* The core that waits holds nothing that it has looked up: it is outside meanwhile. */
inline wait_for_all(core) {
#ifndef WAITS_INSIDE
    leave(core);
#endif
    for (other : 0 .. CORES - 1) {
        if
        :: other != core ->
            seen = exits[other];
            (!inside[other] || exits[other] != seen)
        :: else
        fi
    }
#ifndef WAITS_INSIDE
    enter(core)
#endif
}

proctype Unmapper(byte core; byte slot) {
    byte other, seen;
    enter(core);
    take_tree();
    holds[slot] = false;
    mapped[slot] = false;
    drop_tree();
#ifndef WITHOUT_WAIT
    wait_for_all(core);
#endif
    used_again[slot] = true;
    assert(!mapped[slot]);
    leave(core)
}

init {
    atomic {
        holds[0] = true;
        holds[1] = true;
        run Caller(0);
        run Mapper(1);
        run Unmapper(2, 0);
        run Unmapper(3, 1)
    }
}
