// SPDX-License-Identifier: BSD-2-Clause
// Runs the compiler on a text, as far as a test wants.
#include "spec_run.hpp"

#include <catch2/catch_test_macros.hpp>

#include "analysis/machine_check.hpp"
#include "analysis/memory_fit.hpp"
#include "golden_cases.hpp"
#include "model/printer.hpp"
#include "tool/compilation.hpp"

namespace capdl::test {

SpecRun run_spec(std::string text, Until until, const std::optional<std::filesystem::path>& components) {
    Compilation compilation({}, components);
    SpecRun run{};
    run.accepted = compilation.run("spec.cdl", std::move(text));
    if (run.accepted) {
        run.expanded = Printer(compilation.model()).print();
        if (until == Until::build) {
            run.plan = compilation.compile();
        } else if (until == Until::machine) {
            const std::expected<Machine, std::string> machine = Machine::read(read(CAPDL_MACHINE));
            REQUIRE(machine);
            run.plan = compilation.place();
            check_machine(compilation.model(), *machine, compilation.diagnostics());
            check_memory_fit(compilation.model(), run.plan, machine->memory(), {}, compilation.diagnostics());
        }
        run.accepted = !compilation.diagnostics().has_errors();
    } else if (until == Until::build) {
        compilation.report_unsupported();
    }
    run.messages = compilation.diagnostics().render();
    return run;
}

}  // namespace capdl::test
