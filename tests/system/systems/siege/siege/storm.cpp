// SPDX-License-Identifier: BSD-2-Clause
// An interrupt that is raised again as soon as it is acknowledged takes its driver's time, nobody else's.

#include "contention.hpp"
#include "parts.hpp"

#include <sel/environment.hpp>

namespace siege {

using namespace std::chrono_literals;
using test::check;

namespace {

// PrimeCell UART (PL011) Technical Reference Manual, "Interrupt mask set/clear register": a transmitter that has nothing to
// send raises its interrupt as long as it is allowed to.
constexpr size_t interrupt_mask = 0x38;
constexpr uint32_t transmit_interrupt = 1U << 5;

}  // namespace

void check_storm(test::Stage& stage) {
    constexpr auto interval = 50ms;
    const auto serial = sel::or_abort(sel::environment().memory("serial"), "finding the serial line");
    volatile uint32_t& mask = *reinterpret_cast<volatile uint32_t*>(&serial.bytes[interrupt_mask]);
    const auto line = sel::or_abort(sel::environment().capability<sel::InterruptHandler>("line"), "finding the line");
    const auto bell = stage.make<sel::Notification>();
    sel::or_abort(line.bind(bell), "binding the line");

    uint64_t rings = 0;
    auto drive = [&] {
        while (bell.wait()) {
            ++rings;
            (void)line.acknowledge();
        }
    };
    auto work = [] {
        for (;;) {}
    };
    const auto driver = stage.start({.priority = 150, .budget_us = 1'000, .period_us = 10'000}, drive);
    const auto worker = stage.start({.priority = 90, .budget_us = 10'000, .period_us = 10'000}, work);
    (void)worker.time.consumed();
    mask = transmit_interrupt;
    let_run(stage, interval);
    mask = 0;
    const uint64_t percent =
        100 * sel::or_abort(worker.time.consumed(), "asking for the time used") / sel::Clock::ticks(interval);
    sel::print("{} interrupts, and {} % of the time is left\n", rings, percent);
    check(rings > 1000, "the storm has raged");
    check(percent >= 85, "it has taken no more than the driver's budget");
    stage.destroy(driver);

    // Who does not acknowledge hears it once.
    (void)bell.poll();
    (void)line.acknowledge();
    mask = transmit_interrupt;
    (void)worker.time.consumed();
    let_run(stage, interval);
    mask = 0;
    check(bell.poll() == 1U && bell.poll() == 0U, "an interrupt that is not acknowledged comes once");
    check(sel::or_abort(worker.time.consumed(), "asking") * 100 / sel::Clock::ticks(interval) >= 98,
          "and takes no time");
    stage.destroy(worker);
}

}  // namespace siege
