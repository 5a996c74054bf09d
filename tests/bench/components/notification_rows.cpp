// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `kernel`: signals, waits, yields, interrupts, floating point and faults.
#include <sel/environment.hpp>
#include <sel/message.hpp>
#include <sel/notification.hpp>

#include "kernel_rows.hpp"
#include "measure.hpp"
#include "serial_sink.hpp"

namespace bench {

namespace {

sel::Result<void> nothing(uint64_t) { return {}; }

sel::Result<void> measure_without_switch(const Holdings& holdings) {
    const sel::Notification bell = holdings.own_bell;
    const auto signal = [&](uint64_t) { return bell.signal(); };
    const auto poll = [&](uint64_t) -> sel::Result<void> {
        SEL_TRY_VOID(bell.poll());
        return {};
    };
    SEL_TRY_VOID(measure<"signal.nobody">(poll, signal));
    SEL_TRY_VOID(measure<"signal.already_set">(signal));
    SEL_TRY_VOID(measure<"wait.already_set">(signal, [&](uint64_t) -> sel::Result<void> {
        SEL_TRY_VOID(bell.wait());
        return {};
    }));
    note<"poll">("of a bit that is set");
    SEL_TRY_VOID(measure<"poll">(signal, poll));
    return measure<"yield.self">(nothing, [](uint64_t) -> sel::Result<void> {
        sel::yield();
        return {};
    });
}

/// Each region is closed by the program that goes on (bench_partner).
sel::Result<void> measure_switches(const Holdings& holdings) {
    note<"signal.wakes_higher">("to the first instruction of the woken thread");
    SEL_TRY_VOID(measure<"signal.wakes_higher">([&](uint64_t) { return holdings.high_bell.signal(); }));
    const auto let_lower_run = [&](uint64_t) -> sel::Result<void> {
        constexpr uint8_t lower_than_all_but_idle = 45;
        constexpr uint8_t own = 100;
        constexpr uint8_t highest = 255;  // what the specification gives
        for (const uint8_t priority : {lower_than_all_but_idle, own}) {
            SEL_TRY_VOID(
                holdings.thread.set_priority({.priority = priority, .maximum = highest, .authority = holdings.thread}));
        }
        return {};
    };
    SEL_TRY_VOID(holdings.waker.suspend());
    SEL_TRY_VOID(measure<"signal.wakes_lower">(let_lower_run, [&](uint64_t) { return holdings.low_bell.signal(); }));
    SEL_TRY_VOID(holdings.waker.resume());
    note<"wait.blocks">("to the first instruction of a ready thread in another space");
    SEL_TRY_VOID(measure<"wait.blocks">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY_VOID(holdings.own_bell.wait());
        return {};
    }));
    SEL_TRY_VOID(holdings.waker.suspend());
    SEL_TRY_VOID(holdings.equal.resume());
    SEL_TRY_VOID(measure<"yield.equal">([](uint64_t) -> sel::Result<void> {
        sel::yield();
        return {};
    }));
    return holdings.equal.suspend();
}

/// The interrupt comes with the store that allows it; `bench_driver` closes the region, and measures its acknowledgement.
sel::Result<void> measure_interrupt() {
    note<"irq.to_thread.busy">("from any device, to the first instruction of a waiting thread in another space");
    announce<"irq.acknowledge">();
    return measure<"irq.to_thread.busy">([](uint64_t) -> sel::Result<void> {
        raise_interrupt();
        return {};
    });
}

/// Everybody waits when the machine's clock reaches the second that it was told.
sel::Result<void> measure_interrupt_when_idle(const Holdings& holdings) {
    // PrimeCell Real Time Clock (PL031) Technical Reference Manual, "Register descriptions".
    constexpr size_t data_register = 0x00;
    constexpr size_t match_register = 0x04;
    constexpr size_t mask_register = 0x10;
    constexpr size_t clear_register = 0x1c;
    const sel::Environment& given = sel::environment();
    SEL_TRY(clock, given.memory("clock"));
    SEL_TRY(line, given.capability<sel::InterruptHandler>("clock_line"));
    const auto at = [&](size_t offset) -> volatile uint32_t& {
        return *reinterpret_cast<volatile uint32_t*>(&clock.bytes[offset]);
    };
    SEL_TRY_VOID(line.bind(holdings.own_bell));
    SEL_TRY_VOID(holdings.idler.suspend());
    SEL_TRY_VOID(holdings.waker.suspend());
    note<"irq.to_thread.idle">("from behind the wfi, to the first instruction of the thread that has waited");
    announce<"irq.to_thread.idle">();
    at(mask_register) = 1;
    for (uint64_t run = 0; run < usual.all(); ++run) {
        at(match_register) = at(data_register) + 1;
        if (run >= usual.warm) start_behind_wait<"irq.to_thread.idle">();
        const auto rung = holdings.own_bell.wait();
        end();
        SEL_TRY_VOID(rung);
        at(clear_register) = 1;
        SEL_TRY_VOID(line.acknowledge());
    }
    at(mask_register) = 0;
    SEL_TRY_VOID(line.unbind());
    SEL_TRY_VOID(holdings.idler.resume());
    return holdings.waker.resume();
}

/// Both sides are other programs' (bench_float).
sel::Result<void> measure_floating_point() {
    const sel::Environment& given = sel::environment();
    SEL_TRY(go, given.notification("float_go"));
    SEL_TRY(done, given.notification("float_done"));
    SEL_TRY(time, given.capability<sel::SchedContext>("float_server_time"));
    SEL_TRY_VOID(go.signal());
    SEL_TRY_VOID(done.wait());
    // Now the server listens.
    SEL_TRY_VOID(time.unbind());
    announce<"ipc.round_trip.fpu">();
    SEL_TRY_VOID(go.signal());
    SEL_TRY_VOID(done.wait());
    return {};
}

/// A thread that faults, is answered and faults at the same place again.
sel::Result<void> measure_fault(const Holdings& holdings) {
    SEL_TRY_VOID(holdings.faults.receive(holdings.fault_reply));
    return measure<"fault.loop">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY(got, holdings.faults.reply_receive(holdings.fault_reply, sel::Message(0)));
        if (got.arrival != sel::Arrival::fault) return sel::refused({sel::LibraryError::unexpected_message});
        return {};
    });
}

}  // namespace

sel::Result<void> measure_notifications(const Holdings& holdings) {
    SEL_TRY_VOID(measure_without_switch(holdings));
    SEL_TRY_VOID(measure_switches(holdings));
    SEL_TRY_VOID(measure_interrupt());
    SEL_TRY_VOID(measure_interrupt_when_idle(holdings));
    SEL_TRY_VOID(measure_floating_point());
    return measure_fault(holdings);
}

}  // namespace bench
