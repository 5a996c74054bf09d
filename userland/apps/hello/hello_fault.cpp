// SPDX-License-Identifier: BSD-2-Clause
// A component that does what it may not, so that its supervisor has something to report.

#include <cstdint>

#include <sel/print.hpp>

int main() {
    sel::print("fault: writing where nothing is mapped\n");
    *reinterpret_cast<volatile uint64_t*>(uint64_t{0xdead000}) = 1;
    sel::print("fault: still here\n");
}
