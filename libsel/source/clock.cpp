// SPDX-License-Identifier: BSD-2-Clause
// Reading the virtual counter, which the kernel leaves open to user programs.

#include <sel/clock.hpp>

namespace sel {

namespace {

constexpr uint64_t second = 1'000'000'000;  // in nanoseconds

}  // namespace

uint64_t Clock::frequency() {
    // As the kernel counts: by the device tree, if it says so, otherwise by CNTFRQ_EL0. The kernel leaves it here.
    uint64_t hertz;
    asm("mrs %0, tpidrro_el0" : "=r"(hertz));
    return hertz;
}

uint64_t Clock::counter() {
    uint64_t count;
    asm volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
}

Clock::time_point Clock::now() {
    const uint64_t count = counter();
    const uint64_t hertz = frequency();
    // Seconds and the rest apart, so that nothing overflows before the nanoseconds themselves do.
    return time_point(duration(count / hertz * second + count % hertz * second / hertz));
}

uint64_t Clock::ticks(duration length) {
    const auto nanoseconds = static_cast<uint64_t>(length.count());
    const uint64_t hertz = frequency();
    return nanoseconds / second * hertz + (nanoseconds % second * hertz + second - 1) / second;
}

}  // namespace sel
