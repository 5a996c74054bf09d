/* SPDX-License-Identifier: BSD-2-Clause
   Locks are taken in one order: tree, notification, endpoint. A receiver with a bound notification locks that first.

   A signal takes its bound thread off the endpoint's queue; a receive looks at the bound notification; an unmap drains both.
   Nobody is both queued and woken, and a bit that was set is not lost.

   ENDPOINT_FIRST   the receiver locks the endpoint, then looks at the notification
   LOOKS_UNLOCKED   the receiver looks at the bits before it has the notification's lock */

bool tree, notification, endpoint;
bool bits, queued, woken;

inline take(lock) { atomic { !lock -> lock = true } }

proctype Signaller() {
    take(notification);
    if
    :: queued ->
        take(endpoint);
        queued = false;
        endpoint = false;
        woken = true
    :: else -> bits = true
    fi;
    notification = false
}

proctype Receiver() {
#ifdef ENDPOINT_FIRST
    take(endpoint);
    take(notification);
#endif
#ifdef LOOKS_UNLOCKED
    bool had_bits = bits;
#endif
#ifndef ENDPOINT_FIRST
    take(notification);
    take(endpoint);
#endif
#ifndef LOOKS_UNLOCKED
    bool had_bits = bits;
#endif
    if
    :: had_bits -> bits = false; woken = true
    :: else -> queued = true
    fi;
    endpoint = false;
    notification = false
}

proctype Unmapper() {
    take(tree);
    take(notification);
    take(endpoint);
    endpoint = false;
    notification = false;
    tree = false
}

init {
    atomic { run Signaller(); run Receiver(); run Unmapper() };
    (_nr_pr == 1);
    assert(woken && !queued && !bits)
}
