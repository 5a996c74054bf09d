// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_partner`: the other side of a switch, in an address space of its own. It closes the region as soon as
// it goes on. What it holds says what it does: waits for `bell`, signals `wake`, touches nothing that is mapped if it
// has an argument `fault`, or lets its equals run.

#include <sel/environment.hpp>
#include <sel/notification.hpp>

#include "region.hpp"

namespace {

[[noreturn]] void fault_again_and_again() {
    constexpr uint64_t unmapped = 0x1000;
    for (;;) asm volatile("ldr xzr, [%0]" : : "r"(unmapped) : "memory");
}

}  // namespace

int main() {
    const sel::Environment& given = sel::environment();
    if (given.argument("fault")) fault_again_and_again();
    if (const auto bell = given.notification("bell")) {
        for (;;) {
            if (!bell->wait()) return 1;
            bench::end();
        }
    }
    if (const auto wake = given.notification("wake")) {
        for (;;) {
            bench::end();
            if (!wake->signal()) return 1;
        }
    }
    for (;;) {
        bench::end();
        sel::yield();
    }
}
