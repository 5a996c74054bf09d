// SPDX-License-Identifier: BSD-2-Clause
// The name service's views: what is refused, that no view takes what is another's, and that all of it comes back.
#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "fake_kernel.hpp"
#include "servers/names/name_views.hpp"

using namespace name_service;
using sel::abi::ObjectType;

namespace {

constexpr uint64_t root = 2;
constexpr uint64_t nobody = 7;
constexpr uint64_t slot_count = 400;
constexpr size_t room = 200;
constexpr sel::abi::RightsMask all_rights(sel::abi::all_rights);

struct Service {
    Service() {
        kernel.slots[4] = {.type = ObjectType::endpoint, .parent = 0};
        (void)slots.add(sel::CapIndex(100), slot_count);
        views.emplace(NameViews::Means{table, slots, sel::Endpoint(sel::CapIndex(4)), room, 8, sel::CapIndex(99)},
                      root);
    }

    /// A capability that has come with a request.
    sel::CapIndex arrived() {
        const sel::CapIndex slot = *slots.allocate();
        kernel.slots[slot.raw()] = {.type = ObjectType::notification, .parent = 0};
        return slot;
    }

    sel::Result<void> publish(uint64_t badge, std::string_view name) { return views->publish(badge, name, arrived()); }

    /// Who has published something ends: it is gone, and what was derived from it.
    void end_publisher(uint64_t badge, std::string_view name) {
        const auto slot = views->find(badge, name);
        REQUIRE(slot);
        (void)table.unmap({.first = slot->raw(), .count = 1, .root = sel::abi::KeepRoot::self});
    }

    /// How many names a view still takes. They are withdrawn again.
    size_t names_left(uint64_t badge) {
        std::vector<std::string> names;
        for (std::string name = "fill0"; publish(badge, name); name = "fill" + std::to_string(names.size())) {
            names.push_back(name);
        }
        for (const std::string& name : names) REQUIRE(views->withdraw(badge, name));
        return names.size();
    }

    FakeKernel kernel;
    sel::SlotAllocator slots;
    sel::CapTable table{FakeKernel::own_table};
    std::optional<NameViews> views;
};

bool is(const auto& result, Refusal refusal) { return !result && result.error().is(refusal); }

}  // namespace

TEST_CASE("what a view does not have, does not take, or is not the caller's is refused, and leaves no trace") {
    Service service;
    NameViews& views = *service.views;
    const uint64_t worker = views.open(root, "worker")->view;
    REQUIRE(service.publish(worker, "log"));
    const uint64_t free = service.slots.available();

    CHECK(is(views.find(root, "log"), Refusal::not_found));
    CHECK(is(views.find(nobody, "log"), Refusal::no_view));
    CHECK(is(service.publish(nobody, "x"), Refusal::no_view));
    CHECK(is(service.publish(worker, "log"), Refusal::taken));
    CHECK(is(service.publish(worker, "a/b"), Refusal::bad_name));
    CHECK(is(service.publish(worker, ""), Refusal::bad_name));
    CHECK(is(service.publish(worker, std::string(longest_name, 'x')), Refusal::bad_name));  // too long for the root
    CHECK(is(views.withdraw(worker, "x"), Refusal::not_found));
    CHECK(is(views.withdraw(nobody, "log"), Refusal::no_view));
    CHECK(is(views.name_at(worker, 1), Refusal::not_found));
    CHECK(is(views.name_at(nobody, 0), Refusal::no_view));
    CHECK(is(views.open(root, "worker"), Refusal::taken));
    CHECK(is(views.open(root, "a/b"), Refusal::bad_name));
    CHECK(is(views.open(nobody, "x"), Refusal::no_view));
    CHECK(is(views.show(nobody, worker, "log", "x", all_rights), Refusal::not_yours));
    CHECK(is(views.show(root, worker, "x", "x", all_rights), Refusal::not_found));
    CHECK(is(views.show(root, worker, "worker/log", "log", all_rights), Refusal::taken));
    CHECK(is(views.show(root, worker, "worker/log", "a/b", all_rights), Refusal::bad_name));
    CHECK(is(views.show(root, root, "worker/log", "x", all_rights), Refusal::not_yours));
    CHECK(is(views.hide(nobody, worker, "log"), Refusal::not_yours));
    CHECK(is(views.hide(root, worker, "x"), Refusal::not_found));
    CHECK(is(views.close(worker, worker), Refusal::not_yours));
    CHECK(is(views.close(root, root), Refusal::not_yours));
    CHECK(is(views.begin_waiting(nobody), Refusal::no_view));

    CHECK(service.slots.available() == free);
    CHECK(views.find(root, "worker/log"));
}

