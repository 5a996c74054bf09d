// SPDX-License-Identifier: BSD-2-Clause
// Has tasks started and ended: properly, wrongly, others', in the midst of calls, and many times over.

#include <array>
#include <charconv>
#include <vector>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>
#include <sel/notification.hpp>

#include "../../../../../userland/servers/memory/memory_protocol.hpp"
#include "../../../../../userland/servers/tasks/task_protocol.hpp"

namespace {

using task_manager::End;
using task_manager::Options;
using task_manager::Refusal;
using task_manager::State;
using test::check;

sel::Endpoint find(std::string_view name) {
    return sel::or_abort(sel::environment().endpoint(name), "finding a manager");
}

constexpr auto read_write = sel::abi::RightsMask(sel::abi::Right::read) | sel::abi::Right::write;
constexpr auto may_call = sel::abi::RightsMask(sel::abi::Right::write) | sel::abi::Right::reply;

class Driver {
public:
    explicit Driver(test::Stage& stage) : stage_(stage) {}

    /// What the task manager has borrowed: nothing when no task is there.
    memory_server::Amount borrowed() {
        const auto found = memory_server::survey(books_, 1);
        check(found && std::get<0>(*found).account == 2, "the task manager has an account");
        return std::get<0>(*found).state.used;
    }

    /// Whether all that could be lent at the beginning can be lent now, in one piece.
    bool is_whole() {
        const sel::Acceptor into(stage_.table(), sel::own_slots());
        const auto loan = memory_server::untyped(books_, into, 2048);
        if (!loan) return false;
        (void)memory_server::release(books_, std::get<0>(*loan));
        (void)sel::own_slots().release(std::get<1>(*loan).index());
        return true;
    }

    uint64_t create(std::string_view does, const Options& options = {}) {
        const auto task = sel::or_abort(task_manager::create(tasks_, "task_worker", "worker", options), "creating");
        test::succeeds(task_manager::argument(tasks_, task, "does", does), "an argument");
        return task;
    }

