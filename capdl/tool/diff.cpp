// SPDX-License-Identifier: BSD-2-Clause
// The word `diff` of `capdl`: authority gained and lost from one spec to another.
#include <fmt/format.h>

#include "analysis/authority_list.hpp"
#include "analysis/object_traits.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

void print_lines(char sign, const std::vector<std::string>& lines, size_t more = 0) {
    for (const std::string& line : lines) {
        fmt::print("{} {}\n", sign, line);
    }
    if (more != 0) {
        fmt::print("{} {} more can affect others\n", sign, more);
    }
}

}  // namespace

int diff(const Options& options) {
    Session before(options);
    const bool before_accepted = before.run();
    Session after(options, options.other_spec);
    const bool after_accepted = after.run();
    if (!before_accepted || !after_accepted) {
        Session::report({&before, &after});
        return refused;
    }
    const AuthorityList first = authority_list(before.model());
    const AuthorityList second = authority_list(after.model());
    const ObjectTraits first_traits = object_traits(before.model());
    const ObjectTraits second_traits = object_traits(after.model());
    print_lines('-', gained(second, first));
    print_lines('-', gained(second_traits, first_traits));
    print_lines('+', gained(first, second));
    print_lines('+', gained(first_traits, second_traits));
    const InfluenceChange influence = influence_change(before.model(), after.model());
    if (influence.refusal) {
        after.compilation().diagnostics().error(
            {}, fmt::format("who can affect whom is not compared: {}", *influence.refusal));
    }
    Session::report({&before, &after});
    print_lines('-', influence.lost, influence.more_lost);
    print_lines('+', influence.gained, influence.more_gained);
    return influence.refusal ? refused : done;
}

}  // namespace capdl
