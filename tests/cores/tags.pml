/* SPDX-License-Identifier: BSD-2-Clause
   A core switches to a space by a register value that was computed before; another one takes the space's hardware tag for
   a space of its own. Who switches publishes where it goes, then reads the value again; who steals clears the value, then
   looks who is there. A barrier lies between the two steps of each.

   WITHOUT_SECOND_LOOK   who switches trusts the value that it has read first
   LOOKS_FIRST           who steals looks who is there, then clears the value */

bool value = true;     /* the space's register value, with the tag; none once the tag is stolen */
bool published;        /* where the first core says it is */
bool runs, stolen;

proctype Switcher() {
    if
    :: value ->
        published = true;
#ifdef WITHOUT_SECOND_LOOK
        runs = true
#else
        if
        :: value -> runs = true
        :: else -> published = false
        fi
#endif
    :: else
    fi
}

proctype Thief() {
#ifdef LOOKS_FIRST
    if
    :: !published -> value = false; stolen = true
    :: else
    fi
#else
    value = false;
    if
    :: !published -> stolen = true
    :: else -> value = true      /* another space's tag, then */
    fi
#endif
}

init {
    atomic { run Switcher(); run Thief() };
    (_nr_pr == 1);
    assert(!(runs && stolen))
}
