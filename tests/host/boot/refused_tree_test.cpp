// SPDX-License-Identifier: BSD-2-Clause
// Every reason to refuse a tree, and that it is said on the serial line if there is one.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tree_builder.hpp"

using namespace selene;
using namespace selene::boot;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The machine is refused for this reason, and the serial line was found all the same.
void refuses(const PlainMachine& machine, const std::string& reason) {
    const auto result = read(machine);
    REQUIRE(!result);
    CHECK_THAT(result.error().refusal.reason, ContainsSubstring(reason));
    CHECK(result.error().serial.kind == SerialKind::pl011);
}

Tree with_header_word(unsigned index, uint32_t value) {
    Tree tree = PlainMachine{}.tree();
    const uint32_t big_endian = __builtin_bswap32(value);
    __builtin_memcpy(reinterpret_cast<char*>(tree.data()) + index * sizeof(uint32_t), &big_endian, sizeof(big_endian));
    return tree;
}

}  // namespace

TEST_CASE("a plain machine is accepted") { CHECK(read(PlainMachine{})); }

TEST_CASE("memory") {
    refuses({.memory = {}}, "names no memory");
    refuses({.memory = {0, 0x4000'0000, 0, 0x800}}, "names no memory");
    refuses({.memory = {0, 0x4000'0000, 0xffff'ffff, 0xffff'ffff}}, "a range of memory wraps around");
    refuses({.reserved_by_block = {{0x4000'0000, ~uint64_t{0}}}}, "a range of reserved memory wraps around");
    refuses({.reserved_by_node = {0, 0x4000'0000, 0xffff'ffff, 0xffff'ffff}},
            "a range of reserved memory wraps around");
    Cells many;
    PlainMachine reserving;
    for (uint32_t i = 0; i <= BootDescription::maximum_memory_ranges; i++) {
        many.insert(many.end(), {0, 0x4000'0000 + i * 0x2000, 0, 0x1000});
        reserving.reserved_by_block.push_back({0x4000'0000 + i * 0x2000, 1});
    }
    refuses({.memory = many}, "too many ranges of memory");
    refuses({.reserved_by_node = many}, "too many ranges of reserved memory");
    refuses(reserving, "too many ranges of reserved memory");
}

TEST_CASE("the initial RAM disk") {
    refuses({.initrd_start = {0x4800'1000}, .initrd_end = {0x4800'0000}}, "initial RAM disk");
    refuses({.initrd_start = {0x4800'0000}, .initrd_end = {0xff, 0}}, "initial RAM disk");
    refuses({.initrd_start = {0x4800'0000}, .initrd_end = {}}, "initial RAM disk");
}

TEST_CASE("cores") {
    refuses({.cores = {}}, "names no core");
    refuses({.cores = {0, 1, 0}}, "names a core twice");
    refuses({.cores = {0, 0x8000'0000}}, "no core can have such a number");
    refuses({.cores = {0, 0x0100'0000}}, "no core can have such a number");
}

TEST_CASE("where cores wait") {
    const auto waiting_at = [](const Cells& release) {
        return PlainMachine{.core_method = "spin-table", .core_release = release};
    };
    CHECK(read(waiting_at({0, 0x4000'0000})));
    CHECK(read(waiting_at({0x4000'0000})));
    refuses(waiting_at({0, 0}), "waits for its start where there is no memory");
    refuses(waiting_at({0, 0x4000'0004}), "waits for its start where there is no memory");
    refuses(waiting_at({0, 0x4fff'fff8}), "waits for its start where there is no memory");
    refuses(waiting_at({0, 0x0900'0000}), "waits for its start where there is no memory");
    refuses(waiting_at({0x7f, 0xc000'0000}), "waits for its start where there is no memory");
    refuses(waiting_at({0xffff'ffff, 0xffff'fff0}), "waits for its start where there is no memory");
    refuses({.reserved_by_block = std::vector<PhysRange>(1, {0, 1}),
             .core_method = "spin-table",
             .core_release = {0, 0x5000'0000}},
            "waits for its start where there is no memory");
}

TEST_CASE("the interrupt controller") {
    refuses({.controller = "an abacus"}, "names no interrupt controller");
    refuses({.controller_registers = {}}, "has no registers");
    refuses({.controller_registers = {0, 0x0800'0000, 0, 0x1'0000}}, "has no registers");
    refuses({.controller_registers = {0x7f, 0xc000'0000, 0, 0x1'0000, 0, 0x0801'0000, 0, 0x1'0000}},
            "has no registers");
    refuses({.controller_cells = {}}, "numbers its lines");
    refuses({.controller_cells = {2}}, "numbers its lines");
    refuses({.controller_cells = {0xffff'ffff}}, "numbers its lines");
    refuses({.controller_registers = {0, 0x0800'0000, 0, 0x1'0000, 0, 0x0801'0000, 0, 0x1000}}, "too few registers");
    refuses({.controller = "arm,gic-v3"}, "too few registers");
    refuses({.controller_registers = {0, 0x4800'0000, 0, 0x1'0000, 0, 0x0801'0000, 0, 0x1'0000}}, "something else");
    refuses({.controller_registers = {0, 0x0800'0000, 0, 0x1'0000, 0, 0x4801'0000, 0, 0x1'0000}}, "something else");
    refuses({.controller_registers = {0, 0x08ff'f000, 0, 0x1'0000, 0, 0x0801'0000, 0, 0x1'0000}}, "something else");
    refuses({.controller_registers = {0, 0x0800'0000, 0, 0x1'0000, 0, 0x0800'f000, 0, 0x1'0000}}, "with itself");
}

TEST_CASE("the timer") {
    refuses({.timer_interrupts = {}}, "names no timer");
    refuses({.timer_interrupts = {1, 13, 4, 1, 14, 4}}, "names no timer");
    refuses({.timer_interrupts = {1, 13, 4, 1, 14, 4, 1, 16, 4}}, "names no timer");
    refuses({.timer_interrupts = {1, 13, 4, 1, 14, 4, 9, 11, 4}}, "names no timer");
}

TEST_CASE("depth") {
    CHECK(read(PlainMachine{.extra_depth = TreeWalk::maximum_depth - 1}));
    refuses({.extra_depth = TreeWalk::maximum_depth}, "too deep");
}

TEST_CASE("headers") {
    enum Word : unsigned { magic, total_size, structure, strings, reservations, version, compatible_version };
    const auto refused = [](const Tree& tree) {
        const auto result = read(tree);
        REQUIRE(!result);
        CHECK_THAT(result.error().refusal.reason, ContainsSubstring("header"));
    };
    refused(with_header_word(magic, 0xd00dfeee));
    refused(with_header_word(total_size, 8192 * 8 + 1));
    refused(with_header_word(total_size, 39));
    refused(with_header_word(structure, 0x7fff'fff0));
    refused(with_header_word(structure, 58));
    refused(with_header_word(strings, 0xffff'fff0));
    refused(with_header_word(reservations, 44));
    refused(with_header_word(reservations, 0xffff'fff8));
    refused(with_header_word(version, 16));
    refused(with_header_word(compatible_version, 18));
    refused(Tree(4));
    CHECK(tree_size(with_header_word(magic, 1).data()) == 0);
    CHECK(tree_size(with_header_word(total_size, 39).data()) == 0);
    CHECK(tree_size(with_header_word(total_size, maximum_tree_size + 1).data()) == 0);
}
