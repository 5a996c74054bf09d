// SPDX-License-Identifier: BSD-2-Clause
// Asserts the timer's interrupt at a chosen moment, and then again and again.
#include "interrupter.hpp"

namespace bench {

namespace abi = selene::abi;

namespace {

constexpr uint8_t priority = 255;

/// Code that does nothing, in long blocks: they cost the least to count.
[[gnu::naked]] void burn() {
    asm volatile(
        "0:\n\t"
        ".rept 400\n\tnop\n\t.endr\n\t"
        "b 0b");
}

}  // namespace

sel::Result<Interrupter> Interrupter::make(sel::Thread thread, sel::SchedContext context, sel::ScheduleControl control,
                                           sel::Thread authority, sel::Task task) {
    Interrupter made;
    made.thread_ = thread;
    made.context_ = context;
    made.control_ = control;
    SEL_TRY_VOID(thread.bind_task(task));
    SEL_TRY_VOID(thread.set_priority({.priority = priority, .maximum = priority, .authority = authority}));
    SEL_TRY_VOID(context.bind(thread));
    SEL_TRY_VOID(thread.suspend());
    SEL_TRY_VOID(thread.start({.pc = reinterpret_cast<uint64_t>(&burn),
                               .sp = 0,
                               .argument0 = 0,
                               .argument1 = 0,
                               .tls = 0,
                               .floating_point = abi::FloatingPoint::refused}));
    // The second time all is as it will be.
    for (int i = 0; i < 2; i++) {
        constexpr uint64_t long_after = 100'000;
        made.lead_ = 0;
        SEL_TRY(asserted, made.arm(long_after));
        const uint64_t now = ticks();
        SEL_TRY_VOID(made.disarm());
        made.lead_ = now + long_after - asserted;
    }
    return made;
}

sel::Result<uint64_t> Interrupter::arm(uint64_t at) const {
    const uint64_t period = lead_ + at;
    SEL_TRY_VOID(control_.configure({.context = context_, .budget = minimum_budget, .period = period, .refills = 0}));
    const uint64_t begin = ticks();
    SEL_TRY_VOID(thread_.resume());
    return begin + period;
}

}  // namespace bench
