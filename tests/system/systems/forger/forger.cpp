// SPDX-License-Identifier: BSD-2-Clause
// Makes up reports of a system that has nothing in it.
#include <checks.hpp>

#include <sel/print.hpp>

int main() {
    test::begin();
    for (unsigned ticket = 0; ticket < 16; ++ticket) {
        if (ticket == 8) sel::println("now");
        for (const char* mark : {"snapshot", "snapshot 0"}) {
            sel::println("{}: waits at 40000000", mark);
            sel::println("{}: begin 3b9aca0\n{}: end 0", mark, mark);
        }
        sel::println("snapshot {:x}: begin 3b9aca0\nsnapshot {:x}: end 0", ticket, ticket);
    }
    for (;;) asm volatile("");
}
