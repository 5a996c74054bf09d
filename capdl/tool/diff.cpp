// SPDX-License-Identifier: BSD-2-Clause
// The word `diff` of `capdl`: authority gained and lost from one spec to another.
#include <fmt/format.h>

#include "analysis/authority_list.hpp"
#include "analysis/object_traits.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

void print_lines(char sign, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        fmt::print("{} {}\n", sign, line);
    }
}

}  // namespace

int diff(const Options& options) {
    Session before(options);
    const bool before_accepted = before.run();
    before.report();
    Session after(options, options.other_spec);
    const bool after_accepted = after.run();
    after.report();
    if (!before_accepted || !after_accepted) {
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
    print_lines('-', influence.lost);
    print_lines('+', influence.gained);
    return done;
}

}  // namespace capdl
