// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_idle`: never waits. The others have higher priorities, so it only is there to be ready.

int main() {
    for (;;) {
        asm volatile("yield");
    }
}
