// SPDX-License-Identifier: BSD-2-Clause
// The kernel's map, read back the way the hardware reads it.
#include "boot/kernel_map.hpp"

#include <array>
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "boot/device_tree.hpp"
#include "translation.hpp"

using namespace selene;
using namespace selene::boot;
using namespace selene::translation;

namespace {

struct Leaf {
    uint64_t physical;
    uint64_t size;
    uint64_t attributes;
    friend bool operator==(const Leaf&, const Leaf&) = default;
};

/// All leaves below a table, by virtual address.
void walk(uint64_t table, unsigned level, uint64_t base, std::map<uint64_t, Leaf>& leaves) {
    constexpr uint64_t link_bits = descriptor::Valid::mask | descriptor::TableOrPage::mask;
    for (unsigned index = 0; index < entry_count; index++) {
        const uint64_t entry = reinterpret_cast<const uint64_t*>(table)[index];
        if (descriptor::Valid::of(entry) == 0) continue;
        const uint64_t at = base + index * entry_size(level);
        const bool is_link = descriptor::TableOrPage::of(entry) != 0;
        if (is_link && level < 3) {
            walk(entry & descriptor::Address::mask, level + 1, at, leaves);
            continue;
        }
        REQUIRE(is_link == (level == 3));
        const uint64_t physical = entry & descriptor::Address::mask;
        REQUIRE(is_aligned(physical, entry_size(level)));
        leaves[at] = {physical, entry_size(level), entry & ~descriptor::Address::mask & ~link_bits};
    }
}

/// Adjacent leaves that continue each other, joined.
std::map<uint64_t, Leaf> joined(const std::map<uint64_t, Leaf>& leaves) {
    std::map<uint64_t, Leaf> result;
    for (const auto& [at, leaf] : leaves) {
        if (!result.empty()) {
            auto& [last_at, last] = *result.rbegin();
            if (last_at + last.size == at && last.physical + last.size == leaf.physical &&
                last.attributes == leaf.attributes) {
                last.size += leaf.size;
                continue;
            }
        }
        result[at] = leaf;
    }
    return result;
}

struct BuiltMap {
    std::map<uint64_t, Leaf> leaves;
    size_t tables;
};

BuiltMap build(const KernelView& view) {
    const size_t bound = view.table_bound();
    const size_t bytes = bound * page_bytes;
    const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(page_bytes, bytes), &std::free);
    const auto base = reinterpret_cast<uint64_t>(memory.get());
    PagePool pool({base, bytes});
    const auto root = build_kernel_map(view, pool);
    REQUIRE(root);
    BuiltMap map{{}, (pool.next() - base) / page_bytes};
    // The first address that these tables translate: the lower or the upper half's.
    walk(*root, 1, view.kernel.base & ~uint64_t{0} << address_bits, map.leaves);
    return map;
}

/// What differs between the kernels at EL1 and at EL2.
struct Regime {
    uint64_t window_base;
    uint64_t kernel_base;
    const descriptor::KernelAttributes& attributes;
};
constexpr Regime el1{0xffff'ff80'0000'0000, 0xffff'ffff'c000'0000, descriptor::el1_kernel};
constexpr Regime el2{0x4000'0000, 0x7f'c000'0000, descriptor::el2_kernel};
constexpr std::array regimes{&el1, &el2};

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t gib = 1 << 30;

KernelParts parts(const Regime& regime, uint64_t physical) {
    return {regime.kernel_base, {physical, 0xd000}, {physical + 0xd000, 0x1000}, {physical + 0xe000, 0x7000}};
}

KernelView view_of(const Regime& regime, std::span<const PhysRange> memory, std::span<const PhysRange> devices,
                   uint64_t kernel) {
    return {regime.window_base, regime.attributes, memory, devices, parts(regime, kernel)};
}

void check_exact(const KernelView& view, const BuiltMap& map) {
    std::map<uint64_t, Leaf> expected;
    for (const PhysRange range : view.memory)
        expected[view.window_base + range.base] = {range.base, range.size, view.attributes.read_write};
    for (const PhysRange range : view.devices)
        expected[view.window_base + range.base] = {range.base, range.size, view.attributes.device};
    const KernelParts& kernel = view.kernel;
    const uint64_t rodata = kernel.base + kernel.text.size;
    expected[kernel.base] = {kernel.text.base, kernel.text.size, view.attributes.read_execute};
    expected[rodata] = {kernel.rodata.base, kernel.rodata.size, view.attributes.read};
    expected[rodata + kernel.rodata.size] = {kernel.data.base, kernel.data.size, view.attributes.read_write};
    REQUIRE(joined(map.leaves) == joined(expected));
    REQUIRE(map.tables <= view.table_bound());
}

}  // namespace

