// SPDX-License-Identifier: BSD-2-Clause
// Strings, formatting, printf and parsing.

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <sel/format.hpp>

#include "checks.hpp"

namespace runtime_test {

namespace {

enum class Colour : uint8_t { red = 1, green = 2 };

struct Point {
    int x;
    int y;
};

void describe(sel::Output& output, const Point& point) { sel::format_to(output, "({}|{})", point.x, point.y); }

}  // namespace

void check_text() {
    std::string text = "a string that is too long for its small buffer";
    text.replace(0, 1, "one");
    text += '!';
    check(text.starts_with("one string") && text.ends_with("buffer!") && text.find("small") == 36);
    check(text.substr(4, 6) == "string" && std::string_view(text).contains("too"));
    check(std::to_string(-12345) == "-12345" && std::to_string(18446744073709551615ULL) == "18446744073709551615");

    int parsed = 0;
    const std::string_view digits = "1234x";
    check(std::from_chars(digits.begin(), digits.end(), parsed).ptr == digits.begin() + 4 && parsed == 1234);
    check(std::strtol("-0x1f", nullptr, 0) == -31 && std::atoi("77") == 77);

    check(sel::format("{} {} {}", 1, "two", std::string("three")) == "1 two three");
    check(sel::format("{:>6}|{:<6}|{:^6}|{:*^7}", 42, 42, "ab", 'c') == "    42|42    |  ab  |***c***");
    check(sel::format("{:#x} {:08X} {:#b} {:+<4}", 255, 0xbeefU, 5, 1) == "0xff 0000BEEF 0b101 1+++");
    check(sel::format("{:06} {} {}", -42, INT64_MIN, UINT64_MAX) == "-00042 -9223372036854775808 18446744073709551615");
    check(sel::format("{} {} {:d} {:.3}", true, 'x', 'A', "abcdef") == "true x 65 abc");
    check(sel::format("{{{}}} {} {}", 7, Colour::green, Point{3, -4}) == "{7} 2 (3|-4)");
    check(sel::format("{}", static_cast<const void*>(nullptr)) == "0x0");
    std::array<char, 8> small;
    check(sel::format_to(small, "{}", "more than eight") == "more tha");

    std::array<char, 40> buffer;
    const int size = std::snprintf(buffer.data(), buffer.size(), "%d|%5s|%-4u|%04lx|%c", -7, "ab", 9U, 0xabUL, 'z');
    check(size == 20 && std::string_view(buffer.data()) == "-7|   ab|9   |00ab|z");
    check(std::snprintf(buffer.data(), 4, "%s", "longer") == 6 && std::strcmp(buffer.data(), "lon") == 0);
}

}  // namespace runtime_test
