// SPDX-License-Identifier: BSD-2-Clause
// Where memory goes: nothing is lost to alignment, nothing is handed out twice.
#include <catch2/catch_get_random_seed.hpp>

#include <algorithm>
#include <numeric>
#include <random>

#include "object/frame.hpp"
#include "object/untyped.hpp"
#include "refusal.hpp"

namespace selene::test {

namespace {

constexpr uint64_t large_bits = 21;
constexpr uint64_t large_bytes = uint64_t{1} << large_bits;

auto retype(uint64_t untyped, ObjectType type, uint64_t size, uint64_t first, uint64_t count = 1) {
    return cap<stub::Untyped>(untyped).retype(
        {.type = type, .size = size, .count = count, .table = own_table(), .first = first});
}
void unmap(uint64_t slot, abi::KeepRoot root) {
    REQUIRE(own_table().unmap({.first = slot, .count = 1, .root = root}).has_value());
}
PhysRange range_of(const Slot& slot) {
    if (slot.type() == CapType::frame) return {Frame(slot).base().value(), Frame(slot).bytes()};
    return {Untyped(slot).base().value(), Untyped(slot).bytes()};
}

}  // namespace

TEST_CASE("memory that alignment skips can be used before, and is whole again afterwards") {
    constexpr uint64_t pages = 2 * large_bytes / page_bytes;
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, pages);
    const uint64_t first = world.take_slots(4);
    const auto used = [&] { return cap<stub::Untyped>(untyped).inspect()->used; };
    REQUIRE(retype(untyped, ObjectType::frame, 12, first).has_value());
    const uint64_t base = Untyped(world.slot(untyped)).base().value();
    const uint64_t gap = (large_bytes - (base + page_bytes) % large_bytes) % large_bytes;
    REQUIRE(gap > 0);

    SECTION("skipped") {
        REQUIRE(retype(untyped, ObjectType::frame, large_bits, first + 1).has_value());
        CHECK(used() == page_bytes + gap + large_bytes);
        unmap(first, abi::KeepRoot::self);
        CHECK(used() == page_bytes + gap + large_bytes);
        unmap(first + 1, abi::KeepRoot::self);
    }
    SECTION("used before") {
        REQUIRE(retype(untyped, ObjectType::untyped, gap / page_bytes, first + 1).has_value());
        REQUIRE(retype(untyped, ObjectType::frame, large_bits, first + 2).has_value());
        CHECK(used() == page_bytes + gap + large_bytes);
        // The part of it is memory like any other.
        REQUIRE(retype(first + 1, ObjectType::frame, 12, first + 3).has_value());
        unmap(untyped, abi::KeepRoot::descendants);
    }
    CHECK(used() == 0);
    CHECK(retype(untyped, ObjectType::untyped, pages, world.take_slot()).has_value());
}

namespace {

/// A manager of memory: an untyped from which clients get parts, which they divide and pass on as they like.
class Manager {
public:
    explicit Manager(uint32_t seed) : random_(seed), held_(range_of(world_.slot(memory_))) {
        world_.check_always(false);
    }

    void step() {
        const uint64_t from = parts_.empty() || one_in(3) ? memory_ : parts_[below(parts_.size())];
        switch (below(4)) {
        case 0: make(from, ObjectType::untyped, 1 + below(12)); break;
        case 1: make(from, ObjectType::frame, 12); break;
        case 2: pass_on(from); break;
        case 3:
            if (from != memory_ || one_in(8))
                take_back(from, one_in(2) ? abi::KeepRoot::self : abi::KeepRoot::descendants);
            break;
        }
    }

    /// What no further capability divides lies in what the manager holds, and no byte of it is anybody else's. Bytes.
    uint64_t check() {
        world_.check();
        std::vector<PhysRange> ranges;
        for (const uint64_t part : parts_) {
            if (!world_.slot(part).has_children()) ranges.push_back(range_of(world_.slot(part)));
        }
        std::ranges::sort(ranges, {}, &PhysRange::base);
        uint64_t sum = 0;
        uint64_t end = held_.base;
        for (const PhysRange& range : ranges) {
            CHECK(range.base >= end);
            end = range.base + range.size;
            sum += range.size;
        }
        CHECK(end <= held_.base + held_.size);
        CHECK(sum <= held_.size);
        return sum;
    }

    [[nodiscard]] uint64_t refused() const { return refused_; }
    [[nodiscard]] uint64_t bytes() const { return held_.size; }

private:
    static constexpr uint64_t most_parts = 60;

    uint64_t below(uint64_t end) { return std::uniform_int_distribution<uint64_t>(0, end - 1)(random_); }
    bool one_in(uint64_t times) { return below(times) == 0; }

    void make(uint64_t from, ObjectType type, uint64_t size) {
        const uint64_t count = 1 + below(3);
        if (parts_.size() + count > most_parts || world_.slot(from).type() != CapType::untyped) return;
        const auto free = std::ranges::search_n(slots_, static_cast<std::ptrdiff_t>(count), true,
                                                [&](uint64_t slot, bool) { return world_.slot(slot).empty(); });
        if (free.empty()) return;
        const uint64_t first = *free.begin();
        const auto made = retype(from, type, size, first, count);
        refused_ += made ? 0 : 1;
        if (made) {
            for (uint64_t i = 0; i < count; ++i) parts_.push_back(first + i);
        } else {
            CHECK(made.error().is(ErrorCode::out_of_memory));
        }
    }
    /// Hand over a whole untyped, or another capability to a frame, which adds no memory.
    void pass_on(uint64_t from) {
        const auto free = std::ranges::find_if(slots_, [&](uint64_t slot) { return world_.slot(slot).empty(); });
        if (free == slots_.end() || world_.slot(from).type() != CapType::untyped) return;
        const auto mapped = own_table().map({.first = *free,
                                             .source = own_table(),
                                             .source_first = from,
                                             .count = 1,
                                             .rights = every_right,
                                             .badge = 0});
        if (mapped) parts_.push_back(*free);
    }
    void take_back(uint64_t from, abi::KeepRoot root) {
        unmap(from, from == memory_ ? abi::KeepRoot::descendants : root);
        std::erase_if(parts_, [&](uint64_t part) { return world_.slot(part).empty(); });
    }

    World world_;
    std::mt19937 random_;
    uint64_t memory_ = world_.make(ObjectType::untyped, 64);
    PhysRange held_;
    uint64_t first_slot_ = world_.take_slots(2 * most_parts);
    std::vector<uint64_t> slots_ = [this] {
        std::vector<uint64_t> slots(2 * most_parts);
        std::iota(slots.begin(), slots.end(), first_slot_);
        return slots;
    }();
    std::vector<uint64_t> parts_;
    uint64_t refused_ = 0;
};

}  // namespace

TEST_CASE("the sum of what a manager hands out is never more than it holds, whoever divides it") {
    Manager manager(Catch::getSeed());
    uint64_t most = 0;
    for (unsigned step = 0; step < 3000; ++step) {
        manager.step();
        if (step % 10 == 0) most = std::max(most, manager.check());
    }
    // It has been handed out nearly whole, and more has been asked for.
    CHECK(most > manager.bytes() / 2);
    CHECK(manager.refused() > 20);
}

}  // namespace selene::test
