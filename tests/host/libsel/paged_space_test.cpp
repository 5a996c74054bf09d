// SPDX-License-Identifier: BSD-2-Clause
// Pages on demand: what is given, what is refused, and that nothing is left behind. Copying is tested on the target,
// where there is memory behind the addresses.

#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <sel/paged_space.hpp>

#include "fake_kernel.hpp"

using namespace sel;

namespace {

constexpr uint64_t page = PagedSpace::page_bytes;
constexpr uint64_t zeroes = 0x4000'0000, text = 0x5000'0000, guard = 0x6000'0000;

/// A space with a region of each kind that needs no copying, and 40 pages of memory.
struct Paged {
    Paged() {
        REQUIRE(slots.add(CapIndex(100), 400));
        REQUIRE(memory.add(kernel.add_untyped(10, 0x40000000, 40), 40));
        for (uint64_t slot = 20; slot < 24; ++slot) {
            kernel.slots[slot] = {.type = abi::ObjectType::frame, .parent = 0, .bytes = page};
        }
        free_slots = slots.available();
        held = kernel.slots.size();
    }

    FakeKernel kernel;
    SlotAllocator slots;
    CapTable table{FakeKernel::own_table};
    UntypedAllocator memory{table, slots};
    AddressAllocator addresses;
    Mapper own{AddressSpace(FakeKernel::own_space), table, memory, addresses};
    std::vector<std::byte> bytes = std::vector<std::byte>(4 * page);
    uint64_t free_slots = 0;
    size_t held = 0;
};

Result<void> touch(PagedSpace& space, uint64_t address, FaultAccess access = FaultAccess::read) {
    return space.handle({address, access, 0});
}

}  // namespace

TEST_CASE("paged space: pages come where they are to be, and nowhere else") {
    Paged with;
    PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
    CHECK(touch(space, zeroes).error() == Error(LibraryError::no_region, zeroes));
    REQUIRE(space.add({.address = zeroes, .pages = 100, .source = PageSource::zero}));
    REQUIRE(space.add({.address = text, .pages = 4, .source = PageSource::file, .file = {CapIndex(20), with.bytes}}));
    REQUIRE(space.add({.address = guard, .pages = 1, .source = PageSource::guard}));
    CHECK(space.add({.address = zeroes + 99 * page, .pages = 2, .source = PageSource::zero})
              .error()
              .is(abi::ErrorCode::already_mapped));
    CHECK(space.add({.address = 12, .pages = 1, .source = PageSource::zero}).error().is(abi::ErrorCode::misaligned));
    CHECK(space.add({.address = 0, .pages = ~uint64_t{0}, .source = PageSource::zero})
              .error()
              .is(LibraryError::outside_region));
    CHECK(space.add({.address = 0, .pages = 5, .source = PageSource::copy, .file = {CapIndex(20), with.bytes}})
              .error()
              .is(LibraryError::outside_region));

    CHECK(touch(space, zeroes + 5 * page + 123, FaultAccess::write));
    CHECK(touch(space, zeroes + 5 * page));  // two threads have asked for it
    CHECK(space.pages() == 1);
    CHECK(touch(space, text + 3 * page));
    CHECK(touch(space, text + 3 * page, FaultAccess::write).error().is(abi::ErrorCode::missing_right));
    CHECK(touch(space, zeroes, FaultAccess::execute).error().is(abi::ErrorCode::missing_right));
    for (const uint64_t outside : {guard, zeroes - 1, zeroes + 100 * page, text + 4 * page, ~uint64_t{0}}) {
        CHECK(touch(space, outside).error() == Error(LibraryError::no_region, outside));
    }
    CHECK(space.pages() == 2);
}

TEST_CASE("paged space: out of memory, a fault is refused, and served when something was dropped") {
    Paged with;
    PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
    REQUIRE(space.add({.address = zeroes, .pages = 100, .source = PageSource::zero}));
    uint64_t given = 0;
    while (touch(space, zeroes + given * page, FaultAccess::write)) ++given;
    CHECK(given > 30);
    CHECK(touch(space, zeroes + given * page).error().is(LibraryError::no_memory));
    CHECK(space.pages() == given);
    REQUIRE(space.drop(zeroes, 2));
    CHECK(touch(space, zeroes + given * page));
    CHECK(touch(space, zeroes));
    CHECK(touch(space, zeroes + page).error().is(LibraryError::no_memory));
}

