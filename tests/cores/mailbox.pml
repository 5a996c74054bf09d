/* SPDX-License-Identifier: BSD-2-Clause
   A mailbox is a list of nodes, one in each thread, with bits for the operations that are asked for. A node is put in by who
   finds it outside: nothing is allocated, nothing overflows. No operation is lost and no node is in the list twice.

   Two cores post operations for the same thread, each another one, twice; its core works them off.

   TAKES_FIRST    the core takes the bits, then the node out
   RINGS_FIRST    who posts rings before the node is in the list
   ALWAYS_QUEUES  who posts does not look whether the node is in */

byte bits;             /* of the node */
bool queued;           /* its mark that it is in the list, or about to be */
byte listed;           /* how often it is in the list */
bool ringing;          /* the interrupt */
byte posted[2], done[2];
byte posters_done;
bool idle;

proctype Poster(byte operation) {
    bool was;
    byte round;
    for (round : 1 .. 2) {
        atomic {    /* one exclusive store: asked for while it is pending, it is done once */
            posted[operation] = posted[operation] + ((bits >> operation & 1) == 0 -> 1 : 0);
            bits = bits | 1 << operation
        };
#ifdef RINGS_FIRST
        ringing = true;
#endif
        atomic { was = queued; queued = true };
#ifdef ALWAYS_QUEUES
        was = false;
#endif
        if
        :: !was ->
            listed++;
            assert(listed == 1);
#ifndef RINGS_FIRST
            ringing = true
#endif
        :: else
        fi
    }
    posters_done++
}

inline take_bits() { atomic { taken = bits; bits = 0 } }

proctype Receiver() {
    byte taken;
end:
    do
    :: atomic { ringing -> idle = false };
        ringing = false;
        if
        :: listed > 0 ->
#ifdef TAKES_FIRST
            take_bits();
            listed--;
            queued = false;
#else
            listed--;
            queued = false;
            take_bits();
#endif
            done[0] = done[0] + (taken & 1);
            done[1] = done[1] + (taken >> 1 & 1)
        :: else
        fi;
        idle = true
    od
}

init {
    atomic { idle = true; run Poster(0); run Poster(1); run Receiver() };
    (posters_done == 2 && idle && !ringing);
    assert(done[0] == posted[0] && done[1] == posted[1] && bits == 0 && listed == 0)
}
