/* SPDX-License-Identifier: BSD-2-Clause
   No core waits for another while it holds a lock, and who waits or spins on the tree's lock serves its mailbox.

   Two cores each destroy a thread of the other's, which is an operation for its mailbox, under the tree's lock and with an
   endpoint's, on which nobody who spins serves anything. After the answer the step is repeated.

   WAITS_UNDER_LOCK   the answer is waited for with the endpoint's lock held
   WAITS_DEAF         who waits for an answer does not serve its own mailbox
   SPINS_DEAF         who spins on the tree's lock does not, and the answer is waited for with that lock held */

bool tree_lock, endpoint_lock;
bool mail[2], answer[2];       /* to a core; from it */
byte done;

inline serve(core) {
    if
    :: mail[core] -> atomic { mail[core] = false; answer[core] = true }
    :: else
    fi
}

inline take_tree(core) {
    do
    :: atomic { !tree_lock -> tree_lock = true }; break
#ifndef SPINS_DEAF
    :: mail[core] -> serve(core)
#endif
    od
}

inline take_endpoint() { atomic { !endpoint_lock -> endpoint_lock = true } }

inline await_answer(core, other) {
    do
    :: answer[other] -> break
#ifndef WAITS_DEAF
    :: mail[core] -> serve(core)
#endif
    od
}

proctype Core(byte core) {
    byte other = 1 - core;
    take_tree(core);
    take_endpoint();
    mail[other] = true;
#ifdef WAITS_UNDER_LOCK
    tree_lock = false;
    await_answer(core, other);
    endpoint_lock = false;
#else
    endpoint_lock = false;
#ifdef SPINS_DEAF
    await_answer(core, other);
    tree_lock = false;
#else
    tree_lock = false;
    await_answer(core, other);
#endif
#endif
    answer[other] = false;
    /* The step again: the thread is the own core's by now, and ends. */
    take_tree(core);
    tree_lock = false;
    done++;
    do
    :: mail[core] -> serve(core)
    :: done == 2 && !mail[core] -> break
    od
}

init { atomic { run Core(0); run Core(1) } }
