// SPDX-License-Identifier: BSD-2-Clause
// Containers and algorithms.

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <map>
#include <numeric>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "checks.hpp"

namespace runtime_test {

void check_containers() {
    std::vector<int> numbers(1000);
    std::iota(numbers.rbegin(), numbers.rend(), 0);
    check(numbers.front() == 999 && numbers.back() == 0);
    std::ranges::sort(numbers);
    check(std::ranges::is_sorted(numbers) && numbers[500] == 500);
    auto even_squares = numbers | std::views::filter([](int n) { return n % 2 == 0; }) |
                        std::views::transform([](int n) { return n * n; }) | std::views::take(4);
    check(std::ranges::equal(even_squares, std::array{0, 4, 16, 36}));
    check(std::span(numbers).subspan(10, 3)[2] == 12);

    std::map<std::string, int> ages{{"ada", 36}, {"grace", 85}, {"barbara", 28}};
    ages["ada"] += 1;
    ages.erase("grace");
    check(ages.size() == 2 && ages.at("ada") == 37 && ages.begin()->first == "ada" && !ages.contains("grace"));

    std::unordered_map<int, std::string> words;
    for (int i = 0; i < 500; ++i) {
        words.emplace(i * 7919, std::to_string(i));
    }
    check(words.size() == 500 && words[499 * 7919] == "499" && words.find(3) == words.end());
    check(words.load_factor() <= words.max_load_factor());
    words.max_load_factor(0.5F);
    words.rehash(1000);
    check(words.bucket_count() >= 1000 && words[7919] == "1");

    const std::set<int> distinct{3, 1, 2, 3, 1};
    const std::unordered_set<std::string> names{"x", "y", "x"};
    check(distinct.size() == 3 && *distinct.rbegin() == 3 && names.size() == 2);

    std::list<int> list{1, 2, 3};
    list.splice(list.begin(), list, std::prev(list.end()));
    std::deque<int> deque(list.begin(), list.end());
    deque.push_front(0);
    check(std::ranges::equal(deque, std::array{0, 3, 1, 2}));
}

}  // namespace runtime_test
