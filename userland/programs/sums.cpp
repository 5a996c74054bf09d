// SPDX-License-Identifier: BSD-2-Clause
// A program for task managers: adds numbers.
//
// Given by who starts it:
//     console    endpoint (WP): for what it says
//     name       argument: who it is
//     numbers    argument: what to add, separated by spaces

#include <charconv>

#include <sel/environment.hpp>
#include <sel/error.hpp>

int main() {
    const auto& environment = sel::environment();
    const auto name = sel::or_abort(environment.argument("name"), "finding the name");
    std::string_view rest = sel::or_abort(environment.argument("numbers"), "finding the numbers");
    uint64_t sum = 0;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        uint64_t number = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (error != std::errc() || end != word.data() + word.size()) {
            sel::println("{}: '{}' is no number", name, word);
            return 1;
        }
        sum += number;
    }
    sel::println("{}: the sum is {}", name, sum);
    return 0;
}
