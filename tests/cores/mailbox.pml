/* SPDX-License-Identifier: BSD-2-Clause
   A mailbox is a list of mails, each with bits for the errands that are asked for. A mail is put in by who finds it without
   any, and the list's core is rung by who finds the list empty. No errand is lost and no mail is in the list twice: this is
   kernel/scheduling/mailbox.hpp, one step for each access to what is shared.

   Two cores post errands, each another one, for one mail and for another; the mailbox's core takes all that is in, whenever it
   has been rung.

   RINGS_FIRST    who posts rings before the mail is in the list
   ALWAYS_QUEUES  who posts does not look whether the mail is in already
   LINKS_ONCE     who puts a mail in does not link it anew when another has been faster
   NEXT_TOO_LATE  the core reads where the list goes on after it has taken the errands
   TAKES_FIRST    the core takes a mail's errands, carries them out, and then empties the list */

#define MAILS 2
#define NOBODY 255

byte newest = NOBODY;          /* the list */
byte next[MAILS];
byte errands[MAILS];
bool ringing;                  /* the interrupt */
byte posted[MAILS * 2], done[MAILS * 2];
byte posters_done;
bool idle;

inline post(mail, errand) {
    atomic {    /* fetch_or: an errand asked for while it is pending is done once */
        before = errands[mail];
        posted[mail * 2 + errand] = posted[mail * 2 + errand] + ((before >> errand & 1) == 0 -> 1 : 0);
        errands[mail] = before | 1 << errand
    };
#ifdef ALWAYS_QUEUES
    before = 0;
#endif
#ifdef RINGS_FIRST
    ringing = true;
#endif
    if
    :: before == 0 ->
        seen = newest;
        next[mail] = seen;
        do
        :: atomic { newest == seen -> newest = mail }; break    /* compare_exchange */
        :: atomic { newest != seen -> seen = newest };
#ifndef LINKS_ONCE
            next[mail] = seen
#endif
        od;
#ifndef RINGS_FIRST
        if
        :: seen == NOBODY -> ringing = true
        :: else
        fi
#endif
    :: else
    fi
}

proctype Poster(byte errand) {
    byte before, seen;
    post(0, errand);
    post(1, errand);
    post(0, errand);
    posters_done++
}

inline carry_out() {
    atomic { bits = errands[mail]; errands[mail] = 0 };
    assert(bits != 0);    /* a mail without errands is in no list */
    done[mail * 2] = done[mail * 2] + (bits & 1);
    done[mail * 2 + 1] = done[mail * 2 + 1] + (bits >> 1 & 1)
}

proctype Receiver() {
    byte mail, following, bits;
end:
    do
    :: atomic { ringing -> idle = false };
        ringing = false;
#ifdef TAKES_FIRST
        mail = newest;
#else
        atomic { mail = newest; newest = NOBODY };
#endif
        do
        :: mail == NOBODY -> break
        :: else ->
#ifndef NEXT_TOO_LATE
            following = next[mail];
#endif
            carry_out();
#ifdef NEXT_TOO_LATE
            following = next[mail];
#endif
            mail = following
        od;
#ifdef TAKES_FIRST
        newest = NOBODY;
#endif
        idle = true
    od
}

init {
    atomic { idle = true; run Poster(0); run Poster(1); run Receiver() };
    (posters_done == 2 && idle && !ringing);
    assert(done[0] == posted[0] && done[1] == posted[1] && done[2] == posted[2] && done[3] == posted[3]);
    assert(errands[0] == 0 && errands[1] == 0 && newest == NOBODY)
}
