// SPDX-License-Identifier: BSD-2-Clause
// Keeps the attackers at it: gives them capabilities and toys again, wakes them, lets them go on after faults; looks
// after the witness; and judges.
//
// From its specification:
//     calls    argument: how many the attackers are to make, together
//     least    argument: how often each method must have been obeyed and refused
// It holds for each attacker, from a slot of its own table on, what `holdings` lists. What the attackers get are
// children of these, so that they cannot destroy what they need to go on. Toys they can, and are to.

#include <algorithm>
#include <charconv>
#include <chrono>

#include <checks.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

#include "progress.hpp"

namespace {

using namespace hostile;
using namespace std::chrono_literals;
using abi::KeepRoot;
using sel::CapIndex;
using sel::Message;
using sel::or_abort;

/// A season ends when the attacker has made its calls, or after so many rounds.
constexpr unsigned rounds_in_a_season = 20;
constexpr uint64_t page_before_last = 510 * 4096;
constexpr auto round_time = 250us;

template <typename T>
T& page(std::string_view name) {
    return *reinterpret_cast<T*>(or_abort(sel::environment().memory(name), "finding a page").bytes.data());
}

uint64_t number(std::string_view name) {
    const auto text = or_abort(sel::environment().argument(name), "finding a number");
    uint64_t value = 0;
    std::from_chars(text.begin(), text.end(), value);
    return value;
}

/// An attacker, and what the warden holds of it.
struct Charge {
    std::string_view name;
    CapIndex first;
    sel::Untyped toy_box;
    AttackerProgress& progress;
    uint64_t calls_before = 0;
    uint64_t season_began = 0;
    unsigned rounds_of_season = rounds_in_a_season;

    template <typename T>
    [[nodiscard]] T holding(uint64_t place) const {
        return T(first + place);
    }
    [[nodiscard]] uint64_t calls() const { return progress.calls.load(std::memory_order_relaxed); }
};

class Warden {
public:
    /// Lets an attacker go on that is stuck, however it got there.
    void help(Charge& charge) {
        const uint64_t calls = charge.calls();
        if (calls == charge.calls_before) {
            const auto thread = charge.holding<sel::Thread>(2);
            const auto context = charge.holding<sel::SchedContext>(3);
            const auto meeting = charge.holding<sel::Endpoint>(7);
            (void)thread.resume();
            const uint64_t slice = sel::Clock::ticks(1ms);
            (void)time_.configure({.context = context, .budget = slice, .period = slice, .refills = 0});
            (void)context.bind(thread);
            (void)thread.set_priority({.priority = usual_priority, .maximum = usual_priority, .authority = thread});
            (void)charge.holding<sel::Reply>(4).send(Message());
            (void)meeting.try_send(Message());
            if (const auto met = meeting.try_receive(reply_)) (void)reply_.send(Message());
            (void)charge.holding<sel::Notification>(9).signal();
        }
        charge.calls_before = calls;
        if (const auto fault = faults_.try_receive(reply_)) {
            ++faults_seen_;
            (void)reply_.send(Message());
        }
    }

    /// Takes everything away and what was made of it, and gives it anew.
    void begin_season_if_due(Charge& charge) {
        const bool due = charge.calls() - charge.season_began >= calls_in_a_season;
        if (!due && charge.rounds_of_season++ < rounds_in_a_season) return;
        charge.season_began = charge.calls();
        charge.rounds_of_season = 0;
        ++seasons_;
        unmap(table_, charge.first.raw(), holdings.size(), KeepRoot::descendants);
        unmap(table_, charge.toy_box.index().raw(), 1, KeepRoot::descendants);
        const auto cnode = charge.holding<sel::CapTable>(0);
        unmap(cnode, 0, table_slots, KeepRoot::self);
        (void)cnode.map({.first = first_holding,
                         .source = table_,
                         .source_first = charge.first.raw(),
                         .count = holdings.size(),
                         .rights = sel::abi::RightsMask(sel::abi::all_rights),
                         .badge = 0});
        make_toys(charge);
        (void)cnode.grant(
            {.first = first_toy, .source = table_, .source_first = workbench_.raw(), .count = toys.size()});
        charge.progress.season.fetch_add(1, std::memory_order_release);
    }

