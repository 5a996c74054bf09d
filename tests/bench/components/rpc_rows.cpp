// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `library`: remote procedure calls, and the bare calls that they stand on.

#include <sel/environment.hpp>

#include "adder_protocol.hpp"
#include "library_rows.hpp"
#include "measure.hpp"

namespace bench {

sel::Result<void> measure_calls() {
    const sel::Environment& given = sel::environment();
    SEL_TRY(bare, given.endpoint("bare"));
    SEL_TRY(adder, given.endpoint("adder"));
    // Both servers run until they listen, and then on their callers' time.
    SEL_TRY_VOID(bare.call(sel::Message(1)));
    SEL_TRY_VOID(nothing(adder));
    for (const auto* name : {"bare_time", "adder_time"}) {
        SEL_TRY(time, given.capability<sel::SchedContext>(name));
        SEL_TRY_VOID(time.unbind());
    }
    note<"rpc.bare.2">("Endpoint.call and reply_receive, two words each way, all instructions of both sides");
    SEL_TRY_VOID(measure<"rpc.bare.2">([&](uint64_t run) -> sel::Result<void> {
        SEL_TRY(answer, bare.call(sel::Message(1, run, run)));
        if (answer.word(0) != run) return sel::refused({sel::LibraryError::unexpected_message});
        return {};
    }));
    note<"rpc.call.2">("the same as a remote procedure call");
    SEL_TRY_VOID(measure<"rpc.call.2">([&](uint64_t run) -> sel::Result<void> {
        SEL_TRY(answer, swap(adder, run, run));
        if (std::get<0>(answer) != run) return sel::refused({sel::LibraryError::unexpected_message});
        return {};
    }));
    return measure<"rpc.call.text">([&](uint64_t) -> sel::Result<void> {
        constexpr std::string_view text = "a text of sixty-four characters, which is too long for registers";
        SEL_TRY(size, measure_text(adder, text));
        if (size != text.size()) return sel::refused({sel::LibraryError::unexpected_message});
        return {};
    });
}

}  // namespace bench
