// SPDX-License-Identifier: BSD-2-Clause
// The start of the other cores, which the test plays: prompt ones, slow ones, dead ones, late ones.
#include "boot/other_cores.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "simulated_machine.hpp"

namespace selene::test {

namespace {

using machine::simulated;
using machine::SimulatedMachine;

constexpr unsigned most_cores = BootDescription::maximum_cores;
constexpr uint64_t patience = 5 * SimulatedMachine::frequency;
constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

/// What a core does, by the round in which it does it.
struct Habits {
    bool starts = true;
    uint64_t arrives = 0;
    uint64_t idles = 0;    ///< after it has arrived
    uint64_t answers = 0;  ///< after it was rung
};

/// A machine whose other cores have habits.
struct Company {
    std::unique_ptr<Core[]> cores = std::make_unique<Core[]>(most_cores);
    std::unique_ptr<Kernel> kernel = std::make_unique<Kernel>();
    BootDescription description{};
    std::vector<Habits> habits;
    std::vector<bool> started, in_time;
    std::vector<uint64_t> since;  ///< the round of a core's last step
    uint64_t round = 0;
    uint64_t begun = 0;

    explicit Company(std::vector<Habits> of_others) : habits(std::move(of_others)) {
        own_core.assert_held();
        simulated().reset();
        habits.insert(habits.begin(), Habits{});
        description.core_count = static_cast<uint32_t>(habits.size());
        started.resize(habits.size());
        in_time.resize(habits.size());
        since.resize(habits.size());
        kernel->cores = cores.get();
        cores[0].kernel = kernel.get();
        simulated().core = &cores[0];
        simulated().starts = [this](CoreId core) {
            REQUIRE(core.value() < habits.size());
            REQUIRE(cores[core.value()].kernel == kernel.get());
            REQUIRE(cores[core.value()].id == core);
            started[core.value()] = true;
            return habits[core.value()].starts;
        };
        simulated().others = [this] { play(); };
        begun = simulated().now;
    }

    uint32_t start() {
        own_core.assert_held();
        return start_other_cores(*kernel, description);
    }

    void play() {
        round++;
        for (unsigned number = 1; number < habits.size(); ++number)
            if (habits[number].starts) play(number);
    }

    void play(unsigned number) {
        Core& core = cores[number];
        const Habits& habit = habits[number];
        const uint64_t waited = round - since[number];
        const auto step = [&] { since[number] = round; };
        switch (core.presence.load()) {
        case CorePresence::absent:
            if (waited > habit.arrives) in_time[number] = arrive(core), step();
            break;
        case CorePresence::arriving:
            if (waited > habit.idles) core.presence.store(CorePresence::idle), step();
            break;
        case CorePresence::greeted:
            if (simulated().rung.contains(core.id) && waited > habit.answers) {
                simulated().rung.erase(core.id);
                mail::serve(core);
                step();
            }
            break;
        case CorePresence::idle:
        case CorePresence::answered:
        case CorePresence::left_out: break;
        }
    }

    [[nodiscard]] uint64_t waited() const { return simulated().now - begun; }
};

}  // namespace

TEST_CASE("a machine with one core waits for nobody") {
    Company company({});
    CHECK(company.start() == 1);
    CHECK(company.waited() == 0);
}

TEST_CASE("all cores start, are greeted and answer, however many there are") {
    for (unsigned others = 1; others < most_cores; ++others) {
        Company company{std::vector<Habits>(others)};
        CHECK(company.start() == (uint32_t{2} << others) - 1);
        for (unsigned number = 1; number <= others; ++number) {
            CHECK(company.started[number]);
            CHECK(company.cores[number].presence.load() == CorePresence::answered);
            CHECK(company.cores[number].greeting.errands.load() == 0);
        }
        CHECK(company.waited() < patience / 100);
        CHECK(simulated().rung.empty());
        CHECK(!simulated().lines[machine::ring_line].active);
    }
}

TEST_CASE("a core that firmware refuses to start is left out at once") {
    Company company({{}, {.starts = false}, {}});
    CHECK(company.start() == 0b1011);
    CHECK(company.waited() < patience / 100);
    CHECK(!arrive(company.cores[2]));
}

TEST_CASE("a core that does not come is left out after a while, and finds the door closed") {
    Company company({{.arrives = never}, {}});
    CHECK(company.start() == 0b101);
    CHECK(company.waited() >= patience);
    CHECK(company.waited() < patience + patience / 100);
    CHECK(company.cores[1].presence.load() == CorePresence::left_out);
    CHECK(!arrive(company.cores[1]));
    CHECK(company.cores[1].presence.load() == CorePresence::left_out);
}

TEST_CASE("a core that comes and gets no further is left out after a while") {
    Company stuck({{.idles = never}});
    CHECK(stuck.start() == 1);
    CHECK(stuck.in_time[1]);
    CHECK(stuck.waited() >= patience);
    Company deaf({{.answers = never}});
    CHECK(deaf.start() == 1);
    CHECK(deaf.waited() >= patience);
    // Its answer may still come: nothing depends on it.
    deaf.habits[1].answers = 0;
    deaf.play();
    CHECK(simulated().deliverable() == machine::ring_line);
}

TEST_CASE("cores of any habits: who answers in time is counted, and nobody else") {
    std::mt19937_64 random(Catch::getSeed());
    constexpr uint64_t rounds = patience / SimulatedMachine::round_ticks;
    for (unsigned run = 0; run < 200; ++run) {
        std::vector<Habits> habits(1 + random() % (most_cores - 1));
        for (Habits& habit : habits) {
            habit = {random() % 8 != 0, random() % (rounds / 2), random() % (rounds / 2), random() % (rounds / 2)};
        }
        Company company(habits);
        const uint32_t answered = company.start();
        for (unsigned number = 1; number <= habits.size(); ++number) {
            const Habits& habit = habits[number - 1];
            const uint64_t needed = habit.arrives + habit.idles + habit.answers;
            const bool counted = (answered >> number & 1) != 0;
            CHECK((!counted || habit.starts));
            // Each step may take a round or two more than the habit says.
            if (habit.starts && needed + 12 < rounds) CHECK(counted);
            if (needed > rounds) CHECK(!counted);
            CHECK(counted == (company.cores[number].presence.load() == CorePresence::answered));
        }
        CHECK(company.waited() <= patience + SimulatedMachine::round_ticks);
    }
}

}  // namespace selene::test
