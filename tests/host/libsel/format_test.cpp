// SPDX-License-Identifier: BSD-2-Clause
// Formatting: the same as std::format where both speak.

#include <cstdint>
#include <limits>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <sel/format.hpp>

using sel::format;

TEST_CASE("integers in every base and at their ends") {
    CHECK(format("{} {} {}", INT64_MIN, INT64_MAX, UINT64_MAX) ==
          "-9223372036854775808 9223372036854775807 18446744073709551615");
    CHECK(format("{:x} {:X} {:#x} {:b} {:#b} {:d}", 255, 255, 255, 5, 5, 5) == "ff FF 0xff 101 0b101 5");
    CHECK(format("{:x}", int8_t{-1}) == "-1");
    CHECK(format("{} {}", uint8_t{200}, int16_t{-3}) == "200 -3");
    CHECK(format("{:064b}", uint64_t{1}) == std::string(63, '0') + "1");
}

TEST_CASE("width, alignment and filling") {
    CHECK(format("[{:5}] [{:<5}] [{:>5}] [{:^5}] [{:05}]", 42, 42, 42, 42, -42) ==
          "[   42] [42   ] [   42] [ 42  ] [-0042]");
    CHECK(format("[{:5}] [{:>5}] [{:*^6}]", "ab", "ab", "ab") == "[ab   ] [   ab] [**ab**]");
    CHECK(format("{:#010x} {:<#6x}|", 0xabc, 1) == "0x00000abc 0x1   |");
    CHECK(format("{:2}", 12345) == "12345");
    CHECK(format("{:.2} {:>4.1}", "abc", std::string("xyz")) == "ab    x");
}

TEST_CASE("text, characters, truth and addresses") {
    CHECK(format("{} {:c} {:d} {}", 'a', 98, 'c', true) == "a b 99 true");
    CHECK(format("{}|{}", std::string_view("view"), static_cast<const char*>("pointer")) == "view|pointer");
    CHECK(format("{}", reinterpret_cast<const void*>(0x1234)) == "0x1234");
    CHECK(format("{}", nullptr) == "0x0");
    CHECK(format("{{}} {{{}}} }}", 1) == "{} {1} }");
    CHECK(format("") == "");
}

TEST_CASE("floating point where there is some") {
    CHECK(format("{:.3f} {:8.2f} {:.1e} {}", 3.14159, -2.5, 12345.0, 0.25) == "3.142    -2.50 1.2e+04 0.25");
    CHECK(format("{:08.3f}", -1.5) == "-001.500");
    CHECK(format("{:.0f}", std::numeric_limits<double>::max()).size() == 309);
}

TEST_CASE("a buffer takes what fits") {
    std::array<char, 5> buffer;
    CHECK(sel::format_to(buffer, "{}{}", 123, 4567) == "12345");
    CHECK(sel::format_to(std::span<char>(), "{}", 1).empty());
}