    [[nodiscard]] uint64_t faults_seen() const { return faults_seen_; }
    [[nodiscard]] uint64_t seasons() const { return seasons_; }

private:
    static void unmap(sel::CapTable table, uint64_t first, uint64_t count, KeepRoot root) {
        (void)table.unmap({.first = first, .count = count, .root = root});
    }

    /// On the workbench: the first thread in a task with a table and a space, so that it can be started; tables and a frame
    /// in the space, so that more can be mapped there and something protected; and a handler with a line and a
    /// notification, so that it can be acknowledged and unbound.
    void make_toys(const Charge& charge) {
        for (uint64_t i = 0; i < toys.size(); ++i) {
            (void)charge.toy_box.retype({.type = toys[i].type,
                                         .size = toys[i].size,
                                         .count = 1,
                                         .table = table_,
                                         .first = (workbench_ + i).raw()});
        }
        const auto slot = [&](abi::ObjectType type) {
            const auto found = std::ranges::find(toys, type, &Toy::type);
            return workbench_ + static_cast<uint64_t>(found - toys.begin());
        };
        const sel::Task task(slot(abi::ObjectType::task));
        const sel::AddressSpace space(slot(abi::ObjectType::address_space));
        (void)task.install(abi::TaskSlot::space, space);
        (void)task.install(abi::TaskSlot::table, sel::CapTable(slot(abi::ObjectType::cap_table)));
        (void)sel::Thread(slot(abi::ObjectType::thread)).bind_task(task);
        const CapIndex tables = slot(abi::ObjectType::page_table);
        for (uint64_t i = 0; i < 2; ++i) (void)space.map_table(sel::PageTable(tables + i), mapped_at);
        (void)space.map({.frames = table_,
                         .first = slot(abi::ObjectType::frame).raw(),
                         .count = 1,
                         .address = mapped_at + page_before_last,
                         .rights = abi::Right::read,
                         .kind = abi::MemoryKind::normal});
        const sel::InterruptHandler handler(slot(abi::ObjectType::interrupt_handler));
        const auto interrupts = charge.holding<sel::InterruptControl>(12);
        const uint64_t line = lines_without_device + charge.first.raw();
        (void)interrupts.issue({.handler = handler, .line = line, .trigger = abi::Trigger::edge});
        (void)handler.bind(sel::Notification(slot(abi::ObjectType::notification)));
    }

