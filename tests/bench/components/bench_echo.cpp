// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_echo`: answers every call with the message itself. It has no time of its own once it
// listens.

#include <sel/environment.hpp>

namespace {

sel::Result<void> serve() {
    SEL_TRY(requests, sel::environment().endpoint("requests"));
    SEL_TRY(reply, sel::environment().reply("reply"));
    SEL_TRY(request, requests.receive(reply));
    for (;;) {
        SEL_TRY(next, requests.reply_receive(reply, request.message));
        request = next;
    }
}

}  // namespace

int main() { return serve() ? 0 : 1; }
