// SPDX-License-Identifier: BSD-2-Clause
// Addresses in and around the functions of listing.txt.
#include "symbol_table.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

extern "C" const uint32_t kernel_symbols[], kernel_symbols_end[];  // table.S

namespace {

using selene::SymbolTable;

constexpr uint64_t base = 0xffff'ffff'c000'0000;

std::string place(const SymbolTable& table, uint64_t address) {
    const auto found = table.find(address);
    return found ? std::string(found->function) + "+" + std::to_string(found->offset) : "nowhere";
}

TEST_CASE("an address is found in the function that it lies in") {
    const SymbolTable table(base, {kernel_symbols, kernel_symbols_end});
    CHECK(place(table, base) == "selene_vectors+0");
    CHECK(place(table, base + 0x83f) == "selene_vectors+2111");
    CHECK(place(table, base + 0x840) == "selene_hot_call+0");
    CHECK(place(table, base + 0x1000) == "Unmapper::strip+0");
    CHECK(place(table, base + 0x1084) == "system_call+4");
    CHECK(place(table, base + 0x1fff) == "system_call+3967");
}

TEST_CASE("an address outside of the text is found nowhere") {
    const SymbolTable table(base, {kernel_symbols, kernel_symbols_end});
    for (const uint64_t address :
         {uint64_t{0}, base - 1, base + 0x2000, base + 0x3000, base + 0x3fff'ffff, ~uint64_t{0}})
        CHECK(place(table, address) == "nowhere");
    const SymbolTable low(0, {kernel_symbols, kernel_symbols_end});
    CHECK(place(low, 0x1'0000'0840) == "nowhere");
}

TEST_CASE("a kernel without a table finds nothing") {
    const SymbolTable table(base, {});
    CHECK(place(table, base) == "nowhere");
}

}  // namespace
