// SPDX-License-Identifier: BSD-2-Clause
// The word `diff` of `capdl`: authority gained and lost from one spec to another.
#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "analysis/authority_list.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

void print_lines(char sign, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        fmt::print("{} {}\n", sign, line);
    }
}

std::vector<std::string> without(const std::vector<std::string>& all, const std::vector<std::string>& some) {
    std::vector<std::string> rest;
    std::ranges::set_difference(all, some, std::back_inserter(rest));
    return rest;
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
    print_lines('-', gained(second, first));
    print_lines('+', gained(first, second));
    const std::vector<std::string> first_influence = influence_list(before.model());
    const std::vector<std::string> second_influence = influence_list(after.model());
    print_lines('-', without(first_influence, second_influence));
    print_lines('+', without(second_influence, first_influence));
    return done;
}

}  // namespace capdl
