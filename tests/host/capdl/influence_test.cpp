// SPDX-License-Identifier: BSD-2-Clause
// Whatever the abstract model of the kernel lets threads do, the analysis of the spec says that they can.
#include <algorithm>
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "analysis/influence.hpp"
#include "small_system.hpp"

namespace {

using capdl::Influence;
using capdl::ObjectId;
using capdl::test::SmallSystem;
using selene::model::as_source;

const unsigned systems = capdl::test::many(150);
constexpr unsigned operations = 120;

std::vector<bool> reach(const Influence& influence, ObjectId from) {
    std::vector<bool> result(influence.count(), false);
    for (const Influence::Node node : reachable(influence, Influence::node(from))) {
        result[node] = true;
    }
    return result;
}

// Whether the analysis lets a thread come to these rights to an object.
bool can_come_to(const Influence& influence, ObjectId thread, ObjectId object, uint64_t rights) {
    const capdl::Model& model = influence.model();
    uint64_t foreseen = 0;
    for (const capdl::Capability& capability : model.capabilities) {
        if (capability.object == object && influence.flow().can_hold(thread, model.id_of(&capability))) {
            foreseen |= effective_rights(model, capability).bits();
        }
    }
    return (rights & ~foreseen) == 0;
}

}  // namespace

TEST_CASE("what threads come to hold and what they change, the analysis has foreseen") {
    std::mt19937_64 random(Catch::getSeed());
    unsigned obeyed = 0;
    unsigned changes_of_others = 0;
    for (unsigned round = 0; round < systems; ++round) {
        const auto drawn = capdl::test::draw_accepted(random);
        INFO(drawn->text);
        const capdl::Model& model = drawn->model();
        const Influence influence(model);
        SmallSystem system(model);
        std::map<ObjectId, std::vector<bool>> reached;
        for (const ObjectId thread : system.threads()) {
            reached[thread] = reach(influence, thread);
        }
        std::vector<std::string> before(model.objects.size());
        const auto look = [&](uint32_t index) { return system.state(static_cast<ObjectId>(index)); };
        for (uint32_t index = 0; index < before.size(); ++index) {
            before[index] = look(index);
        }
        for (unsigned step = 0; step < operations; ++step) {
            const ObjectId actor = system.threads()[random() % system.threads().size()];
            const auto operation = capdl::test::draw(random, system, actor);
            const auto outcome = capdl::test::carry_out(system, operation);
            obeyed += outcome && !outcome->refused() ? 1 : 0;
            INFO(model.name_of(actor) << ": " << as_source({operation.operation}));
            for (uint32_t index = 0; index < before.size(); ++index) {
                std::string after = look(index);
                if (after != before[index]) {
                    INFO(model.name_of(static_cast<ObjectId>(index)) << ": " << before[index] << " -> " << after);
                    REQUIRE(reached[actor][index]);
                    changes_of_others += index == index_of(actor) ? 0 : 1;
                    before[index] = std::move(after);
                }
            }
            for (const ObjectId thread : system.threads()) {
                for (const auto& [object, rights] : system.holdings(thread)) {
                    INFO(model.name_of(thread) << " holds " << model.name_of(object) << ", rights " << rights);
                    REQUIRE(can_come_to(influence, thread, object, rights));
                }
            }
        }
    }
    CHECK(obeyed > systems);
    CHECK(changes_of_others > systems / 2);
}

TEST_CASE("who cannot be affected sees no difference, whatever the other one has done") {
    std::mt19937_64 random(Catch::getSeed());
    unsigned pairs = 0;
    unsigned told = 0;
    for (unsigned round = 0; round < systems; ++round) {
        const auto drawn = capdl::test::draw_accepted(random);
        INFO(drawn->text);
        const capdl::Model& model = drawn->model();
        const Influence influence(model);
        const std::vector<ObjectId> threads = SmallSystem(model).threads();
        for (const ObjectId actor : threads) {
            for (const ObjectId observer : threads) {
                if (actor == observer) {
                    continue;
                }
                const bool foreseen = reach(influence, actor)[Influence::node(observer)];
                SmallSystem quiet(model);
                SmallSystem busy(model);
                std::string history;
                for (unsigned step = 0; step < operations; ++step) {
                    const auto operation = capdl::test::draw(random, busy, actor);
                    history += as_source({operation.operation});
                    capdl::test::carry_out(busy, operation);
                }
                bool differs = false;
                for (unsigned step = 0; step < operations && !differs; ++step) {
                    auto operation = capdl::test::draw(random, quiet, observer);
                    operation.partner = observer;
                    const auto first = capdl::test::carry_out(quiet, operation);
                    const auto second = capdl::test::carry_out(busy, operation);
                    differs = first != second;
                    if (differs && !foreseen) {
                        INFO(model.name_of(actor) << " did " << history << "then " << model.name_of(observer) << " "
                                                  << as_source({operation.operation}));
                        REQUIRE(first == second);
                    }
                }
                pairs += foreseen ? 0 : 1;
                told += differs ? 1 : 0;
            }
        }
    }
    CHECK(pairs > systems / 2);
    CHECK(told > systems / 10);
}
