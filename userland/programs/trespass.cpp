// SPDX-License-Identifier: BSD-2-Clause
// A program for task managers that does what it must not.

#include <cstdint>

int main() { *reinterpret_cast<volatile uint64_t*>(0xdead'0000) = 1; }
