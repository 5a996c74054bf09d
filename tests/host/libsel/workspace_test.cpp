// SPDX-License-Identifier: BSD-2-Clause
// The workspace and linked tables on the kernel itself: whatever is reserved, mapped and shared comes back.

#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <sel/table_links.hpp>
#include <sel/workspace.hpp>

#include "world.hpp"

using namespace sel;
using selene::test::Actor;
using selene::test::Board;
using selene::test::World;

namespace {

constexpr uint64_t page = Workspace::page_bytes;
constexpr abi::RightsMask readable{abi::Right::read};
constexpr abi::RightsMask writable = readable | abi::Right::write;
constexpr uint64_t large = uint64_t{2} << 20;

/// A task whose capability space is a root of 16 links and tables of 64 slots each; its thread runs.
struct LinkedTask {
    static constexpr unsigned link_bits = 4, table_bits = 6;
    static constexpr CapIndex own{1}, root{2}, space{3}, memory{4}, other{5};
    static constexpr uint64_t first_free = 6, free_slots = (1 << table_bits) - first_free;

    explicit LinkedTask(uint64_t pages = 1200) {
        using selene::test::cap;
        using selene::test::own_table;
        const uint64_t table = world.make(abi::ObjectType::cap_table, uint64_t{1} << table_bits);
        const uint64_t links = world.make(abi::ObjectType::cap_table, uint64_t{1} << link_bits);
        const Actor actor = world.spawn();
        const auto put = [&](uint64_t into, uint64_t slot, uint64_t source, uint64_t guard) {
            REQUIRE(cap<stub::CapTable>(into).map({.first = slot,
                                                   .source = own_table(),
                                                   .source_first = source,
                                                   .count = 1,
                                                   .rights = abi::RightsMask(abi::all_rights),
                                                   .badge = guard}));
        };
        put(links, 0, table, 0);
        put(table, own.raw(), table, 0);
        put(table, root.raw(), links, 0);
        put(table, space.raw(), actor.space, 0);
        put(table, memory.raw(), world.make(abi::ObjectType::untyped, pages), 0);
        put(table, other.raw(), world.make(abi::ObjectType::address_space), 0);
        const uint64_t guarded = world.derive(links, abi::RightsMask(abi::all_rights), 64 - link_bits - table_bits);
        const auto task = cap<stub::Task>(actor.task);
        REQUIRE(task.remove(abi::TaskSlot::table));
        REQUIRE(task.install(abi::TaskSlot::table, cap<stub::CapTable>(guarded)));
        object = &world.object<selene::CapTable>(table);
        world.run(actor);
        REQUIRE(slots.add(CapIndex(first_free), free_slots));
        REQUIRE(addresses.add(0x4000'0000, 0x800'0000));
        REQUIRE(others_addresses.add(0x1000'0000, 0x800'0000));
    }

    [[nodiscard]] Workspace::Means means() { return {CapTable(own), AddressSpace(space), slots, addresses}; }
    [[nodiscard]] TableLinks::Means link_means() const { return {CapTable(root), link_bits, table_bits}; }