namespace {

/// What an endpoint delivers, one after the other, and what was answered.
struct Deliveries {
    explicit Deliveries(FakeKernel& kernel) {
        kernel.others = [this](abi::SystemCall number, const Registers& in) {
            if (number == abi::SystemCall::reply_receive) answers.push_back(in.tag.label());
            if (number == abi::SystemCall::receive) ++receives;
            if (next == all.size()) return refusal(abi::ErrorCode::empty_slot);
            return all[next++];
        };
    }
    static Registers refusal(abi::ErrorCode code) {
        return {.x0 = static_cast<uint64_t>(code), .tag = abi::Tag().with_error(), .words = {}, .reply = 0};
    }
    static Registers arrival(uint64_t badge, abi::FaultKind kind, std::array<uint64_t, 8> words, bool is_fault) {
        const auto tag = abi::Tag().with_label(static_cast<uint32_t>(kind)).with_length(3);
        return {.x0 = badge, .tag = is_fault ? tag.with_fault() : tag, .words = words, .reply = 0};
    }
    std::vector<Registers> all;
    size_t next = 0;
    std::vector<uint32_t> answers;
    int receives = 0;
};

struct Recorder {
    Verdict fault(uint64_t badge, const Fault& fault) {
        seen.emplace_back(badge, fault);
        return std::holds_alternative<PageFault>(fault) ? Verdict::resume : Verdict::stay;
    }
    std::vector<std::pair<uint64_t, Fault>> seen;
};

}  // namespace

TEST_CASE("fault loop: faults go to the handler, forged ones do not, and nobody who leaves ends it") {
    FakeKernel kernel;
    Deliveries with(kernel);
    using abi::FaultKind;
    with.all = {
        Deliveries::arrival(1, FaultKind::page_fault, {0x1234, 1, 0x8}, true),
        Deliveries::arrival(2, FaultKind::page_fault, {0x1234, 1, 0x8}, false),  // a message that looks like a fault
        Deliveries::arrival(3, FaultKind::unknown_system_call, {0xff00, 0x10}, true),
        Deliveries::refusal(abi::ErrorCode::cancelled),  // who was to be answered is gone
        Deliveries::arrival(4, FaultKind::user_exception, {0x92, 0x20}, true),
        Deliveries::arrival(5, FaultKind::timeout, {77, 1}, true),
        Deliveries::arrival(6, static_cast<FaultKind>(99), {1, 2}, true),
    };
    Recorder recorder;
    const auto ended = serve_faults(Endpoint(CapIndex(7)), Reply(CapIndex(8)), recorder);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().is(abi::ErrorCode::empty_slot));
    CHECK(with.answers == std::vector<uint32_t>{0, 1, 1, 1, 1, 1});
    CHECK(with.receives == 3);  // at first, after who had left, and when the endpoint was gone
    REQUIRE(recorder.seen.size() == 5);
    const auto& page_fault = std::get<PageFault>(recorder.seen[0].second);
    CHECK((recorder.seen[0].first == 1 && page_fault.address == 0x1234 && page_fault.access == FaultAccess::write));
    CHECK(std::get<UnknownSystemCall>(recorder.seen[1].second).number == 0xff00);
    CHECK(std::get<UserException>(recorder.seen[2].second).syndrome == 0x92);
    CHECK(std::get<TimeoutFault>(recorder.seen[3].second).consumed == 77);
    CHECK(recorder.seen[4].first == 6);
}

TEST_CASE("paged space: faults with anything in them, as a client in a loop makes them, cost what is the client's") {
    Paged with;
    UntypedAllocator others(with.table, with.slots);
    REQUIRE(others.add(with.kernel.add_untyped(11, 0x50000000, 64), 64));
    PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
    REQUIRE(space.add({.address = zeroes, .pages = 60, .source = PageSource::zero}));
    std::mt19937_64 random(Catch::getSeed());
    uint64_t served = 0;
    for (int operation = 0; operation < 50'000; ++operation) {
        const uint64_t address = random() % 4 == 0 ? zeroes + random() % (64 * page) : random();
        served += space.handle({address, static_cast<FaultAccess>(random() % 5), random()}) ? 1 : 0;
        CHECK(space.pages() <= 40);
    }
    CHECK(served > 1000);
    CHECK(others.free_pages() == 64);
}

TEST_CASE("paged space: 100,000 random operations leave nothing behind") {
    Paged with;
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 10; ++round) {
        {
            PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
            REQUIRE(space.add({.address = zeroes, .pages = 60, .source = PageSource::zero}));
            REQUIRE(space.add(
                {.address = text, .pages = 4, .source = PageSource::file, .file = {CapIndex(20), with.bytes}}));
            for (int operation = 0; operation < 10000; ++operation) {
                const uint64_t address = (random() % 2 == 0 ? zeroes : text) + random() % 64 * page;
                if (random() % 3 == 0) {
                    CHECK(space.drop(address, random() % 8));
                } else {
                    (void)touch(space, address, static_cast<FaultAccess>(random() % 3));
                }
            }
        }
        CHECK(with.memory.free_pages() == 40);
        CHECK(with.slots.available() == with.free_slots);
        CHECK(with.kernel.slots.size() == with.held);
        CHECK((with.kernel.lower_tables.empty() && with.kernel.upper_tables.empty()));
    }
}
