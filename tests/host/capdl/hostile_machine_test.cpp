// SPDX-License-Identifier: BSD-2-Clause
// Damaged device trees: each is refused with a sentence, or read as a machine that can be asked anything.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "golden_cases.hpp"
#include "machine_questions.hpp"

namespace {

using capdl::test::read_and_ask;

// Some bytes or words changed, or a piece cut out: most of a device tree is words.
std::string damaged(std::string tree, std::mt19937_64& random) {
    const auto below = [&](size_t end) { return static_cast<size_t>(random() % end); };
    for (size_t change = 1 + below(4); change != 0; --change) {
        const size_t word = below(tree.size() / 4) * 4;
        switch (below(4)) {
        case 0: tree[below(tree.size())] = static_cast<char>(random()); break;
        case 1: tree.replace(word, 4, std::string("\0\0\0\0", 4).replace(3, 1, 1, static_cast<char>(below(10)))); break;
        case 2: tree.replace(word, 4, "\xff\xff\xff\xff", 4); break;
        default: tree.erase(word, 4 * below(8)); break;
        }
    }
    return tree;
}

}  // namespace

TEST_CASE("damaged device trees are refused or read") {
    std::mt19937_64 random(Catch::getSeed());
    const std::string tree = capdl::test::read(CAPDL_MACHINE);
    unsigned refused = 0;
    unsigned read = 0;
    for (unsigned round = 0; round < 3000; ++round) {
        (read_and_ask(damaged(tree, random)) ? read : refused) += 1;
    }
    CHECK(refused > 300);
    CHECK(read > 300);
}

TEST_CASE("every beginning of a device tree is refused") {
    const std::string tree = capdl::test::read(CAPDL_MACHINE);
    for (size_t size = 0; size < tree.size(); size += 7) {
        CHECK(!read_and_ask(tree.substr(0, size)));
    }
}
