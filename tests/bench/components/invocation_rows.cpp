// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `kernel`: calls, and methods of threads.
#include <sel/message.hpp>

#include "kernel_rows.hpp"
#include "measure.hpp"

namespace bench {

sel::Result<void> measure_round_trips(const Holdings& holdings) {
    const auto call_with = [&holdings](const sel::Message& message) {
        return [&holdings, message](uint64_t) -> sel::Result<void> {
            SEL_TRY(answer, holdings.server.call(message));
            if (answer.tag() != message.tag() || answer.register_words() != message.register_words()) {
                return sel::refused({sel::LibraryError::unexpected_message, answer.label(), answer.length()});
            }
            return {};
        };
    };
    SEL_TRY_VOID(measure<"ipc.round_trip.0">(call_with(sel::Message(1))));
    SEL_TRY_VOID(measure<"ipc.round_trip.4">(call_with(sel::Message(1, 11, 12, 13, 14))));
    SEL_TRY_VOID(measure<"ipc.round_trip.8">(call_with(sel::Message(1, 11, 12, 13, 14, 15, 16, 17, 18))));
    const auto call_with_words = [&holdings](uint64_t count) {
        return [&holdings, count](uint64_t) -> sel::Result<void> {
            sel::Message message(1);
            for (uint64_t word = 0; word < count; word++) SEL_TRY_VOID(message.append(word));
            SEL_TRY(answer, holdings.server.call(message));
            if (answer.length() != count || answer.word(static_cast<uint32_t>(count - 1)) != count - 1) {
                return sel::refused({sel::LibraryError::unexpected_message, answer.label(), answer.length()});
            }
            return {};
        };
    };
    SEL_TRY_VOID(measure<"ipc.round_trip.10">(call_with_words(10)));
    SEL_TRY_VOID(measure<"ipc.round_trip.32">(call_with_words(32)));
    return measure<"ipc.round_trip.120">(call_with_words(120));
}

sel::Result<void> measure_active_server(const Holdings& holdings) {
    return measure<"ipc.round_trip.active_server">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY_VOID(holdings.server.call(sel::Message(1)));
        return {};
    });
}

sel::Result<void> measure_invocations(const Holdings& holdings) {
    note<"call.refused">("an empty slot");
    SEL_TRY_VOID(measure<"call.refused">([&](uint64_t) -> sel::Result<void> {
        const sel::Result<sel::Message> answer = sel::Endpoint(holdings.empty).call(sel::Message(1));
        if (answer.has_value() || !answer.error().is(abi::ErrorCode::empty_slot)) {
            return sel::refused(answer.has_value() ? sel::Error(sel::LibraryError::unexpected_message)
                                                   : answer.error());
        }
        return {};
    }));

    uint64_t tls = 0;
    asm volatile("mrs %0, tpidr_el0" : "=r"(tls));
    note<"invoke.cheapest">("Thread.set_tls");
    return measure<"invoke.cheapest">([&](uint64_t) { return holdings.thread.set_tls(tls); });
}

sel::Result<void> measure_threads(const Holdings& holdings) {
    const auto suspend = [&](uint64_t) { return holdings.idler.suspend(); };
    const auto resume = [&](uint64_t) { return holdings.idler.resume(); };
    note<"thread.suspend">("one that is ready");
    SEL_TRY_VOID(measure<"thread.suspend">(resume, suspend));
    SEL_TRY_VOID(measure<"thread.resume">(suspend, resume));
    constexpr uint8_t lowest = 40;
    note<"thread.set_priority">("one that is ready");
    return measure<"thread.set_priority">([&](uint64_t run) {
        return holdings.idler.set_priority(
            {.priority = static_cast<uint8_t>(lowest + run % 2), .maximum = lowest, .authority = holdings.thread});
    });
}

}  // namespace bench
