// SPDX-License-Identifier: BSD-2-Clause
// Damaged device trees: each is refused with a sentence, or read as a machine that can be asked anything.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "analysis/machine_check.hpp"
#include "golden_cases.hpp"
#include "machine/machine.hpp"
#include "tool/compilation.hpp"

namespace {

using capdl::Machine;

constexpr const char* spec = R"(arch aarch64
    objects {
        a = frame (4k, device: "stdout") b = frame (4k, device: "serial0", index: 1) c = frame (4k, paddr: 0x40000000)
        i = arm_irq (device: "rtc0") j = arm_irq (device: "/", index: 3, optional: True) t = cnode (4 bits) k = irq
    }
    caps { t { a b c i j k t } }
    irq maps { 40: k })";

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

void ask(const Machine& machine) {
    for (const std::string& name : machine.names()) {
        for (const uint32_t index : {0u, 1u, ~0u}) {
            static_cast<void>(machine.registers(name, index));
            static_cast<void>(machine.interrupt(name, index));
        }
        static_cast<void>(machine.has_device(name));
    }
    capdl::Compilation compilation({}, std::nullopt);
    REQUIRE(compilation.run("spec.cdl", spec));
    check_machine(compilation.model(), machine, compilation.diagnostics());
    static_cast<void>(compilation.diagnostics().render());
}

}  // namespace

TEST_CASE("damaged device trees are refused or read") {
    std::mt19937_64 random(Catch::getSeed());
    const std::string tree = capdl::test::read(CAPDL_MACHINE);
    unsigned refused = 0;
    unsigned read = 0;
    for (unsigned round = 0; round < 3000; ++round) {
        const std::expected<Machine, std::string> machine = Machine::read(damaged(tree, random));
        if (machine) {
            ++read;
            ask(*machine);
        } else {
            ++refused;
            CHECK(!machine.error().empty());
        }
    }
    CHECK(refused > 300);
    CHECK(read > 300);
}

TEST_CASE("every beginning of a device tree is refused") {
    const std::string tree = capdl::test::read(CAPDL_MACHINE);
    for (size_t size = 0; size < tree.size(); size += 7) {
        CHECK(!Machine::read(tree.substr(0, size)));
    }
}
