// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_float`: both sides of calls between programs that use floating-point registers. It listens if it
// holds `reply`; otherwise it calls `server` whenever `go` is signalled, and says so to `done`: once, then for a row.

#include <sel/environment.hpp>
#include <sel/message.hpp>
#include <sel/notification.hpp>

#include "region.hpp"

namespace {

/// Registers that others would have to give back.
void load(uint64_t value) { asm volatile("fmov d9, %0\n\tdup v31.2d, %0" : : "r"(value) : "d9", "v31"); }
[[nodiscard]] uint64_t read() {
    uint64_t low;
    uint64_t high;
    asm volatile("fmov %0, d9\n\tmov %1, v31.d[1]" : "=r"(low), "=r"(high));
    return low == high ? low : 0;
}

sel::Result<void> serve() {
    SEL_TRY(requests, sel::environment().endpoint("requests"));
    SEL_TRY(reply, sel::environment().reply("reply"));
    SEL_TRY(request, requests.receive(reply));
    for (uint64_t count = 1;; ++count) {
        load(count << 32);
        SEL_TRY(next, requests.reply_receive(reply, request.message));
        if (read() != count << 32) return sel::refused({sel::LibraryError::unexpected_message});
        request = next;
    }
}

sel::Result<void> call() {
    constexpr uint64_t warm = 8;
    constexpr uint64_t samples = 32;
    SEL_TRY(server, sel::environment().endpoint("server"));
    SEL_TRY(go, sel::environment().notification("go"));
    SEL_TRY(done, sel::environment().notification("done"));
    for (uint64_t run = 0; run <= warm + samples; ++run) {
        if (run <= 1) SEL_TRY_VOID(go.wait());
        load(run + 1);
        if (run > warm) bench::start<"ipc.round_trip.fpu">();
        const auto answer = server.call(sel::Message(1));
        bench::end();
        if (!answer || read() != run + 1) return sel::refused({sel::LibraryError::unexpected_message});
        if (run == 0) SEL_TRY_VOID(done.signal());
    }
    return done.signal();
}

}  // namespace

int main() { return (sel::environment().reply("reply") ? serve() : call()) ? 0 : 1; }
