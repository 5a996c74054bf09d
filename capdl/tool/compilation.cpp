// SPDX-License-Identifier: BSD-2-Clause
// The way from a spec's text to a checked Model, which all commands share.
#include "tool/compilation.hpp"

#include "analysis/checker.hpp"
#include "analysis/policy.hpp"
#include "compile/compiler.hpp"
#include "component/expansion.hpp"
#include "language/formatter.hpp"
#include "language/parser.hpp"
#include "model/resolver.hpp"
#include "tool/included_files.hpp"

namespace capdl {

Compilation::Compilation(WarningPolicy warnings, std::optional<std::filesystem::path> components, Programs programs)
    : diagnostics_(sources_, std::move(warnings)),
      model_(names_),
      files_(components ? std::vector{*components} : std::vector<std::filesystem::path>{}),
      has_files_(components.has_value()),
      programs_(programs) {}

bool Compilation::run(std::string path, std::string text) {
    const Span all = sources_.add(std::move(path), std::move(text));
    IncludedFiles included(sources_, diagnostics_);
    const Module module = Parser(sources_, all, names_, diagnostics_, &included).parse();
    if (module.is_cut) {
        return false;  // what is missing now would only cause more messages
    }
    model_.architecture = module.architecture;
    Resolver resolver(module, model_, diagnostics_);
    ComponentExpansion components(module, model_, resolver, has_files_ ? &files_ : nullptr, programs_, diagnostics_);
    resolver.declare_objects();
    components.declare();
    resolver.fill_slots();
    components.fill_slots();
    model_.seal();
    resolver.resolve_references();
    components.finish();
    is_resolved_ = true;
    collect_policies(module);
    Checker checker(model_, diagnostics_);
    checker.check(diagnostics_.has_errors() ? Checker::Of::what_is_there : Checker::Of::all);
    check_policy_names(model_, diagnostics_);
    if (checker.slots_are_sound()) {
        check_policies(model_, diagnostics_);
    }
    return !diagnostics_.has_errors();
}

void Compilation::collect_policies(const Module& module) {
    const auto subjects = [&](Slice names) {
        std::vector<Policy::Subject> result;
        for (const SyntaxName& name : Module::part(module.names, names)) {
            result.push_back({std::string(sources_.text(name.span)), name.span});
        }
        return result;
    };
    for (const SyntaxPolicy& policy : module.policies) {
        model_.policies.push_back({.kind = policy.kind,
                                   .from = subjects(policy.from),
                                   .to = subjects(policy.to),
                                   .through = subjects(policy.through),
                                   .span = policy.span});
    }
}

std::optional<Compilation::Formatted> Compilation::format(std::string path, std::string text) {
    const Span all = sources_.add(std::move(path), std::move(text));
    static_cast<void>(Parser(sources_, all, names_, diagnostics_).parse());
    if (diagnostics_.has_errors()) {
        return std::nullopt;
    }
    Diagnostics seen_already(sources_);  // by the parser
    return Formatted{std::string(sources_.text(all)), Formatter(sources_, all, seen_already).format()};
}

Plan Compilation::place() {
    Plan plan;
    Placement(model_, diagnostics_).arrange(plan);
    return plan;
}

void Compilation::report_unsupported() {
    if (is_resolved_) {
        Compiler::report_unsupported(model_, diagnostics_);
    }
}

Plan Compilation::compile() { return Compiler(model_, files_, diagnostics_).compile(); }

}  // namespace capdl
