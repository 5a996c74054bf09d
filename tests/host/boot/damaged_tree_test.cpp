// SPDX-License-Identifier: BSD-2-Clause
// Damaged trees: whatever is in one, reading it touches nothing else, ends, and keeps its promises.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tree_builder.hpp"
#include "tree_promises.hpp"

using namespace selene;
using namespace selene::boot;

namespace {

void read_damaged(const Tree& tree, size_t bytes) { (void)read_and_check(std::as_bytes(std::span(tree)).first(bytes)); }

size_t used_bytes(const Tree& tree) { return (used_tree_size(tree.data()) + 7) / 8 * 8; }

void set_total_size(Tree& tree, size_t bytes) {
    const auto big_endian = __builtin_bswap32(static_cast<uint32_t>(bytes));
    __builtin_memcpy(reinterpret_cast<char*>(tree.data()) + 4, &big_endian, sizeof(big_endian));
}

/// Numbers that break things.
uint32_t nasty(std::mt19937& random) {
    constexpr uint32_t values[] = {0, 1, 2, 3, 4, 9, 0x10, 0x7fff'ffff, 0x8000'0000, 0xffff'fff0, 0xffff'ffff};
    return random() % 4 == 0 ? static_cast<uint32_t>(random()) : values[random() % std::size(values)];
}

void damage(Tree& tree, size_t bytes, std::mt19937& random) {
    auto* text = reinterpret_cast<unsigned char*>(tree.data());
    switch (random() % 4) {
    case 0: text[random() % bytes] ^= static_cast<unsigned char>(1u << random() % 8); break;
    case 1: text[random() % bytes] = static_cast<unsigned char>(random()); break;
    case 2: {
        const uint32_t value = __builtin_bswap32(nasty(random));
        __builtin_memcpy(text + random() % (bytes / 4) * 4, &value, sizeof(value));
        break;
    }
    case 3: {
        const size_t length = 4 * (1 + random() % 16);
        const size_t from = random() % ((bytes - length) / 4) * 4;
        const size_t to = random() % ((bytes - length) / 4) * 4;
        __builtin_memmove(text + to, text + from, length);
        break;
    }
    }
}

}  // namespace

TEST_CASE("every tree that the build has made can be read") {
    REQUIRE(stored_trees().size() >= 15);
    for (const std::string& name : stored_trees()) {
        INFO(name);
        const Tree tree = stored_tree(name);
        REQUIRE(read_and_check(std::as_bytes(std::span(tree))));
    }
}

TEST_CASE("trees cut short at every length") {
    const Tree whole = PlainMachine{}.tree();
    for (size_t bytes = 0; bytes < used_bytes(whole); bytes++) {
        read_damaged(whole, bytes);
        Tree honest = whole;
        set_total_size(honest, bytes);
        read_damaged(honest, bytes);
    }
}

TEST_CASE("every word of a tree replaced") {
    const Tree whole = PlainMachine{}.tree();
    const size_t bytes = used_bytes(whole);
    for (size_t at = 0; at < bytes; at += 4) {
        for (const uint32_t value : {0u, 1u, 2u, 3u, 9u, 0x7fff'ffffu, 0x8000'0000u, 0xffff'ffffu}) {
            Tree tree = whole;
            const uint32_t big_endian = __builtin_bswap32(value);
            __builtin_memcpy(reinterpret_cast<char*>(tree.data()) + at, &big_endian, sizeof(big_endian));
            read_damaged(tree, bytes);
        }
    }
}

TEST_CASE("random damage to all trees") {
    std::mt19937 random(Catch::getSeed());
    for (const std::string& name : stored_trees()) {
        INFO(name);
        Tree whole = stored_tree(name);
        const size_t bytes = used_bytes(whole);
        set_total_size(whole, bytes);
        whole.resize(bytes / sizeof(uint64_t));
        for (int round = 0; round < 2'000; round++) {
            Tree tree = whole;
            for (unsigned count = 1 + random() % 8; count > 0; count--) damage(tree, bytes, random);
            read_damaged(tree, bytes);
        }
    }
}
