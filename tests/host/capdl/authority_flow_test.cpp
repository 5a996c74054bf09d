// SPDX-License-Identifier: BSD-2-Clause
// Who can come to hold what: the same as a search finds that carries out each rule one capability at a time.
#include <algorithm>
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <set>

#include "analysis/authority_flow.hpp"
#include "analysis/authority_ways.hpp"
#include "analysis/influence.hpp"
#include "small_system.hpp"

namespace {

using capdl::Authority;
using capdl::AuthorityFlow;
using capdl::AuthorityWays;
using capdl::Capability;
using capdl::CapabilityId;
using capdl::Model;
using capdl::ObjectId;
using capdl::ObjectType;
using capdl::Rights;
using capdl::ThreadSlot;

/// All places, and what can come there, one by one until nothing changes.
class PlainFlow {
public:
    PlainFlow(const Model& model, const std::vector<ObjectId>& trusted)
        : model_(model), trusted_(trusted.begin(), trusted.end()) {
        for (const Capability& capability : model.capabilities) {
            if (model[capability.container].type == ObjectType::cnode) {
                held_[of(capability.container)].insert(model.id_of(&capability));
            }
        }
        do {
            changed_ = false;
            for (uint32_t index = 0; index < model.objects.size(); ++index) {
                if (const auto id = static_cast<ObjectId>(index); model[id].type == ObjectType::tcb) {
                    let(id);
                }
            }
        } while (changed_);
    }

    bool can_hold(ObjectId thread, CapabilityId id) { return held_[of(thread)].contains(id); }

private:
    enum class Part : uint8_t { itself, answers };
    using Place = std::pair<ObjectId, Part>;
    static Place of(ObjectId id, Part part = Part::itself) { return {id, part}; }

    void pass(Place from, Place to) {
        const size_t before = held_[to].size();
        const std::set<CapabilityId> all = held_[from];
        held_[to].insert(all.begin(), all.end());
        changed_ = changed_ || held_[to].size() != before;
    }

    void let(ObjectId thread) {
        if (const Capability* table = model_.slot(thread, ThreadSlot::cspace); table != nullptr) {
            pass(of(table->object), of(thread));
        }
        if (trusted_.contains(thread)) {
            return;
        }
        const std::set<CapabilityId> held = held_[of(thread)];
        bool accepts = false;
        for (const CapabilityId id : held) {
            const ObjectId object = model_[id].object;
            accepts = accepts || (object != ObjectId::none && model_[object].type == ObjectType::cnode);
        }
        for (const CapabilityId id : held) {
            use(thread, model_[id], accepts);
        }
    }

    void use(ObjectId thread, const Capability& capability, bool accepts) {
        const ObjectId object = capability.object;
        const auto take = [&](Place from) {
            if (accepts) {
                pass(from, of(thread));
            }
        };
        if (object == ObjectId::none) {
            if (capability.authority == Authority::remaining_untyped) {
                pass(of(thread), of(ObjectId::none));
                take(of(ObjectId::none));
            }
            return;
        }
        const Rights rights = effective_rights(model_, capability);
        switch (model_[object].type) {
        case ObjectType::cnode:
        case ObjectType::ut:
            pass(of(thread), of(object));
            take(of(object));
            break;
        case ObjectType::tcb: pass(of(thread), of(object)); break;
        case ObjectType::ep:
            if (rights.has(Rights::write | Rights::transfer)) {
                pass(of(thread), of(object));
            }
            if (rights.has(Rights::read)) {
                take(of(object));
                pass(of(thread), of(object, Part::answers));
            }
            if (rights.has(Rights::write | Rights::reply)) {
                take(of(object, Part::answers));
            }
            break;
        default: break;
        }
    }

    const Model& model_;
    std::set<ObjectId> trusted_;
    std::map<Place, std::set<CapabilityId>> held_;
    bool changed_ = false;
};

std::vector<ObjectId> threads_of(const Model& model) {
    std::vector<ObjectId> threads;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        if (model.objects[index].type == ObjectType::tcb) {
            threads.push_back(static_cast<ObjectId>(index));
        }
    }
    return threads;
}

// Tables, endpoints, threads and untypeds, and at random what they hold of each other: long chains and large circles.
std::string random_company(std::mt19937_64& random) {
    constexpr unsigned each = 12;
    std::string text = fmt::format(
        "arch aarch64 objects {{ t[{0}] = tcb c[{0}] = cnode (4 bits) e[{0}] = ep u[{0}] = ut (14 bits) }} caps {{\n",
        each);
    const uint64_t plenty = 1 + random() % 3;
    constexpr const char* rights[] = {"R", "W", "WG", "WP", "RW", "RWG"};
    for (unsigned number = 0; number < each; ++number) {
        const uint64_t table = random() % 4 == 0 ? random() % each : number;
        text += fmt::format("t[{}] {{ cspace: c[{}] }} c[{}] {{", number, table, number);
        for (uint64_t count = random() % (plenty + 1); count != 0; --count) {
            const uint64_t other = random() % each;
            switch (random() % 8) {
            case 0: text += fmt::format(" c[{}]", random() % 2 == 0 ? number : other); break;
            case 1: text += fmt::format(" t[{}]", other); break;
            case 2: text += fmt::format(" u[{}]", other); break;
            case 3: text += random() % 8 == 0 ? " remaining_untyped" : fmt::format(" c[{}]", other); break;
            default: text += fmt::format(" e[{}] ({})", other, rights[random() % std::size(rights)]); break;
            }
        }
        text += " }\n";
    }
    return text + "}\n";
}

