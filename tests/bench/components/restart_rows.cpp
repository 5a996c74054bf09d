// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `library`: a group that is restarted.

#include <sel/environment.hpp>

#include "../../../userland/servers/restart/restart_protocol.hpp"
#include "library_rows.hpp"
#include "measure.hpp"

namespace bench {

sel::Result<void> measure_restarts() {
    SEL_TRY(keeper, sel::environment().endpoint("keeper"));
    note<"restart.group">(
        "a store ended and built anew from the specification: from the request until all of it is started");
    SEL_TRY_VOID((measure<"restart.group", few>([&](uint64_t) { return restart::kill(keeper); })));
    SEL_TRY(after, restart::history(keeper));
    sel::println("note restart.group {} bytes of objects", after.bytes);
    if (after.runs == 0 || after.left != 0) return sel::refused({restart::Refusal::not_running});
    return {};
}

}  // namespace bench