    static constexpr uint64_t lines_without_device = 130;
    sel::CapTable table_ = or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the table");
    sel::Endpoint faults_ = or_abort(sel::environment().endpoint("faults"), "finding the faults");
    sel::Reply reply_ = or_abort(sel::environment().reply("answer"), "finding the reply");
    sel::ScheduleControl time_ =
        or_abort(sel::environment().capability<sel::ScheduleControl>("time"), "finding schedule control");
    CapIndex workbench_{256};
    uint64_t faults_seen_ = 0;
    uint64_t seasons_ = 0;
};

/// The witness, as the warden sees it: its memory, its answers, its progress.
class Ward {
public:
    void look() {
        if (progress_.ready.load(std::memory_order_acquire) == 0) return;
        ++looks_;
        test::check(progress_.failures.load(std::memory_order_relaxed) == 0, "the witness finds everything as it was");
        bool whole = true;
        for (uint64_t word = 0; word < vault_words; ++word) whole = whole && vault_[word] == pattern(word);
        test::check(whole, "the witness's memory is whole");
        const auto answer = questions_.call(Message(0, looks_));
        if (test::succeeds(answer, "the witness answers"))
            test::check(answer->word(0) == pattern(looks_), "the witness's answer is right");
        const uint64_t rounds = progress_.rounds.load(std::memory_order_relaxed);
        // It answers in the middle of a round; two answers in sequence may find the same number of rounds.
        test::check(rounds > rounds_two_before_ || looks_ <= 2, "the witness goes on");
        rounds_two_before_ = rounds_before_;
        rounds_before_ = rounds;
    }
    void judge() const {
        sel::print("witness: {} rounds, {} failures, looked at {} times\n", rounds_before_,
                   progress_.failures.load(std::memory_order_relaxed), looks_);
        test::check(looks_ > 20, "the witness was looked at");
    }

private:
    const WitnessProgress& progress_ = page<WitnessProgress>("witness_progress");
    const uint64_t* vault_ = &page<uint64_t>("witness_vault");
    sel::Endpoint questions_ = or_abort(sel::environment().endpoint("questions"), "finding the questions");
    uint64_t looks_ = 0;
    uint64_t rounds_before_ = 0;
    uint64_t rounds_two_before_ = 0;
};

/// Puts an attacker's memory where its other holdings are: a second capability to an untyped would have none of its
/// memory.
void move_memory(const Charge& charge, std::string_view name) {
    constexpr uint64_t place = 5;
    const auto table = or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the table");
    const auto memory = or_abort(sel::environment().capability<sel::Untyped>(name), "finding an untyped");
    or_abort(
        table.grant(
            {.first = (charge.first + place).raw(), .source = table, .source_first = memory.index().raw(), .count = 1}),
        "moving an untyped");
}

/// Uses up time, so that the others run.
void rest() {
    const auto start = sel::Clock::now();
    while (sel::Clock::now() - start < round_time) {}
}

template <size_t count>
void judge(const std::array<Charge, count>& charges, uint64_t least) {
    uint64_t calls = 0;
    uint64_t done = 0;
    for (const Charge& charge : charges) {
        const uint64_t obeyed = charge.progress.done.load(std::memory_order_relaxed);
        sel::print("{}: {} calls, {} obeyed\n", charge.name, charge.calls(), obeyed);
        calls += charge.calls();
        done += obeyed;
    }
    sel::print("all: {} calls, {} percent obeyed\n", calls, 100 * done / calls);
    test::check(done * 10 >= 3 * calls, "three tenths of the calls are obeyed");
    for (size_t method = 0; method < method_count; ++method) {
        uint64_t obeyed = 0;
        uint64_t refused = 0;
        for (const Charge& charge : charges) {
            obeyed += charge.progress.obeyed[method].load(std::memory_order_relaxed);
            refused += charge.progress.refused[method].load(std::memory_order_relaxed);
        }
        const auto& named = abi::grammar::methods[method];
        // Nobody may switch the machine off.
        const bool withheld = named.object == abi::ObjectType::power_control;
        const bool enough = refused >= least && (withheld ? obeyed == 0 : obeyed >= least);
        if (!enough) {
            sel::print("method {} of object type {}: {} times obeyed, {} refused\n", named.name,
                       static_cast<uint64_t>(named.object), obeyed, refused);
        }
        test::check(enough, "every method is obeyed and refused often enough");
    }
}

}  // namespace

int main() {
    const uint64_t calls_wanted = number("calls");
    Warden warden;
    Ward witness;
    const auto box = [](std::string_view name) {
        return or_abort(sel::environment().capability<sel::Untyped>(name), "finding a box of toys");
    };
    std::array charges = {
        Charge{"anna", CapIndex(32), box("anna_toys"), page<AttackerProgress>("anna_progress")},
        Charge{"boris", CapIndex(64), box("boris_toys"), page<AttackerProgress>("boris_progress")},
        Charge{"clara", CapIndex(96), box("clara_toys"), page<AttackerProgress>("clara_progress")},
    };
    constexpr std::string_view memories[] = {"anna_memory", "boris_memory", "clara_memory"};
    for (size_t i = 0; i < charges.size(); ++i) move_memory(charges[i], memories[i]);
    const auto calls = [&charges] {
        uint64_t sum = 0;
        for (const Charge& charge : charges) sum += charge.calls();
        return sum;
    };
    constexpr unsigned rounds_between_looks = 8;
    for (uint64_t round = 1; calls() < calls_wanted; ++round) {
        for (Charge& charge : charges) {
            warden.begin_season_if_due(charge);
            warden.help(charge);
        }
        if (round % rounds_between_looks == 0) witness.look();
        rest();
    }
    judge(charges, number("least"));
    witness.judge();
    sel::print("{} seasons, {} faults answered\n", warden.seasons(), warden.faults_seen());
    test::check(warden.faults_seen() > 10, "attackers have made unknown system calls");
    return test::finish();
}
