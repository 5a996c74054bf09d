// SPDX-License-Identifier: BSD-2-Clause
// Keeps the attackers at it: gives them capabilities again, wakes them, lets them go on after faults; and judges.
//
// It holds for each attacker, from a slot of its own table on, what `holdings` lists. What the attackers get are
// children of these, so that they cannot destroy what they need to go on.

#include <algorithm>
#include <chrono>

#include <checks.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

#include "progress.hpp"

namespace {

using namespace hostile;
using namespace std::chrono_literals;
using sel::CapIndex;
using sel::Message;
using sel::or_abort;

constexpr uint64_t calls_wanted = 25'000;  // of each attacker
constexpr auto longest = 40s;
constexpr auto round_time = 1500us;

template <typename T>
const T& page(std::string_view name) {
    return *reinterpret_cast<const T*>(or_abort(sel::environment().memory(name), "finding a page").bytes.data());
}

struct Warden {
    const sel::Environment& given = sel::environment();
    sel::CapTable table = or_abort(given.capability<sel::CapTable>("table"), "finding the table");
    sel::Endpoint faults = or_abort(given.endpoint("faults"), "finding the faults");
    sel::Reply reply = or_abort(given.reply("answer"), "finding the reply");
    sel::ScheduleControl time = or_abort(given.capability<sel::ScheduleControl>("time"), "finding schedule control");
    uint64_t faults_seen = 0;

    struct Attacker {
        CapIndex first;
        const AttackerProgress& progress;
        uint64_t calls_before = 0;

        template <typename T>
        [[nodiscard]] T holding(uint64_t number) const {
            return T(first + number);
        }
    };

    /// What is a part of the attacker's run, however it got stuck.
    void help(Attacker& attacker) {
        const auto thread = attacker.holding<sel::Thread>(2);
        const auto context = attacker.holding<sel::SchedContext>(3);
        const auto own_reply = attacker.holding<sel::Reply>(4);
        const auto meeting = attacker.holding<sel::Endpoint>(7);
        (void)thread.resume();
        const uint64_t calls = attacker.progress.calls.load(std::memory_order_relaxed);
        if (calls == attacker.calls_before) {
            const uint64_t slice = sel::Clock::ticks(1ms);
            (void)time.configure({.context = context, .budget = slice, .period = slice, .refills = 0});
            (void)context.bind(thread);
            constexpr uint8_t priority = 90;
            (void)thread.set_priority({.priority = priority, .maximum = priority, .authority = thread});
            (void)own_reply.send(Message());
            (void)meeting.try_send(Message());
            if (const auto met = meeting.try_receive(reply)) (void)reply.send(Message());
            (void)attacker.holding<sel::Notification>(9).signal();
        }
        attacker.calls_before = calls;
        if (const auto fault = faults.try_receive(reply)) {
            ++faults_seen;
            (void)reply.send(Message());
        }
    }

    /// What it has lost it gets again.
    void refill(const Attacker& attacker) const {
        for (uint64_t number = 0; number < holdings.size(); ++number) {
            (void)attacker.holding<sel::CapTable>(0).map({.first = first_holding + number,
                                                          .source = table,
                                                          .source_first = (attacker.first + number).raw(),
                                                          .count = 1,
                                                          .rights = sel::abi::RightsMask(sel::abi::all_rights),
                                                          .badge = 0});
        }
    }

    /// Takes everything away, and what was made of it.
    void strip(const Attacker& attacker) const {
        (void)table.unmap(
            {.first = attacker.first.raw(), .count = holdings.size(), .root = sel::abi::KeepRoot::descendants});
    }
};

/// Puts an attacker's untyped where its other holdings are.
void move_memory(sel::CapTable table, const Warden::Attacker& attacker, std::string_view name) {
    constexpr uint64_t place = 5;
    const auto memory = or_abort(sel::environment().capability<sel::Untyped>(name), "finding an untyped");
    or_abort(table.grant({.first = (attacker.first + place).raw(),
                          .source = table,
                          .source_first = memory.index().raw(),
                          .count = 1}),
             "moving an untyped");
}

/// Wastes the rest of this round's budget, so that the others run.
void rest() {
    const auto start = sel::Clock::now();
    while (sel::Clock::now() - start < round_time) {}
}

void judge(std::string_view name, const AttackerProgress& progress) {
    const uint64_t calls = progress.calls.load(std::memory_order_relaxed);
    const uint64_t done = progress.done.load(std::memory_order_relaxed);
    unsigned obeyed = 0;
    unsigned refused = 0;
    for (size_t method = 0; method < method_count; ++method) {
        obeyed += progress.obeyed[method].load(std::memory_order_relaxed) != 0 ? 1 : 0;
        refused += progress.refused[method].load(std::memory_order_relaxed) != 0 ? 1 : 0;
    }
    sel::print("{}: {} calls, {} obeyed; of {} methods {} were obeyed, {} refused\n", name, calls, done, method_count,
               obeyed, refused);
    test::check(calls >= calls_wanted, "the attacker has made its calls");
    test::check(done * 10 >= calls, "a tenth of them was obeyed");
    test::check(refused == method_count, "every method was refused now and then");
    test::check(obeyed >= 20, "most methods were obeyed now and then");
}

}  // namespace

int main() {
    Warden warden;
    const auto& witness = page<WitnessProgress>("witness_progress");
    std::array attackers = {Warden::Attacker{CapIndex(32), page<AttackerProgress>("anna_progress")},
                            Warden::Attacker{CapIndex(64), page<AttackerProgress>("boris_progress")}};
    move_memory(warden.table, attackers[0], "anna_memory");
    move_memory(warden.table, attackers[1], "boris_memory");
    const auto start = sel::Clock::now();
    const auto all_done = [&attackers] {
        return std::ranges::all_of(attackers, [](const Warden::Attacker& attacker) {
            return attacker.progress.calls.load(std::memory_order_relaxed) >= calls_wanted;
        });
    };
    constexpr uint64_t rounds_between_strips = 50;
    for (uint64_t round = 0; !all_done() && sel::Clock::now() - start < longest; ++round) {
        for (auto& attacker : attackers) {
            if (round % rounds_between_strips == 0) warden.strip(attacker);
            warden.help(attacker);
            warden.refill(attacker);
        }
        rest();
    }
    judge("anna", attackers[0].progress);
    judge("boris", attackers[1].progress);
    const uint64_t rounds = witness.rounds.load(std::memory_order_relaxed);
    while (witness.rounds.load(std::memory_order_relaxed) < rounds + 10) rest();
    sel::print("witness: {} rounds, {} failures; {} faults were answered\n",
               witness.rounds.load(std::memory_order_relaxed), witness.failures.load(std::memory_order_relaxed),
               warden.faults_seen);
    test::check(rounds > 50, "the witness goes on");
    test::check(witness.failures.load(std::memory_order_relaxed) == 0, "and finds everything as it was");
    test::check(warden.faults_seen > 10, "attackers have made unknown system calls");
    return test::finish();
}
