// SPDX-License-Identifier: BSD-2-Clause
// A program for task managers that computes for ever: somebody has to end it.

int main() {
    for (;;) asm volatile("");
}
