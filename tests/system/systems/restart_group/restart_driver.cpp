// SPDX-License-Identifier: BSD-2-Clause
// Makes a store fault, hang and end, and has it killed: its callers are told, it forgets nothing, and nothing is lost.

#include <checks.hpp>
#include <stage.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

#include "../../../../userland/apps/store/store_protocol.hpp"
#include "../../../../userland/servers/restart/restart_protocol.hpp"

namespace {

using restart::Notice;
using store::Mischief;
using store::Refusal;
using test::check;
using namespace std::chrono_literals;

sel::Endpoint find(std::string_view name) { return sel::or_abort(sel::environment().endpoint(name), "finding it"); }

class Driver {
public:
    /// One more for key 5: the answer is how often that has been.
    void add() {
        ++count_;
        const auto value = store::add(store_, 5, 1, count_);
        check(value == count_, "it is done, and what was done before is not forgotten");
        check(store::add(store_, 5, 1, count_) == count_, "made again, it is not done again");
    }

    void be_refused() {
        const auto is = [](const auto& result, Refusal refusal) { return !result && result.error().is(refusal); };
        check(is(store::add(store_, store::keys, 1, count_ + 1), Refusal::no_key), "no such key");
        check(is(store::get(store_, ~uint64_t{0}), Refusal::no_key), "nor that");
        check(is(store::add(store_, 5, 1, count_ + 2), Refusal::out_of_turn), "a request left out");
        check(is(store::add(store_, 5, 1, 0), Refusal::out_of_turn), "or before the first");
        check(is(store::add(find("stranger"), 5, 1, 1), Refusal::no_client), "nobody's badge");
        const auto mischief = store::misbehave(other_, Mischief::fault);
        check(!mischief && mischief.error().is(sel::LibraryError::not_understood), "the other one is honest");
    }

    /// The call that makes it go wrong is told that it was restarted; so is one that waits in the other member.
    void go_wrong(Mischief mischief) {
        const auto before = history();
        const auto told = store::misbehave(store_, mischief);
        check(!told && told.error().is(Notice::restarted), "the caller is told");
        check(store::get(store_, 5) == count_, "it knows what it has known");
        add();
        check(store::get(other_, 7) == others_, "the other one, too");
        others_ = sel::or_abort(store::add(other_, 7, 1, others_ + 1), "adding");
        const auto after = history();
        check(after.faults - before.faults == (mischief == Mischief::hang ? 0 : 1), "faults are counted");
        check(after.hangs - before.hangs == (mischief == Mischief::hang ? 1 : 0), "hangs, too");
        check(after.slots == before.slots && after.bytes == before.bytes, "no slot and no byte is lost");
        check(after.left == 0, "nothing was left when all had been ended");
    }

    void kill() {
        const auto before = history();
        test::succeeds(restart::kill(find("keeper")), "killed");
        add();
        check(history().kills == before.kills + 1 && history().slots == before.slots, "once");
    }

    /// Enough to fill the log of a page several times.
    void fill_the_log() {
        for (int times = 0; times < 300; ++times) add();
        test::succeeds(restart::kill(find("keeper")), "killed");
        check(store::get(store_, 5) == count_, "snapshots are found, too");
    }

    /// The other group faults as soon as it runs. It is not tried for ever, and can be asked for all the same.
    static void be_given_up() {
        const auto state = [] { return sel::or_abort(restart::history(find("nurse")), "asking for the history"); };
        const auto given_up = state();
        check(given_up.faults == 6 && given_up.runs == 0 && given_up.bytes == 0, "five more lives, then no other");
        test::succeeds(restart::kill(find("nurse")), "asked for");
        const auto again = state();
        check(again.faults == 12 && again.runs == 0 && again.left == 0, "once more, with the same end");
        // What it has left looks like a request that is never done.
        auto* const pulse = sel::or_abort(sel::environment().memory("hopeless_pulse"), "finding it").bytes.data();
        *reinterpret_cast<volatile uint64_t*>(pulse) = 1;
        spend(100ms);
        const auto later = state();
        check(later.hangs == 0 && later.faults == 12, "who is not there does not hang");
    }

    /// It is at a request, and somebody more urgent keeps it from its work for longer than a request may take.
    void keep_from_running(test::Stage& stage) {
        const auto before = history();
        bool done = false;
        auto script = [&] { done = store::misbehave(store_, Mischief::toil).has_value(); };
        const sel::Thread self = stage.thread();
        test::succeeds(self.set_priority({.priority = 120, .maximum = 120, .authority = self}), "urgent");
        const auto actor = stage.start({.priority = 105}, script);
        const auto bell = sel::or_abort(sel::environment().notification("bell"), "finding it");
        check(bell.wait() == 4, "it has begun");
        spend(200ms);
        test::succeeds(self.set_priority({.priority = 100, .maximum = 120, .authority = self}), "not urgent");
        stage.wait_for(actor);
        stage.destroy(actor);
        check(done && history().hangs == before.hangs, "who has no time does not hang");
    }

    static restart::History history() {
        return sel::or_abort(restart::history(find("keeper")), "asking for the history");
    }

private:
    static void spend(std::chrono::milliseconds time) {
        for (const auto begin = sel::Clock::now(); sel::Clock::now() - begin < time;) {}
    }

    sel::Endpoint store_ = find("store");
    sel::Endpoint other_ = find("other");
    uint64_t count_ = 0;
    uint64_t others_ = 0;
};

}  // namespace

int main() {
    test::begin();
    Driver::be_given_up();
    Driver driver;
    driver.add();
    driver.be_refused();
    for (int round = 0; round < 10; ++round) {
        driver.go_wrong(Mischief::fault);
        driver.go_wrong(Mischief::end);
        driver.kill();
    }
    driver.go_wrong(Mischief::hang);
    driver.go_wrong(Mischief::hang);
    test::Stage stage;
    driver.keep_from_running(stage);
    driver.fill_the_log();
    const auto history = Driver::history();
    sel::println("a restart of two takes {} instructions at most", history.worst_ns / 8);
    return test::finish();
}
