// SPDX-License-Identifier: BSD-2-Clause
// The rows of the benchmark's group `kernel`.
#include "kernel_rows.hpp"

#include <sel/message.hpp>

#include "measure.hpp"

namespace bench {

namespace abi = selene::abi;

namespace {

constexpr uint64_t frame_bits = 12;
constexpr uint64_t frame_bytes = uint64_t{1} << frame_bits;

/// Takes `count` capabilities from the first empty slot on away again, and what was made with them.
sel::Result<uint64_t> clear_slots(const Holdings& holdings, uint64_t count) {
    return holdings.table.unmap({.first = holdings.empty.raw(), .count = count, .root = abi::KeepRoot::self});
}

/// Makes objects of one type, with capabilities from the given slot on.
sel::Result<uint64_t> make(const Holdings& holdings, abi::ObjectType type, uint64_t size, uint64_t count,
                           sel::CapIndex first) {
    return holdings.memory.retype(
        {.type = type, .size = size, .count = count, .table = holdings.table, .first = first.raw()});
}

}  // namespace

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
    return {};
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

sel::Result<void> measure_capabilities(const Holdings& holdings) {
    // A parent without badge of its own, so that each child is given one.
    SEL_TRY_VOID(make(holdings, abi::ObjectType::endpoint, 0, 1, holdings.empty));
    note<"cap.map">("an endpoint, with fewer rights and a badge");
    SEL_TRY_VOID(measure<"cap.map">([&](uint64_t run) {
        return holdings.table.map({.first = holdings.empty.raw() + 1 + run,
                                   .source = holdings.table,
                                   .source_first = holdings.empty.raw(),
                                   .count = 1,
                                   .rights = abi::Right::write,
                                   .badge = 1 + run});
    }));
    SEL_TRY_VOID(clear_slots(holdings, 1 + all_runs));
    return {};
}

sel::Result<void> measure_retype(const Holdings& holdings) {
    SEL_TRY_VOID(measure<"retype.endpoint">(
        [&](uint64_t run) { return make(holdings, abi::ObjectType::endpoint, 0, 1, holdings.empty + run); }));
    SEL_TRY_VOID(clear_slots(holdings, all_runs));
    return {};
}

sel::Result<void> measure_frames(const Holdings& holdings) {
    constexpr uint64_t leaf_level = 3;
    constexpr uint64_t tables = 2;
    const sel::CapIndex first_frame = holdings.empty + tables;
    SEL_TRY_VOID(make(holdings, abi::ObjectType::page_table, 0, tables, holdings.empty));
    SEL_TRY_VOID(make(holdings, abi::ObjectType::frame, frame_bits, all_runs, first_frame));
    SEL_TRY(level, holdings.space.map_table(sel::PageTable(holdings.empty), holdings.free_address));
    if (level != leaf_level) {
        SEL_TRY_VOID(holdings.space.map_table(sel::PageTable(holdings.empty + 1), holdings.free_address));
    }
    SEL_TRY_VOID(measure<"frame.map">([&](uint64_t run) {
        return holdings.space.map({.frames = holdings.table,
                                   .first = (first_frame + run).raw(),
                                   .count = 1,
                                   .address = holdings.free_address + run * frame_bytes,
                                   .rights = abi::Right::read | abi::Right::write,
                                   .kind = abi::MemoryKind::normal});
    }));
    for (uint64_t run = 0; run < all_runs; run++) {  // a mapping that is not there faults
        *reinterpret_cast<volatile uint64_t*>(holdings.free_address + run * frame_bytes) = run;
    }
    SEL_TRY_VOID(clear_slots(holdings, tables + all_runs));
    return {};
}

}  // namespace bench
