// SPDX-License-Identifier: BSD-2-Clause
// Optional, variant, expected, function, chrono.

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include <sel/clock.hpp>
#include <sel/error.hpp>
#include <sel/result.hpp>

#include "checks.hpp"

namespace runtime_test {

namespace {

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

std::expected<int, std::string> half(int number) {
    if (number % 2 != 0) {
        return std::unexpected("odd: " + std::to_string(number));
    }
    return number / 2;
}

sel::Result<int> refuse() { return sel::refused({sel::abi::ErrorCode::empty_slot, 2, 40}); }

sel::Result<int> pass_on() {
    SEL_TRY(value, refuse());
    return value + 1;
}

}  // namespace

void check_values() {
    std::optional<std::string> maybe;
    check(!maybe && maybe.value_or("none") == "none");
    maybe = "some";
    check(maybe.transform([](const std::string& text) { return text.size(); }) == 4);

    using Shape = std::variant<int, std::string, std::tuple<int, int>>;
    const auto measure = [](const Shape& shape) {
        return std::visit(
            Overloaded{[](int side) { return side * side; },
                       [](const std::string& text) { return static_cast<int>(text.size()); },
                       [](const std::tuple<int, int>& sides) { return std::get<0>(sides) * std::get<1>(sides); }},
            shape);
    };
    check(measure(3) == 9 && measure("four") == 4 && measure(std::tuple(5, 6)) == 30);

    check(half(8).and_then(half).and_then(half) == 1);
    check(half(6).and_then(half).error() == "odd: 3");

    int calls = 0;
    const std::function<int(int)> count = [&calls, padding = std::string(100, 'x')](int n) {
        ++calls;
        return n + static_cast<int>(padding.size());
    };
    const std::function<int(int)> copy = count;
    check(count(1) == 101 && copy(2) == 102 && calls == 2);
    check(std::bind_front(std::plus<>(), 40)(2) == 42);

    using namespace std::chrono_literals;
    using std::chrono::duration_cast;
    check(90min == 1h + 30min && duration_cast<std::chrono::milliseconds>(2s + 5us).count() == 2000);
    check(std::chrono::floor<std::chrono::days>(49h).count() == 2);
    const auto start = sel::Clock::now();
    check(sel::Clock::now() >= start && sel::Clock::ticks(2s) == 2 * sel::Clock::ticks(1s));

    const auto refused = pass_on();
    check(!refused && refused.error() == sel::Error(sel::abi::ErrorCode::empty_slot, 2, 40));
    check(sel::format("{}", refused.error()) == "argument 2: slot 40 holds no capability");
}

}  // namespace runtime_test
