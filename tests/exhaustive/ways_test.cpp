// SPDX-License-Identifier: BSD-2-Clause
// Hot and direct switches against the general way: from every state that is reached, every operation leads to the same
// state by either.
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

#include "search.hpp"
#include "worlds.hpp"

namespace selene::test {

namespace {

void compare(const char* name) {
    constexpr uint64_t slice = 3000;
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    const bool long_run = rounds != nullptr && std::strtoul(rounds, nullptr, 10) > 1;
    Search search(world_named(name).description);
    search.compare_ways();
    const Findings found = search.run(long_run ? Search::all : slice);
    INFO(found.violation << "; the shortest path:\n" << search.text_of(found.path));
    CHECK(found.violation.empty());
    CHECK((found.complete || found.states >= slice));
}

}  // namespace

TEST_CASE("hot and direct switches in the world: pair") { compare("pair"); }
TEST_CASE("hot and direct switches in the world: trio") { compare("trio"); }
TEST_CASE("hot and direct switches in the world: crowd") { compare("crowd"); }
TEST_CASE("hot and direct switches in the world: signals") { compare("signals"); }
TEST_CASE("hot and direct switches in the world: faults") { compare("faults"); }
TEST_CASE("hot and direct switches in the world: priorities") { compare("priorities"); }
TEST_CASE("hot and direct switches in the world: cancelling") { compare("cancelling"); }
TEST_CASE("hot and direct switches in the world: items") { compare("items"); }

}  // namespace selene::test
