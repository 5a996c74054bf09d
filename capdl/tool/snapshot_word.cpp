// SPDX-License-Identifier: BSD-2-Clause
// The word `snapshot` of `capdl`: the spec of a system as it is, from what its loader has reported.
#include <fmt/format.h>

#include "model/printer.hpp"
#include "snapshot/snapshot.hpp"
#include "tool/session.hpp"

namespace capdl {

int snapshot(const Options& options) {
    Session session(options);
    const bool accepted = session.run();
    const Plan plan = accepted ? session.compilation().compile() : Plan();
    if (!accepted || session.compilation().diagnostics().has_errors()) {
        session.report();
        return refused;
    }
    const std::expected<std::string, std::string> console = read_file(options.console);
    if (!console) {
        return session.refuse(console.error());
    }
    const std::expected<ObservedState, std::string> state = ObservedState::parse(*console);
    if (!state) {
        return session.refuse(fmt::format("{}: {}", options.console, state.error()));
    }
    session.report();
    Model result(session.model().names());
    Snapshot taken(session.model(), plan, *state, result);
    taken.build();
    for (const std::string& remark : taken.remarks()) {
        fmt::print("-- {}\n", remark);
    }
    fmt::print("{}", Printer(result).print());
    return done;
}

}  // namespace capdl
