// SPDX-License-Identifier: BSD-2-Clause
// The invariants of whole operations: what strangers to each other do at random gives nobody authority, bytes or words
// that were not passed on. And for each a corrupted change that it alone reports.
#include <catch2/catch_get_random_seed.hpp>

#include <cstdlib>

#include "object/frame.hpp"
#include "abi/grammar.hpp"
#include "capability/capability_space.hpp"
#include "strangers.hpp"

namespace selene::test {

namespace {

constexpr unsigned sequences = 16;
constexpr unsigned steps_each = 600;

struct Named {
    const char* name;
    change::Function* function;
};
constexpr Named all_changes[] = {
    {"authority_is_passed_on", change::authority_is_passed_on},
    {"changes_are_the_callers", change::changes_are_the_callers},
    {"words_are_sent", change::words_are_sent},
};

unsigned rounds() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1;
}

/// Whether a thread is about to ask for a report, which tells it words that nobody has sent.
bool asks_for_report(const Thread& actor) {
    const auto slot = look_up(*actor.task, CapIndex(actor.registers.x[0]), 0);
    if (!slot) return false;
    const ObjectType type = object_type((*slot)->type());
    const auto* method = abi::grammar::find(type, Tag(actor.registers.x[1]).label());
    return method != nullptr && (method->rights == abi::RightsMask(Right::inspect) || method->name == "read_registers");
}

/// Compares before and after each entry that is not the first task's.
class Watch {
public:
    explicit Watch(World& world) : world_(world) {
        world.before_entry = [this](const Thread* actor) {
            before_.reset();
            reported_ = actor != nullptr && actor->task != nullptr && asks_for_report(*actor);
            if (actor != &world_.first()) before_.emplace(world_, actor);
        };
        world.after_entry = [this] {
            if (!before_) return;
            ++compared_;
            const Observation after(world_, nullptr);
            for (const Named& one : all_changes) {
                if (reported_ && one.function == change::words_are_sent) continue;
                const Violation violation = one.function(before_->state(), after.state());
                if (violation.found())
                    throw machine::Panic(std::string("violated: ") + one.name + ": " + violation.wrong);
            }
        };
    }
    [[nodiscard]] unsigned compared() const { return compared_; }

private:
    World& world_;
    std::optional<Observation> before_;
    unsigned compared_ = 0;
    bool reported_ = false;
};

/// Strangers, a change that no entry into the kernel would make while the first of them acts, and who finds it.
template <class Change>
void check_finds(change::Function* finder, const Change& change) {
    Strangers strangers(Catch::getSeed());
    const Observation before(strangers.world(), strangers.actor(0).object);
    change(strangers);
    const Observation after(strangers.world(), nullptr);
    for (const Named& one : all_changes) {
        INFO(one.name);
        CHECK(one.function(before.state(), after.state()).found() == (one.function == finder));
    }
}

}  // namespace

TEST_CASE("strangers get from each other only what is passed on") {
    unsigned compared = 0;
    unsigned tried = 0;
    unsigned obeyed = 0;
    for (unsigned i = 0; i < sequences * rounds(); ++i) {
        INFO("sequence " << i << " of seed " << Catch::getSeed());
        Strangers strangers(Catch::getSeed() * 1'000'003ull + i);
        Watch watch(strangers.world());
        machine::simulated().preempt_every = i % 2;
        for (unsigned step = 0; step < steps_each; ++step) {
            INFO("step " << step);
            World& world = strangers.world();
            if (strangers.below(8) == 0) world.pass(strangers.below(200'000));
            if (world.running() == &world.first()) strangers.rescue();
            if (world.running() == nullptr || world.running() == &world.first()) continue;
            ++tried;
            obeyed += strangers.act() ? 1 : 0;
        }
        compared += watch.compared();
    }
    WARN(compared << " entries compared, " << obeyed << " of " << tried << " calls obeyed");
    CHECK(tried > sequences * steps_each / 10);
    CHECK(obeyed > tried / 4);
}

TEST_CASE("a capability that nobody has passed on") {
    check_finds(change::authority_is_passed_on, [](Strangers& strangers) {
        Slot& secret = strangers.table_of(1).slots()[Strangers::untyped];
        Slot& reply = strangers.table_of(1).slots()[Strangers::reply];
        strangers.world().kernel().tree.insert_child(reply, strangers.table_of(2).slots()[Strangers::slots - 1],
                                                     reply.capability());
        CHECK_FALSE(secret.empty());
    });
}

TEST_CASE("a right more than was passed on") {
    check_finds(change::authority_is_passed_on, [](Strangers& strangers) {
        Slot& source = strangers.table_of(0).slots()[Strangers::first_endpoint];
        strangers.world().kernel().tree.insert_child(source, strangers.table_of(0).slots()[Strangers::slots - 1],
                                                     source.capability().with_rights(rights::all));
    });
}

TEST_CASE("a register of a thread that has nothing to do with the caller") {
    check_finds(change::changes_are_the_callers, [](Strangers& strangers) { strangers.actor(3).object->sp += 16; });
}

TEST_CASE("a byte of a page that is nobody's message buffer") {
    check_finds(change::changes_are_the_callers, [](Strangers& strangers) {
        const Frame page(strangers.table_of(0).slots()[Strangers::page]);
        *machine::window<std::byte>(page.base()) = std::byte{1};
    });
}

TEST_CASE("a word of another's page in the caller's register") {
    check_finds(change::words_are_sent, [](Strangers& strangers) {
        const Frame page(strangers.table_of(1).slots()[Strangers::page]);
        strangers.actor(0).object->registers.x[5] =
            machine::window<uint64_t>(page.base())[page_bytes / sizeof(uint64_t) - 1];
    });
}

TEST_CASE("an address of the kernel's in the caller's buffer") {
    check_finds(change::words_are_sent, [](Strangers& strangers) {
        Thread& thread = *strangers.actor(0).object;
        buffer_of(strangers.actor(0)).words[50] = reinterpret_cast<uint64_t>(&thread);
    });
}

}  // namespace selene::test