    /// Nothing is left: every slot that was free is, and empty; no memory is in use.
    void check_nothing_is_left() {
        CHECK(slots.available() == free_slots);
        CHECK(addresses.available() == 0x800'0000);
        for (uint64_t slot = first_free; slot < first_free + free_slots; ++slot) {
            CHECK(object->slots()[slot].empty());
        }
        CHECK(Untyped(memory).inspect()->used == 0);
        world.check();
    }

    World world;
    SlotAllocator slots;
    AddressAllocator addresses, others_addresses;
    selene::CapTable* object = nullptr;
};

}  // namespace

TEST_CASE("workspace: memory is mapped where it was reserved, and gone with what holds it") {
    LinkedTask with;
    {
        Workspace work(with.means());
        REQUIRE(work.memory().add(Untyped(LinkedTask::memory)));
        auto place = work.reserve(5 * page - 1).value();
        CHECK(place.bytes() == 5 * page);
        auto stack = work.map_at(place, page, 4 * page).value();
        CHECK(stack.address() == place.address() + page);
        CHECK(with.world.can_access(stack.address() + 4 * page - 1, abi::Right::write));
        CHECK_FALSE(with.world.can_access(place.address(), abi::Right::read));
        CHECK(work.map_at(place, 2 * page, page).error().is(abi::ErrorCode::already_mapped));
        CHECK(work.map_at(place, 5 * page, 1).error().is(LibraryError::outside_region));
        CHECK(work.map_at(place, 12, page).error().is(abi::ErrorCode::misaligned));

        REQUIRE(stack.protect(readable));
        CHECK_FALSE(with.world.can_access(stack.address(), abi::Right::write));
        CHECK(with.world.can_access(stack.address(), abi::Right::read));
        REQUIRE(stack.unmap());
        CHECK_FALSE(with.world.can_access(place.address() + page, abi::Right::read));
        CHECK(work.map_at(place, 0, 5 * page));

        const auto two = work.map(large + page).value();  // one large frame, and one page
        CHECK(two.address() % large == 0);
        CHECK(with.world.can_access(two.address() + large, abi::Right::write));
        CHECK(work.map(100 * large).error().is(LibraryError::no_addresses));
        CHECK(work.map(3 * large).error().is(LibraryError::no_slots));  // as small frames
        CHECK(work.map(UINT64_MAX).error().is(LibraryError::no_addresses));
        CHECK(work.map(0).error().is(LibraryError::no_addresses));
    }
    with.check_nothing_is_left();
}

TEST_CASE("workspace: what is shared is taken back, from its partner and from whoever that gave it to") {
    LinkedTask with;
    {
        Workspace work(with.means());
        REQUIRE(work.memory().add(Untyped(LinkedTask::memory)));
        Mapper other(AddressSpace(LinkedTask::other), CapTable(LinkedTask::own), work.memory(), with.others_addresses);
        auto memory = work.map(3 * page).value();
        auto share = memory.share(readable).value();
        CHECK(share.map_into(other, 0x1000'0000).error().is(abi::ErrorCode::missing_right));
        REQUIRE(share.map_into(other, 0x1000'0000, {.rights = readable}));
        CHECK(share.map_into(other, 0x1000'8000, {.rights = readable}).error().is(abi::ErrorCode::already_bound));

        // A partner's partner: a child of the share, mapped here once more.
        const Frames run = share.runs()[0];
        const auto passed_on =
            derive(CapTable(LinkedTask::own), with.slots, {.first = run.first, .count = run.count}).value();
        auto adopted = work.adopt({passed_on, run.count}, {.rights = readable}).value();
        CHECK(with.world.can_access(adopted.address() + run.bytes() - 1, abi::Right::read));
        auto second = memory.share(writable).value();
        REQUIRE(share.take_back());
        CHECK_FALSE(with.world.can_access(adopted.address(), abi::Right::read));
        CHECK(AddressSpace(LinkedTask::other).inspect(0x1000'0000)->frame == 0);
        CHECK(second.map_into(other, 0x1000'0000));  // the other share is as it was
        memory.unmap().value();
        CHECK(AddressSpace(LinkedTask::other).inspect(0x1000'0000)->frame == 0);
    }
    with.check_nothing_is_left();
}

TEST_CASE("table links: slots grow as far as there is memory, and index as one") {
    const bool is_short_of_memory = GENERATE(false, true);
    LinkedTask with(is_short_of_memory ? 7 : 17);
    const CapTable own(LinkedTask::own);
    TableLinks links(with.link_means(), with.slots);
    {
        UntypedAllocator memory(own, with.slots);
        REQUIRE(memory.add(Untyped(LinkedTask::memory)));
        links.use(memory);
        std::vector<CapIndex> taken;
        while (const auto slot = with.slots.allocate(45)) taken.push_back(*slot);
        CHECK(taken.size() == links.tables() + 1);
        CHECK(links.tables() == (is_short_of_memory ? 7 : 15));
        CHECK(with.slots.allocate(65).error() == Error(LibraryError::no_slots, 65, 0));  // more than a table has
        CHECK(with.slots.allocate(45).error() == Error(LibraryError::no_slots, 45, 0));
        // A capability there is called by its index, and named to methods by its table and number.
        const CapIndex far = taken.back() + 44;
        const CapIndex parent = taken.front();
        const auto [table, slot] = with.slots.place(own, far);
        if (!is_short_of_memory) {
            REQUIRE(memory.free_pages() == 2);
            const auto made = memory.allocate({.type = abi::ObjectType::notification}).value();
            REQUIRE(table.map({.first = slot,
                               .source = memory.place(made.first).table,
                               .source_first = memory.place(made.first).slot,
                               .count = 1,
                               .rights = abi::RightsMask(abi::all_rights),
                               .badge = 0}));
            CHECK(Notification(far).signal());
            CHECK(Notification(far).poll() == 1U);
        }
        CHECK(with.slots.place(own, parent).table.index() == own.index());
        CHECK(with.slots.release(taken.back(), 65).error().is(LibraryError::not_allocated));
        REQUIRE(take_away(own, with.slots, taken.back(), 45));
        taken.pop_back();
        CHECK(Notification(far).signal().error().is(abi::ErrorCode::empty_slot));
        for (const CapIndex first : taken) CHECK(with.slots.release(first, 45));
    }
    // With the memory its tables are gone.
    CHECK(links.tables() == 0);
    with.check_nothing_is_left();
    // Another one serves as well.
    UntypedAllocator memory(own, with.slots);
    REQUIRE(memory.add(Untyped(LinkedTask::memory)));
    links.use(memory);
    CHECK(with.slots.allocate(64));
}

TEST_CASE("table links: an allocator that runs out of slots while it cuts up memory gets more") {
    // From 256 pages to one it cuts eight times, and has slots for four.
    LinkedTask with(256);
    const CapTable own(LinkedTask::own);
    const auto first = with.slots.allocate(LinkedTask::free_slots - 10).value();
    TableLinks links(with.link_means(), with.slots);
    UntypedAllocator memory(own, with.slots);
    {
        UntypedAllocator whole(own, with.slots);
        REQUIRE(whole.add(Untyped(LinkedTask::memory)));
        CHECK(whole.allocate({.type = abi::ObjectType::frame, .size = 12}).error().is(LibraryError::no_slots));
    }
    // Without slots to make a table it cannot begin; with them it goes on by itself.
    REQUIRE(with.slots.release(first, LinkedTask::free_slots - 10));
    REQUIRE(memory.add(Untyped(LinkedTask::memory)));
    links.use(memory);
    uint64_t frames = 0;
    while (memory.allocate({.type = abi::ObjectType::frame, .size = 12})) ++frames;
    CHECK(links.tables() > 4);
    CHECK(frames + links.tables() + 1 >= 255);
    CHECK(memory.free_pages() == 0);
}

namespace {

/// Does anything with a workspace, and counts what was obeyed and what refused.
class Random {
public:
    Random(Workspace& work, Mapper& other, uint64_t seed) : work_(work), other_(other), random_(seed) {}

    void operate() {
        const uint64_t choice = random_() % 10;
        if (choice < 3) {
            keep(held_, work_.map(size(), {.rights = random_() % 2 == 0 ? readable : writable}));
        } else if (choice == 3) {
            keep(reserved_, work_.reserve(size()));
        } else if (choice == 4 && !held_.empty()) {
            keep(shared_, one(held_).share(random_() % 2 == 0 ? readable : writable));
        } else if (choice == 5 && !shared_.empty()) {
            note(one(shared_).map_into(other_, 0x1000'0000 + random_() % 64 * page, {.rights = readable}));
        } else if (choice == 6 && !held_.empty()) {
            note(one(held_).protect(random_() % 2 == 0 ? readable : writable));
        } else if (choice == 7) {
            adopt();
        } else if (choice == 8) {
            in_a_reservation();
        } else {
            drop(held_);
            drop(shared_);
            drop(reserved_);
        }
    }

    [[nodiscard]] uint64_t obeyed() const { return obeyed_; }
    [[nodiscard]] uint64_t refused() const { return refused_; }

private:
    uint64_t size() { return random_() % 200 == 0 ? large : 1 + random_() % (12 * page); }
    template <typename T>
    T& one(std::vector<T>& all) {
        return all[random_() % all.size()];
    }
    template <typename T>
    bool note(const Result<T>& result) {
        ++(result ? obeyed_ : refused_);
        return result.has_value();
    }
    template <typename T>
    void keep(std::vector<T>& all, Result<T> made) {
        if (note(made)) all.push_back(std::move(*made));
    }
    template <typename T>
    void drop(std::vector<T>& all) {
        if (all.empty()) return;
        std::swap(one(all), all.back());
        all.pop_back();
    }
    void adopt() {
        if (shared_.empty()) return;
        const Frames run = one(shared_).runs()[0];
        const auto children =
            derive(work_.means().table, work_.means().slots, {.first = run.first, .count = run.count});
        if (!note(children)) return;
        auto memory = work_.adopt({*children, run.count, run.size_bits}, {.rights = readable});
        if (!memory) (void)take_away(work_.means().table, work_.means().slots, *children, run.count);
        keep(held_, std::move(memory));
    }
    void in_a_reservation() {
        if (reserved_.empty()) return;
        Reservation& place = one(reserved_);
        const auto memory = work_.map_at(place, random_() % 4 * page, 1 + random_() % (2 * page));
        if (note(memory)) note(work_.map_at(place, 0, place.bytes()));
    }

    Workspace& work_;
    Mapper& other_;
    std::mt19937_64 random_;
    std::vector<Reservation> reserved_;
    std::vector<MappedMemory> held_;
    std::vector<SharedFrames> shared_;
    uint64_t obeyed_ = 0, refused_ = 0;
};

}  // namespace

TEST_CASE("workspace: 100,000 random operations leave nothing behind") {
    LinkedTask with;
    with.world.check_always(false);
    constexpr int rounds = 10, operations = 10'000;
    for (int round = 0; round < rounds; ++round) {
        {
            TableLinks links(with.link_means(), with.slots);
            Workspace work(with.means());
            REQUIRE(work.memory().add(Untyped(LinkedTask::memory)));
            links.use(work.memory());
            Mapper other(AddressSpace(LinkedTask::other), CapTable(LinkedTask::own), work.memory(),
                         with.others_addresses);
            Random random(work, other, Catch::getSeed() + static_cast<uint64_t>(round));
            for (int operation = 0; operation < operations; ++operation) {
                random.operate();
                if (operation % 1000 == 0) with.world.check();
            }
            CHECK(links.tables() > 1);
            CHECK(random.obeyed() > operations / 4);
            CHECK(random.refused() > operations / 20);
        }
        with.check_nothing_is_left();
    }
}