// A way leads from the capability's table to the thread, each step to the next.
void check_way(const Model& model, const AuthorityWays::Way& way, CapabilityId capability, ObjectId thread) {
    REQUIRE(!way.empty());
    CHECK(way.front().from == model[capability].container);
    CHECK(way.back().to == thread);
    for (size_t index = 1; index < way.size(); ++index) {
        CHECK(way[index - 1].to == way[index].from);
    }
}

// Threads with a table each, all with something to do with one endpoint.
enum class Company : uint8_t { hub, callers, announcers, owners };
std::string large_company(Company kind, unsigned count) {
    const bool servers = kind == Company::callers || kind == Company::owners;
    std::string text = fmt::format(
        "arch aarch64 objects {{ t[{0}] = tcb c[{0}] = cnode (2 bits) e = ep s = tcb d = cnode (16 bits) }} caps {{\n"
        "s {{ cspace: d }} d {{ 0: {1} }}\n",
        count,
        kind == Company::owners ? "e (R) d t[] c[]"
        : servers               ? "e (R) d"
                                : "d");
    for (unsigned number = 0; number < count; ++number) {
        const bool odd = number % 2 != 0;
        const char* rights = kind == Company::hub                 ? "RWG"
                             : kind == Company::callers           ? "WG"
                             : kind == Company::owners            ? "WP"
                             : kind == Company::announcers && odd ? "WG"
                                                                  : "R";
        const bool accepts = kind != Company::announcers || !odd;
        text += fmt::format("t[{0}] {{ cspace: c[{0}] }} c[{0}] {{ 1: e ({1}) {2} }}\n", number, rights,
                            accepts ? fmt::format("2: c[{}]", number) : "");
    }
    return text + "}\n";
}

uint64_t work_of(Company kind, unsigned count) {
    capdl::Compilation compilation({}, std::nullopt);
    REQUIRE(compilation.run("spec.cdl", large_company(kind, count)));
    const capdl::Influence influence(compilation.model());
    REQUIRE_FALSE(influence.refusal());
    return influence.work();
}

}  // namespace

TEST_CASE("four times as many threads that have to do with each other are about four times the work") {
    for (const Company kind : {Company::hub, Company::callers, Company::announcers, Company::owners}) {
        INFO(static_cast<int>(kind));
        const uint64_t few = work_of(kind, 500);
        const uint64_t many = work_of(kind, 2000);
        CHECK(many < 6 * few);
        CHECK(many < 2000 * 2000);
    }
}

TEST_CASE("threads can come to hold what they can by one rule after the other, and there is a way") {
    const unsigned systems = capdl::test::many(400);
    std::mt19937_64 random(Catch::getSeed());
    unsigned compared = 0;
    unsigned come_by = 0;
    for (unsigned round = 0; round < systems; ++round) {
        const auto drawn =
            capdl::test::draw_accepted(random, round % 4 == 0 ? capdl::test::random_spec : random_company);
        INFO(drawn->text);
        const Model& model = drawn->model();
        const std::vector<ObjectId> threads = threads_of(model);
        const std::vector<ObjectId> trusted =
            random() % 3 == 0 ? std::vector{threads[random() % threads.size()]} : std::vector<ObjectId>();
        const AuthorityFlow flow(model, trusted);
        REQUIRE(flow.is_whole());
        AuthorityWays ways(flow);
        PlainFlow plain(model, trusted);
        for (const ObjectId thread : threads) {
            if (std::ranges::find(trusted, thread) != trusted.end()) {
                continue;
            }
            for (const Capability& capability : model.capabilities) {
                const CapabilityId id = model.id_of(&capability);
                INFO(model.name_of(thread)
                     << ", slot " << capability.slot << " of " << model.name_of(capability.container));
                const bool can = flow.can_hold(thread, id);
                REQUIRE(can == plain.can_hold(thread, id));
                if (can) {
                    check_way(model, ways.way(id, thread), id, thread);
                    come_by += ways.way(id, thread).size() > 2 ? 1 : 0;
                }
                ++compared;
            }
        }
    }
    CHECK(compared > 100 * systems);
    CHECK(come_by > systems);
}

TEST_CASE("the search ends at its limit") {
    capdl::Compilation compilation({}, std::nullopt);
    REQUIRE(compilation.run("spec.cdl",
                            "arch aarch64 objects { t[9] = tcb c = cnode (4 bits) e = ep }\n"
                            "caps { t[] { cspace: c } c { 1: e (RWG) 2: c } }"));
    const AuthorityFlow whole(compilation.model());
    CHECK(whole.is_whole());
    CHECK_FALSE(AuthorityFlow(compilation.model(), {}, whole.work() - 1).is_whole());
    CHECK(AuthorityFlow(compilation.model(), {}, whole.work()).is_whole());
}