TEST_CASE("the map of a small machine is exact and small") {
    const PhysRange memory[] = {{0x4000'0000, 0x21'a000}, {0x4022'8000, 256 * mib - 0x22'8000}};
    const PhysRange devices[] = {{0x0800'0000, 0x1'0000}, {0x0801'0000, 0x1'0000}};
    for (const Regime* regime : regimes) {
        const KernelView view = view_of(*regime, memory, devices, 0x4021'a000);
        const BuiltMap map = build(view);
        check_exact(view, map);
        // The root, two for the controller, two for memory, two for the image.
        CHECK(map.tables == 7);
    }
}

TEST_CASE("large memory is mapped by large entries") {
    const PhysRange memory[] = {{1 * gib, 2 * mib}, {1 * gib + 4 * mib, 8 * gib - 4 * mib}};
    for (const Regime* regime : regimes) {
        const KernelView view = view_of(*regime, memory, {}, 1 * gib + 2 * mib);
        const BuiltMap map = build(view);
        check_exact(view, map);
        CHECK(map.leaves.size() == 7 + 510 + 1 + 0x15);
        CHECK(map.leaves.at(view.window_base + 2 * gib).size == gib);
    }
}

TEST_CASE("the last memory that both kernels can access does not meet their images") {
    const PhysRange memory[] = {{0, page_bytes}, {window_end - gib, gib}};
    for (const Regime* regime : regimes) {
        const KernelView view = view_of(*regime, memory, {}, 1 * gib);
        const BuiltMap map = build(view);
        check_exact(view, map);
        CHECK(map.leaves.begin()->first != 0);
    }
}

TEST_CASE("nothing that can be written can be executed, nothing is for users, text is nowhere else") {
    const PhysRange memory[] = {{0x4000'0000, 0x20'0000}, {0x4020'e000, 512 * mib}};
    const PhysRange devices[] = {{0x0800'0000, 0x1'0000}, {0x080a'0000, 0xf6'0000}};
    for (const Regime* regime : regimes) {
        const KernelView view = view_of(*regime, memory, devices, 0x4020'0000);
        const bool shared = regime == &el1;  // the regime, with user level
        for (const auto& [at, leaf] : build(view).leaves) {
            const bool writable = descriptor::ReadOnly::of(leaf.attributes) == 0;
            const bool executable = shared ? descriptor::PrivilegedExecuteNever::of(leaf.attributes) == 0
                                           : descriptor::UserExecuteNever::of(leaf.attributes) == 0;
            REQUIRE(!(writable && executable));
            REQUIRE(descriptor::User::of(leaf.attributes) == (shared ? 0 : 1));
            if (shared) REQUIRE(descriptor::UserExecuteNever::of(leaf.attributes) == 1);
            if (!shared) REQUIRE(descriptor::PrivilegedExecuteNever::of(leaf.attributes) == 0);
            if (executable) REQUIRE(at >= regime->kernel_base);
            if (writable) REQUIRE(!overlap({leaf.physical, leaf.size}, view.kernel.constant()));
        }
    }
}

TEST_CASE("random memory is mapped exactly, within the bound on tables") {
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 200; round++) {
        std::vector<PhysRange> memory;
        uint64_t at = random() % (4 * gib) / page_bytes * page_bytes;
        for (unsigned count = 1 + random() % 6; count > 0; count--) {
            const uint64_t scale = uint64_t{1} << (12 + random() % 20);
            const uint64_t size = (1 + random() % 64) * scale;
            memory.push_back({at, size});
            at += size + (1 + random() % 64) * (uint64_t{1} << (12 + random() % 20));
        }
        const PhysRange devices[] = {{at, 0x1'0000}, {at + 0x10'0000, 0xf6'0000}};
        const KernelView view =
            view_of(*regimes.at(random() % 2), memory, devices, random() % gib / page_bytes * page_bytes);
        check_exact(view, build(view));
    }
}

TEST_CASE("a pool that runs out is no map") {
    const PhysRange memory[] = {{0x4000'0000, 256 * mib}};
    const KernelView view = view_of(el2, memory, {}, 0x4021'a000);
    const size_t needed = build(view).tables;
    for (size_t pages = 0; pages < needed; pages++) {
        std::vector<uint64_t> words((pages + 1) * page_bytes / sizeof(uint64_t));
        const uint64_t base = round_up(reinterpret_cast<uint64_t>(words.data()), page_bytes);
        PagePool pool({base, pages * page_bytes});
        REQUIRE(!build_kernel_map(view, pool));
    }
}