    void watch_endings() {
        struct Case {
            std::string_view does;
            End end;
        };
        for (const Case& each : {Case{"", End::finished}, Case{"fail", End::failed}, Case{"abort", End::aborted},
                                 Case{"fault", End::faulted}, Case{"write_code", End::faulted}}) {
            const uint64_t task = create(each.does);
            check(task_manager::look(tasks_, task)->state == State::prepared, "it is prepared");
            test::succeeds(task_manager::start(tasks_, task), "it starts");
            check(!(borrowed() == memory_server::Amount{}), "it has memory");
            const auto report = task_manager::wait(tasks_, task);
            check(report && report->state == State::ended && report->end == each.end, "it ends as it should");
            if (each.does == "fault") check(report->detail == 0xdead'0000, "the address is told");
            check(borrowed() == memory_server::Amount{}, "its memory is back");
            const auto again = task_manager::start(tasks_, task);
            check(!again && again.error().is(Refusal::wrong_state), "it does not start again");
            check(task_manager::wait(tasks_, task)->end == each.end, "its report stays");
            test::succeeds(task_manager::kill(tasks_, task), "it is forgotten");
            check(!task_manager::look(tasks_, task), "nothing is known of it any more");
        }
    }

    /// Named capabilities and arguments arrive; the task calls.
    void give_and_be_called() {
        const auto calls = stage_.make<sel::Endpoint>();
        const auto reply = stage_.make<sel::Reply>();
        const auto for_it = stage_.derive(calls, may_call, 77);
        const uint64_t task = create("report", {.priority = 50, .stack_pages = 3});
        test::succeeds(task_manager::argument(tasks_, task, "number", "4711"), "another argument");
        test::succeeds(task_manager::give(tasks_, task, "driver", {for_it, may_call}), "a capability");
        test::succeeds(task_manager::start(tasks_, task), "it starts");
        const auto call = calls.receive(reply);
        check(call && call->badge == 77 && call->message.word(0) == 4711, "it has its argument and its capability");
        check(call->message.word(1) == 42, "its variables are as they should be");
        check(call->message.word(2) == 3 * 4096, "its stack, too");
        test::succeeds(reply.send(sel::Message(0, 4712)), "an answer");
        check(task_manager::wait(tasks_, task)->end == End::finished, "it is content");
        test::succeeds(task_manager::kill(tasks_, task), "it is forgotten");
        stage_.unmap(calls, sel::abi::KeepRoot::self);
    }

    void kill_in_any_state() {
        const auto bell = stage_.make<sel::Notification>();
        // Before it starts, while it runs, while it has all the memory that it may have.
        test::succeeds(task_manager::kill(tasks_, create("")), "one that never ran");
        const uint64_t loop = create("loop");
        test::succeeds(task_manager::start(tasks_, loop), "it runs");
        test::succeeds(task_manager::kill(tasks_, loop), "one that runs");
        const uint64_t greedy = create("borrow", {.priority = 50, .memory_pages = 32, .memory_objects = 40});
        test::succeeds(task_manager::give(tasks_, greedy, "bell", {bell, read_write}), "a capability");
        test::succeeds(task_manager::start(tasks_, greedy), "it starts");
        check(bell.wait() == 1, "it has borrowed what it may");
        test::succeeds(task_manager::kill(tasks_, greedy), "one that has much");
        check(borrowed() == memory_server::Amount{}, "all is back");
        // While it keeps this thread's partner waiting: the caller is told.
        const auto calls = stage_.make<sel::Endpoint>();
        const uint64_t holder = create("hold", {.priority = 50, .memory_pages = 4, .memory_objects = 4});
        test::succeeds(task_manager::give(tasks_, holder, "bell", {bell, read_write}), "a capability");
        test::succeeds(task_manager::give(tasks_, holder, "calls", {calls, read_write}), "a capability");
        test::succeeds(task_manager::start(tasks_, holder), "it starts");
        bool told = false;
        auto script = [&] {
            const auto answer = calls.call(sel::Message(1));
            told = !answer && answer.error().is(sel::abi::ErrorCode::cancelled);
        };
        const auto actor = stage_.start({.priority = 60}, script);
        const sel::Thread self = stage_.thread();
        test::succeeds(self.set_priority({.priority = 10, .maximum = 100, .authority = self}), "let them");
        test::succeeds(self.set_priority({.priority = 100, .maximum = 100, .authority = self}), "and back");
        check(!stage_.has_ended(actor), "the caller waits");
        test::succeeds(task_manager::kill(tasks_, holder), "one that holds a reply");
        stage_.wait_for(actor);
        check(told, "the caller is told");
        stage_.destroy(actor);
        check(borrowed() == memory_server::Amount{}, "all is back");
    }

    void be_refused() {
        const auto is = [](const auto& result, Refusal refusal) { return !result && result.error().is(refusal); };
        check(is(task_manager::create(tasks_, "nothing", "x", {}), Refusal::no_program), "no such program");
        check(is(task_manager::create(tasks_, "no_program", "x", {}), Refusal::no_program), "a file that is none");
        check(is(task_manager::create(tasks_, "task_worker", "x", {.priority = 101}), Refusal::bad_value), "priority");
        check(is(task_manager::create(tasks_, "task_worker", "x", {.slots = 1}), Refusal::bad_value), "slots");
        check(is(task_manager::create(tasks_, "task_worker", "x", {.slots = ~0U}), Refusal::bad_value), "many slots");
        check(is(task_manager::create(tasks_, "task_worker", "x", {.stack_pages = 0}), Refusal::bad_value), "stack");
        check(is(task_manager::create(tasks_, "task_worker", "x", {.memory_pages = ~uint64_t{0}}), Refusal::bad_value),
              "memory without end");
        const uint64_t much = create("", {.memory_pages = 4000, .memory_objects = 1});
        const auto too_much = task_manager::start(tasks_, much);
        check(is(too_much, Refusal::over_pages), "more than there is");
        check(borrowed() == memory_server::Amount{}, "nothing is borrowed for it");
        check(task_manager::look(tasks_, much)->state == State::ended, "it will never run");
        const uint64_t task = create("loop");
        const auto bell = stage_.make<sel::Notification>();
        check(is(task_manager::start(stranger_, task), Refusal::not_yours), "a stranger does not start it");
        check(is(task_manager::kill(stranger_, task), Refusal::not_yours), "nor kills it");
        check(is(task_manager::wait(stranger_, task), Refusal::not_yours), "nor waits for it");
        check(is(task_manager::argument(stranger_, task, "a", "b"), Refusal::not_yours), "nor says anything to it");
        check(is(task_manager::give(stranger_, task, "a", {bell, read_write}), Refusal::not_yours),
              "nor gives it things");
        check(is(task_manager::survey(tasks_, 0), Refusal::not_allowed), "nor looks at all tasks");
        for (int number = 0; number < 15; ++number) {
            test::succeeds(task_manager::argument(tasks_, task, "a", "b"), "sixteen arguments");
        }
        check(is(task_manager::argument(tasks_, task, "a", "b"), Refusal::too_many), "one more");
        for (int number = 0; number < 16; ++number) {
            test::succeeds(task_manager::give(tasks_, task, "a", {bell, read_write}), "sixteen capabilities");
        }
        check(is(task_manager::give(tasks_, task, "a", {bell, read_write}), Refusal::too_many), "one more");
        const uint64_t third = create("");
        const uint64_t fourth = create("");
        check(is(task_manager::create(tasks_, "task_worker", "x", {}), Refusal::too_many), "a fifth task");
        const auto others = task_manager::create(stranger_, "task_worker", "x", {});
        check(others.has_value(), "others may have some");
        // What was given away and taken back is not there when the task starts.
        stage_.unmap(bell, sel::abi::KeepRoot::self);
        test::refuses(task_manager::start(tasks_, task), sel::abi::ErrorCode::empty_slot, "what it was given is gone");
        check(borrowed() == memory_server::Amount{}, "nothing is borrowed for it");
        const auto entry = task_manager::survey(operator_, 0);
        check(entry && std::get<0>(*entry).task == much && std::get<1>(*entry).view() == "worker",
              "the operator looks");
        for (const uint64_t each : {much, task, third, fourth}) {
            test::succeeds(task_manager::kill(tasks_, each), "they are forgotten");
        }
        test::succeeds(task_manager::kill(operator_, *others), "the operator may kill");
    }

    /// A client that takes all the memory that it can get, and another one that needs some then.
    void leave_to_others() {
        const Options much{.memory_pages = 150, .memory_objects = 10};
        std::vector<uint64_t> greedy;
        sel::Result<void> started{};
        while (started && greedy.size() != 4) {
            greedy.push_back(create("loop", much));
            started = task_manager::start(tasks_, greedy.back());
        }
        check(!started && started.error().is(Refusal::over_pages), "there is no more for this one");
        const auto others = task_manager::create(stranger_, "task_worker", "x", much);
        check(others && task_manager::start(stranger_, *others), "but for the other one there is");
        test::succeeds(task_manager::kill(stranger_, *others), "it is forgotten");
        for (const uint64_t task : greedy) test::succeeds(task_manager::kill(tasks_, task), "they are forgotten");
        check(borrowed() == memory_server::Amount{}, "all is back");
    }

    /// Those who wait are told, and no more of one client wait than its share.
    void wait_together() {
        const uint64_t task = create("loop", {.priority = 5});
        test::succeeds(task_manager::start(tasks_, task), "it runs");
        unsigned told = 0;
        unsigned refused = 0;
        auto script = [&] {
            const auto report = task_manager::wait(tasks_, task);
            if (report && report->end == End::killed) ++told;
            if (!report && report.error().is(Refusal::too_many)) ++refused;
        };
        std::array actors{stage_.start({.priority = 60}, script), stage_.start({.priority = 60}, script),
                          stage_.start({.priority = 60}, script)};
        const sel::Thread self = stage_.thread();
        test::succeeds(self.set_priority({.priority = 10, .maximum = 100, .authority = self}), "let them");
        test::succeeds(self.set_priority({.priority = 100, .maximum = 100, .authority = self}), "and back");
        check(refused == 1 && told == 0, "two can wait");
        test::succeeds(task_manager::kill(tasks_, task), "killed");
        for (const auto& actor : actors) {
            stage_.wait_for(actor);
            stage_.destroy(actor);
        }
        check(told == 2, "both are told");
    }

    void outlive_a_client() {
        const sel::Thread self = stage_.thread();
        test::succeeds(self.set_priority({.priority = 30, .maximum = 100, .authority = self}), "the mortal's turn");
        test::succeeds(self.set_priority({.priority = 100, .maximum = 100, .authority = self}), "and back");
        check(!task_manager::survey(operator_, 0), "its tasks have ended with it");
        check(borrowed() == memory_server::Amount{}, "all is back");
    }

    void start_and_kill(uint64_t rounds) {
        uint64_t failures = 0;
        for (uint64_t round = 0; round < rounds; ++round) {
            const auto task = task_manager::create(tasks_, "task_worker", "worker",
                                                   {.priority = static_cast<uint32_t>(80 + round % 20)});
            if (!task) {
                test::report_error(task.error(), "creating", std::source_location::current());
                break;
            }
            failures += task_manager::argument(tasks_, *task, "does", round % 3 == 0 ? "fault" : "loop") ? 0 : 1;
            failures += task_manager::start(tasks_, *task) ? 0 : 1;
            failures += task_manager::kill(tasks_, *task) ? 0 : 1;
        }
        check(failures == 0, "all were started and killed");
        check(borrowed() == memory_server::Amount{}, "all is back");
        check(is_whole(), "in one piece");
        sel::println("{} tasks started and killed", rounds);
    }

private:
    test::Stage& stage_;
    sel::Endpoint tasks_ = find("tasks");
    sel::Endpoint stranger_ = find("stranger");
    sel::Endpoint operator_ = find("operator");
    sel::Endpoint books_ = find("books");
};

}  // namespace

int main() {
    test::begin();
    test::Stage stage;
    Driver driver(stage);
    uint64_t rounds = 200;
    const auto text = sel::environment().argument("rounds").value_or("");
    std::from_chars(text.data(), text.data() + text.size(), rounds);
    check(driver.is_whole(), "the memory is whole at first");
    driver.outlive_a_client();
    driver.watch_endings();
    driver.give_and_be_called();
    driver.kill_in_any_state();
    driver.be_refused();
    driver.leave_to_others();
    driver.wait_together();
    driver.start_and_kill(rounds);
    return test::finish();
}
