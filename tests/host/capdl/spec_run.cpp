// SPDX-License-Identifier: BSD-2-Clause
// Runs the compiler on a text, as far as a test wants.
#include "spec_run.hpp"

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
            run.accepted = !compilation.diagnostics().has_errors();
        }
    }
    run.messages = compilation.diagnostics().render();
    return run;
}

}  // namespace capdl::test
