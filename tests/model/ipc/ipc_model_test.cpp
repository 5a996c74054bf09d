// SPDX-License-Identifier: BSD-2-Clause
// Random deeds of kernel and model; models with a mistake in them; budgets in every window of time.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdlib>
#include <map>
#include <sstream>

#include "side_by_side.hpp"

namespace selene::ipc_model {

namespace {

using Kind = Deed::Kind;

constexpr unsigned sequences = 12;
constexpr unsigned deeds_each = 2500;

/// `SELENE_TEST_ROUNDS=n` runs n times as many sequences.
unsigned rounds() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1;
}

/// How often what was done, and what came about.
struct Counts {
    std::array<unsigned, Deed::kinds> done{};
    std::map<std::string, unsigned> seen;

    /// What random deeds have to come to, or they show little.
    void look(const Cast& cast) {
        for (const Thread& thread : cast.threads) {
            if (!thread.exists) continue;
            static constexpr const char* doings[] = {"nothing",    "runs",      "ready", "lacks time", "receives",
                                                     "unfinished", "sends",     "calls", "faults",     "faults alone",
                                                     "awaits",     "is mended", "waits"};
            if (thread.calls_again) ++seen["calls again"];
            ++seen[doings[static_cast<size_t>(thread.doing)]];
            if (thread.stopped) ++seen["stopped"];
            if (thread.lends) ++seen["lends"];
            if (thread.lends && thread.answer_in->holder != nullptr && thread.answer_in->holder->lends)
                ++seen["lends on"];
            const bool told = thread.doing == Doing::faults || thread.doing == Doing::faults_alone ||
                              thread.doing == Doing::awaits_mending;
            if (told && thread.fault_kind == abi::FaultKind::timeout)
                ++seen[thread.fault_words[1] == 0 ? "has used up its time" : "has lost its lender"];
        }
        for (const Context& context : cast.contexts) {
            if (context.budget.pieces().size() > 2) ++seen["budget in pieces"];
            if (context.waiter != nullptr && context.waiter != context.thread) ++seen["lent time is used up"];
        }
    }
    [[nodiscard]] std::string missing() const {
        std::string missing;
        for (const char* what : {"nothing",
                                 "runs",
                                 "ready",
                                 "lacks time",
                                 "receives",
                                 "sends",
                                 "calls",
                                 "faults",
                                 "awaits",
                                 "is mended",
                                 "waits",
                                 "stopped",
                                 "lends",
                                 "lends on",
                                 "has used up its time",
                                 "has lost its lender",
                                 "budget in pieces",
                                 "lent time is used up",
                                 "unfinished",
                                 "faults alone",
                                 "calls again"}) {
            if (!seen.contains(what)) missing += std::string(what) + "; ";
        }
        return missing;
    }
};

struct Played {
    std::vector<Deed> deeds;
    std::optional<std::string> wrong;
};

std::optional<std::string> step(SideBySide& both, const Deed& deed) {
    try {
        return both.step(deed);
    } catch (const machine::Panic& panic) {
        return panic.what();
    }
}

Played play(uint64_t seed, Ways ways, const Mistake& mistake, Counts& counts) {
    std::mt19937_64 random(seed);
    SideBySide both(ways, mistake);
    Played played;
    while (played.deeds.size() < deeds_each && !both.over() && !played.wrong) {
        played.deeds.push_back(random_deed(random, both.cast()));
        const auto kind = static_cast<size_t>(played.deeds.back().kind);
        played.wrong = step(both, played.deeds.back());
        ++counts.done[kind];
        counts.look(both.cast());
    }
    return played;
}

std::optional<std::string> run(const std::vector<Deed>& deeds, Ways ways, const Mistake& mistake) {
    SideBySide both(ways, mistake);
    for (size_t i = 0; i < deeds.size(); ++i) {
        if (auto wrong = step(both, deeds[i])) return "after " + std::to_string(i + 1) + ": " + *wrong;
    }
    return {};
}

/// The shortest sequence found by leaving deeds out that still differs.
std::vector<Deed> shrink(std::vector<Deed> deeds, Ways ways, const Mistake& mistake) {
    for (size_t length = deeds.size() / 2; length > 0; length /= 2) {
        for (size_t at = 0; at + length <= deeds.size();) {
            std::vector<Deed> shorter = deeds;
            const auto from = shorter.begin() + static_cast<std::ptrdiff_t>(at);
            shorter.erase(from, from + static_cast<std::ptrdiff_t>(length));
            if (run(shorter, ways, mistake)) {
                deeds = std::move(shorter);
            } else {
                at += length;
            }
        }
    }
    return deeds;
}

void play_all(Ways ways) {
    Counts counts;
    for (unsigned i = 0; i < sequences * rounds(); ++i) {
        const Played played = play(Catch::getSeed() * 1'000'003ull + i, ways, {}, counts);
        if (!played.wrong) continue;
        const auto deeds = shrink(played.deeds, ways, {});
        FAIL(*played.wrong << "\nshortest found: " << run(deeds, ways, {}).value_or("none") << "\n"
                           << as_source(deeds));
    }
    std::ostringstream table;
    for (unsigned kind = 0; kind < Deed::kinds; ++kind) {
        table << name_of(static_cast<Kind>(kind)) << " " << counts.done[kind] << ", ";
        const bool late = static_cast<Kind>(kind) == Kind::pass_late && ways == Ways::direct;
        CHECK((late || counts.done[kind] > 0));
    }
    WARN(table.str());
    CHECK(counts.missing() == "");
}

/// Plays with a wrong model until the difference is found.
bool is_found(const Mistake& mistake) {
    constexpr unsigned most = 20;
    Counts counts;
    for (unsigned i = 0; i < most; ++i) {
        if (play(Catch::getSeed() * 1'000'003ull + i, Ways::general, mistake, counts).wrong) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("kernel and model agree on who talks to whom, on whose time, and until when") { play_all(Ways::general); }

TEST_CASE("kernel and model agree when threads switch directly") { play_all(Ways::direct); }

TEST_CASE("a model of IPC that is wrong is found out") {
    SECTION("it believes that who is answered is served last among its equals") {
        CHECK(is_found([](Cast& cast, const Deed& deed) {
            auto& equals = cast.society.ready[252];
            if (deed.kind == Kind::answer && equals.size() > 1) std::swap(equals.front(), equals.back());
        }));
    }
    SECTION("it believes that a tick of what was used is lost when it comes back") {
        CHECK(is_found([](Cast& cast, const Deed& deed) {
            if (deed.kind != Kind::pass) return;
            for (Context& context : cast.contexts) {
                if (context.budget.pieces().size() > 2)
                    context.budget.use(context.budget.first().time, context.budget.first().time + 1);
            }
        }));
    }
    SECTION("it believes that lent time stays with who worked, when its lender leaves") {
        CHECK(is_found([](Cast& cast, const Deed& deed) {
            if (deed.kind != Kind::thread) return;
            for (Thread& thread : cast.threads) {
                if (thread.own == nullptr && thread.time == nullptr && thread.reply != nullptr)
                    thread.time = &cast.contexts[1];
            }
        }));
    }
    SECTION("it believes that a signal is heard twice") {
        CHECK(is_found([](Cast& cast, const Deed& deed) {
            if (deed.kind == Kind::poll) cast.notifications[2].bits |= 1;
        }));
    }
    SECTION("it believes that words above the eighth are cut off") {
        CHECK(is_found([](Cast& cast, const Deed& deed) {
            if (deed.kind != Kind::call || deed.length <= abi::register_words) return;
            for (Thread& thread : cast.threads) thread.buffer.back() = thread.buffer.front() = 0;
        }));
    }
}

TEST_CASE("in no period does the model's budget give more than it has, and its pieces add up") {
    std::mt19937_64 random(Catch::getSeed());
    constexpr uint64_t share = 500;
    constexpr uint64_t period = 2000;
    constexpr uint64_t minimum = 10;
    Budget budget;
    uint64_t now = 0;
    budget.renew(share, period, 2 + random() % 7, now);
    std::deque<Piece> used;  // when and how much, in the last period
    for (unsigned step = 0; step < 20'000; ++step) {
        now += random() % 300;
        if (!budget.gather(now, minimum)) continue;
        const uint64_t ticks = 1 + random() % budget.first().amount;
        budget.use(now, now + ticks);
        used.push_back({now, ticks});
        now += ticks;
        uint64_t sum = 0;
        for (const Piece& piece : budget.pieces()) sum += piece.amount;
        REQUIRE(sum == share);
        while (used.front().time + used.front().amount + period <= now) used.pop_front();
        // Of what began before the period only what fell into it counts.
        uint64_t within = 0;
        for (const Piece& piece : used) {
            const uint64_t begin = std::max(piece.time + period, now) - period;
            within += piece.time + piece.amount - begin;
        }
        REQUIRE(within <= share);
    }
}

}  // namespace selene::ipc_model
