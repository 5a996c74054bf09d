// SPDX-License-Identifier: BSD-2-Clause
// Every state of every small world, and every way out of it.
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "search.hpp"
#include "worlds.hpp"

namespace selene::test {

namespace {

/// With the sanitizers, and of worlds that are for the long run: a slice of so many states.
constexpr uint64_t slice = SELENE_SLICE;

/// `SELENE_TEST_ROUNDS=2` or more: the long run.
bool long_run() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr && std::strtoul(rounds, nullptr, 10) > 1;
}

/// A row of the table in README.md: name, states, transitions, longest path.
std::string row_of(const Listed& world, const Findings& found) {
    std::ostringstream row;
    row << "| " << world.description.name << " | " << found.states << " | " << found.transitions << " | " << found.depth
        << " | " << (world.in_long_run_only ? "long" : "default") << " |";
    return row.str();
}

std::vector<std::string> table() {
    std::ifstream file(SELENE_WORLDS_TABLE);
    std::vector<std::string> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.ends_with("| long |") || line.ends_with("| default |")) rows.push_back(line);
    }
    return rows;
}

/// What is never obeyed, or never refused, is tried in the wrong world.
void check_tallies(const Description& description, const Findings& found) {
    REQUIRE(found.forms.size() == description.forms.size());
    for (size_t i = 0; i < found.forms.size(); ++i) {
        const Form& form = description.forms[i];
        INFO(form.name);
        CHECK(found.forms[i].obeyed > 0);
        // What names nothing is never refused.
        CHECK((found.forms[i].refused > 0 || form.parameters.empty()));
    }
}

void search(const char* name) {
    const Listed& world = world_named(name);
    const bool whole = SELENE_WHOLE && (!world.in_long_run_only || long_run());
    const auto start = std::chrono::steady_clock::now();
    Search search(world.description);
    const Findings found = search.run(whole ? Search::all : slice);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    INFO(found.violation << "; the shortest path:\n" << search.text_of(found.path));
    CHECK(found.violation.empty());
    const std::string row = row_of(world, found);
    if (!whole) {
        CHECK((found.complete || found.states >= slice));
        return;
    }
    WARN(row << " in " << seconds.count() << " s");
    CHECK(found.complete);
    check_tallies(world.description, found);
    std::string expected;
    for (const std::string& line : table()) {
        if (line.starts_with(std::string("| ") + name + " |")) expected = line;
    }
    // The search knows no chance: another count is another kernel or another world, and wants a reason.
    CHECK(row == expected);
}

}  // namespace

TEST_CASE("world: tree") { search("tree"); }
TEST_CASE("world: weaker") { search("weaker"); }
TEST_CASE("world: giving up") { search("giving up"); }
TEST_CASE("world: two tables") { search("two tables"); }
TEST_CASE("world: two moved") { search("two moved"); }
TEST_CASE("world: rivals") { search("rivals"); }
TEST_CASE("world: rivals that move") { search("rivals that move"); }
TEST_CASE("world: linked") { search("linked"); }
TEST_CASE("world: linked rivals") { search("linked rivals"); }
TEST_CASE("world: zeroing") { search("zeroing"); }
TEST_CASE("world: in two tasks") { search("in two tasks"); }
TEST_CASE("world: mortal") { search("mortal"); }
TEST_CASE("world: pair") { search("pair"); }
TEST_CASE("world: trio") { search("trio"); }
TEST_CASE("world: crowd") { search("crowd"); }
TEST_CASE("world: signals") { search("signals"); }
TEST_CASE("world: faults") { search("faults"); }
TEST_CASE("world: items") { search("items"); }
TEST_CASE("world: items meet unmaps") { search("items meet unmaps"); }
TEST_CASE("world: priorities") { search("priorities"); }
TEST_CASE("world: cancelling") { search("cancelling"); }
TEST_CASE("world: budgets") { search("budgets"); }
TEST_CASE("world: own space") { search("own space"); }
TEST_CASE("world: mappings") { search("mappings"); }
TEST_CASE("world: mappings meet unmaps") { search("mappings meet unmaps"); }
TEST_CASE("world: tags") { search("tags"); }
TEST_CASE("world: sharing") { search("sharing"); }

TEST_CASE("the table lists all worlds, and counts enough states") {
    const std::vector<std::string> rows = table();
    REQUIRE(rows.size() == worlds().size());
    uint64_t by_default = 0;
    uint64_t all = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
        const std::string start = std::string("| ") + worlds()[i].description.name + " | ";
        INFO(rows[i]);
        REQUIRE(rows[i].starts_with(start));
        const uint64_t states = std::strtoull(rows[i].c_str() + start.size(), nullptr, 10);
        all += states;
        if (!worlds()[i].in_long_run_only) by_default += states;
    }
    CHECK(by_default >= 100'000);
    CHECK(all >= 1'000'000);
}

}  // namespace selene::test