TEST_CASE("a view's room and places are its own, whatever others take") {
    Service service;
    NameViews& views = *service.views;
    const uint64_t modest = views.open(root, "modest")->view;
    const size_t for_modest = service.names_left(modest);
    const size_t for_root = service.names_left(root);
    CHECK(for_modest > 30);

    // Two that take all that they can get, in views that they open themselves, too.
    std::vector<uint64_t> greedy{views.open(root, "one")->view, views.open(root, "two")->view};
    const size_t rest = service.names_left(root);
    CHECK(rest >= for_root / 4 - 2);
    for (size_t at = 0; at < greedy.size() && at < 20; ++at) {
        if (const auto opened = views.open(greedy[at], "below")) greedy.push_back(opened->view);
    }
    for (const uint64_t badge : greedy) {
        for (int number = 0; service.publish(badge, std::to_string(number)); ++number) {}
        CHECK(is(service.publish(badge, "more"), Refusal::too_many));
        while (views.begin_waiting(badge)) {}
        CHECK(is(views.begin_waiting(badge), Refusal::too_many));
    }
    CHECK(service.names_left(modest) == for_modest);
    CHECK(service.names_left(root) == rest);
    CHECK(views.begin_waiting(modest));
    views.end_waiting(modest);

    REQUIRE(views.close(root, greedy[0]));
    REQUIRE(views.close(root, greedy[1]));
    CHECK(service.names_left(root) == for_root);
    CHECK(is(views.name_at(root, 0), Refusal::not_found));
    REQUIRE(views.close(root, modest));
    CHECK(service.slots.available() == slot_count);
}

TEST_CASE("a view that has not reached its opener has never been") {
    Service service;
    for (int times = 0; times < 300; ++times) {
        const auto opened = service.views->open(root, "lost");
        REQUIRE(opened);
        service.views->undo(opened->view);
    }
    service.views->undo(root);
    service.views->undo(NameViews::first_opened);
    CHECK(service.views->has(root));
    CHECK(service.slots.available() == slot_count);
}

TEST_CASE("a name whose capability is gone is none, and its room comes back when it is needed") {
    Service service;
    NameViews& views = *service.views;
    const uint64_t worker = views.open(root, "worker")->view;
    const size_t all = service.names_left(worker);
    for (size_t number = 0; number < all; ++number) REQUIRE(service.publish(worker, "n" + std::to_string(number)));
    REQUIRE(is(service.publish(worker, "more"), Refusal::too_many));
    for (size_t number = 0; number < all; ++number) service.end_publisher(worker, "n" + std::to_string(number));
    CHECK(is(views.find(root, "worker/n1"), Refusal::not_found));
    CHECK(is(views.name_at(worker, 0), Refusal::not_found));
    CHECK(service.names_left(worker) == all);
    REQUIRE(views.close(root, worker));
    CHECK(service.slots.available() == slot_count);
}

TEST_CASE("whatever clients of a name service do, all comes back") {
    std::mt19937_64 random(Catch::getSeed());
    Service service;
    NameViews& views = *service.views;
    std::vector<uint64_t> badges{root};
    unsigned published = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::erase_if(badges, [&](uint64_t one) { return !views.has(one); });
        const uint64_t badge = badges[random() % badges.size()];
        const uint64_t other = badges[random() % badges.size()];
        const std::string name(1, static_cast<char>('a' + random() % 6));
        const auto any = views.name_at(badge, random() % 8);
        switch (random() % 10) {
        case 0:
            if (const auto opened = views.open(badge, name)) badges.push_back(opened->view);
            break;
        case 1: (void)views.show(badge, other, any.value_or(name), name, all_rights); break;
        case 2: (void)views.hide(badge, other, name); break;
        case 3: (void)views.withdraw(badge, std::string(any.value_or(name))); break;
        case 4:
            if (random() % 8 == 0) (void)views.close(badge, other);
            break;
        case 5:
            if (any) service.end_publisher(badge, std::string(*any));
            break;
        case 6:
            if (random() % 8 == 0) views.undo(other == root ? 0 : other);
            break;
        default: published += service.publish(badge, name) ? 1 : 0;
        }
    }
    CHECK(published > 200);
    for (const uint64_t badge : badges) (void)views.close(root, badge);
    while (const auto name = views.name_at(root, 0)) REQUIRE(views.withdraw(root, std::string(*name)));
    CHECK(service.slots.available() == slot_count);
    CHECK(service.kernel.slots.size() == 3);
}
