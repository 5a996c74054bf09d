// SPDX-License-Identifier: BSD-2-Clause
// Publishes, shows, finds and takes away as clients of the name service that trust each other more or less.

#include <string>
#include <vector>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>
#include <sel/notification.hpp>

#include "../../../../userland/servers/names/name_protocol.hpp"

namespace {

using name_service::Refusal;
using sel::abi::Right;
using test::check;

constexpr auto read_write = sel::abi::RightsMask(Right::read) | Right::write;

bool is(const auto& result, Refusal refusal) { return !result && result.error().is(refusal); }

sel::Endpoint find(std::string_view name) { return sel::or_abort(sel::environment().endpoint(name), "finding it"); }

class Test {
public:
    explicit Test(test::Stage& stage) : stage_(stage), into_(stage.table(), sel::own_slots()) {}

    struct Opened {
        uint64_t number;
        sel::Endpoint view;
    };

    Opened open(sel::Endpoint opener, std::string_view name) {
        const auto [number, view] = sel::or_abort(name_service::open(opener, into_, name), "opening a view");
        return {number, view};
    }

    /// What a name stands for in a view, as a notification; its slot counts as used up.
    sel::Result<sel::Notification> look(sel::Endpoint view, std::string_view name) {
        SEL_TRY(found, name_service::find(view, into_, name));
        return sel::Notification(found.index());
    }

    void drop(sel::Notification found) {
        stage_.unmap(found, sel::abi::KeepRoot::self);
        (void)sel::own_slots().release(found.index());
    }

    void see_what_is_shown() {
        const auto bell = stage_.make<sel::Notification>();
        test::succeeds(name_service::publish(root_, "bell", {bell, read_write}), "the root publishes");
        check(is(name_service::publish(root_, "bell", {bell, read_write}), Refusal::taken), "a name twice");
        const auto [number, worker] = open(root_, "worker");
        check(is(look(worker, "bell"), Refusal::not_found), "a new view is empty");
        test::succeeds(name_service::show(root_, number, "bell", "alarm", read_write.raw()), "it is shown something");
        check(is(look(worker, "bell"), Refusal::not_found), "not by that name");
        const auto alarm = look(worker, "alarm");
        check(alarm.has_value(), "but by the other");
        alarm->signal();
        check(bell.poll() == 1, "it is the same");
        // Fewer rights come through a view than it was shown with.
        const auto [poor_number, poor] = open(worker, "poor");
        test::succeeds(
            name_service::show(worker, poor_number, "alarm", "mute", sel::abi::RightsMask(Right::read).raw()),
            "shown on, with less");
        const auto mute = look(poor, "mute");
        check(mute.has_value(), "the third sees it");
        mute->signal();
        check(bell.poll() == 0, "and cannot ring it");
        check(is(name_service::show(poor, number, "mute", "x", ~uint64_t{0}), Refusal::not_yours),
              "nor show it to others");
        check(is(name_service::show(worker, poor_number, "bell", "x", ~uint64_t{0}), Refusal::not_found),
              "nobody shows what he does not see");
        const auto first = name_service::name_at(poor, 0);
        check(first && first->view() == "mute" && is(name_service::name_at(poor, 1), Refusal::not_found),
              "its names are these");
        // Taken back from the middle: from all below.
        test::succeeds(name_service::hide(root_, number, "alarm"), "hidden from the worker");
        check(is(look(worker, "alarm"), Refusal::not_found), "the worker sees it no more");
        check(is(look(poor, "mute"), Refusal::not_found), "nor does the third");
        check(is_gone(*alarm) && is_gone(*mute), "and what they had found is gone");
        const auto still = look(root_, "bell");
        check(still.has_value(), "the root still has it");
        drop(*still);
        test::succeeds(name_service::close(root_, number), "closed");
        check(is_gone(worker) && is_gone(poor), "the views are gone");
        test::succeeds(name_service::withdraw(root_, "bell"), "withdrawn");
    }

    void publish_upwards() {
        const auto [number, server] = open(root_, "server");
        const auto [below_number, below] = open(server, "part");
        const auto bell = stage_.make<sel::Notification>();
        test::succeeds(name_service::publish(below, "bell", {bell, read_write}), "published below");
        for (const auto& [view, name] :
             {std::pair(below, "bell"), {server, "part/bell"}, {root_, "server/part/bell"}}) {
            const auto found = look(view, name);
            check(found.has_value(), "seen above under its path");
            found->signal();
            check(bell.poll() == 1, "and it rings");
            drop(*found);
        }
        check(is(name_service::publish(below, "a/b", {bell, read_write}), Refusal::bad_name), "no paths by hand");
        check(is(name_service::publish(below, "", {bell, read_write}), Refusal::bad_name), "nor nothing");
        check(is(name_service::open(server, into_, "part"), Refusal::taken), "nor two views of one name");
        check(is(name_service::open(server, into_, "a/b"), Refusal::bad_name), "nor a path as a view");
        // Who has published it ends: its name does, too.
        stage_.unmap(bell, sel::abi::KeepRoot::self);
        check(is(look(root_, "server/part/bell"), Refusal::not_found), "what is gone is not found");
        const auto other = stage_.make<sel::Notification>();
        test::succeeds(name_service::publish(below, "bell", {other, read_write}), "and may be published anew");
        const auto found = look(root_, "server/part/bell");
        check(found.has_value(), "it is found");
        test::succeeds(name_service::close(root_, number), "the publisher's view is closed");
        check(is_gone(*found), "what was published there is gone from everybody");
        check(is(look(root_, "server/part/bell"), Refusal::not_found), "and its name");
        stage_.unmap(other, sel::abi::KeepRoot::self);
    }

    void wait_for_names() {
        const auto [number, view] = open(root_, "patient");
        const auto bell = stage_.make<sel::Notification>();
        unsigned found = 0;
        unsigned refused = 0;
        unsigned cancelled = 0;
        const sel::Endpoint patient = view;
        auto script = [&] {
            const auto answer = patient.call(request(name_service::await.label, "soon"));
            if (answer && answer->label() == 0) ++found;
            // This thread has no window: what arrives is refused, but the wait is over.
            if (answer && answer->word(0) == static_cast<uint64_t>(sel::abi::ErrorCode::window_full)) ++found;
            if (answer && answer->word(0) == sel::Error(Refusal::too_many).code) ++refused;
            if (answer && answer->word(0) == static_cast<uint64_t>(sel::abi::ErrorCode::cancelled)) ++cancelled;
        };
        const auto run = [&] {
            std::vector<test::Actor> actors;
            for (int each = 0; each < 3; ++each) actors.push_back(stage_.start({.priority = 120}, script));
            return actors;
        };
        auto first = run();
        check(found == 0 && refused == 1, "two can wait, and a third is refused");
        test::succeeds(name_service::publish(root_, "bell", {bell, read_write}), "published");
        check(found == 0, "not what they wait for");
        test::succeeds(name_service::show(root_, number, "bell", "soon", read_write.raw()), "shown");
        for (const auto& actor : first) stage_.wait_for(actor);
        check(found == 2, "they have been told");
        test::succeeds(name_service::hide(root_, number, "soon"), "hidden");
        auto second = run();
        test::succeeds(name_service::close(root_, number), "closed while they wait");
        for (const auto& actor : second) stage_.wait_for(actor);
        check(cancelled == 2 && refused == 2, "they are told that, too");
        test::succeeds(name_service::withdraw(root_, "bell"), "withdrawn");
        check(is(name_service::name_at(root_, 0), Refusal::not_found), "nothing is left");
    }

    void be_refused() {
        for (const char* name : {"nobody", "no_badge"}) {
            const auto stranger = ::find(name);
            check(is(look(stranger, "x"), Refusal::no_view), "a stranger has no view");
            check(is(name_service::open(stranger, into_, "x"), Refusal::no_view), "nor opens one");
            check(is(name_service::close(stranger, uint64_t{1} << 32), Refusal::not_yours), "nor closes others'");
            check(is(name_service::name_at(stranger, 0), Refusal::no_view), "nor lists");
        }
        check(is(name_service::close(root_, 2), Refusal::not_yours), "the root's own is not closed");
        const auto bell = stage_.make<sel::Notification>();
        check(is(name_service::publish(::find("nobody"), "x", {bell, read_write}), Refusal::no_view), "nor publishes");
        // A view that nobody takes is none, as often as one likes; and so is a name too many.
        for (int times = 0; times < 300; ++times) {
            const auto opened = root_.call(request(name_service::open.label, "lost"));
            check(opened && opened->label() != 0, "a view without room for it");
        }
        // The root has room for all; who publishes until there is none can do so in its own view alone.
        uint64_t names = 0;
        while (name_service::publish(root_, "n" + std::to_string(names), {bell, read_write})) ++names;
        check(names > 500 && is(name_service::publish(root_, "more", {bell, read_write}), Refusal::too_many),
              "one too many");
        stage_.unmap(bell, sel::abi::KeepRoot::self);
        const auto other = stage_.make<sel::Notification>();
        test::succeeds(name_service::publish(root_, "more", {other, read_write}), "names of what is gone make room");
        check(is(name_service::name_at(root_, 1), Refusal::not_found), "all of them");
        test::succeeds(name_service::withdraw(root_, "more"), "withdrawn");
    }

    /// A client that opens view from view, and publishes in the last one, until it is refused everything: the root and
    /// another client have room as before, and all of it comes back.
    void take_all() {
        const auto bell = stage_.make<sel::Notification>();
        const auto greedy = sel::or_abort(name_service::open(root_, into_, "greedy"), "opening");
        const auto modest = sel::or_abort(name_service::open(root_, into_, "modest"), "opening");
        sel::Endpoint at = std::get<1>(greedy);
        uint64_t views = 0;
        for (;; ++views) {
            const auto next = name_service::open(at, into_, "v" + std::to_string(views));
            if (!next) break;
            if (views % 2 == 1) at = std::get<1>(*next);
        }
        uint64_t names = 0;
        while (name_service::publish(std::get<1>(greedy), "n" + std::to_string(names), {bell, read_write})) ++names;
        check(views > 4 && names > 50, "there is room for some");
        for (uint64_t number = 0; number < 100; ++number) {
            test::succeeds(name_service::publish(std::get<1>(modest), "m" + std::to_string(number), {bell, read_write}),
                           "the other one's");
        }
        test::succeeds(name_service::publish(root_, "bell", {bell, read_write}), "and the root's");
        check(look(root_, "bell").has_value(), "which is found");
        test::succeeds(name_service::close(root_, std::get<0>(greedy)), "closed");
        test::succeeds(name_service::close(root_, std::get<0>(modest)), "closed");
        test::succeeds(name_service::withdraw(root_, "bell"), "withdrawn");
        check(is(name_service::name_at(root_, 0), Refusal::not_found), "nothing is left");
        uint64_t again = 0;
        while (name_service::publish(root_, "n" + std::to_string(again), {bell, read_write})) ++again;
        check(again > 500, "all room is there again");
    }

private:
    static sel::Message request(uint32_t label, std::string_view name) {
        sel::Message message(label);
        (void)message.append(name);
        return message;
    }

    /// Whether a slot is empty; then it is free.
    bool is_gone(sel::stub::Capability capability) {
        const auto copied = stage_.table().map({.first = capability.index().raw(),
                                                .source = stage_.table(),
                                                .source_first = capability.index().raw(),
                                                .count = 1,
                                                .rights = {},
                                                .badge = 0});
        const bool gone = !copied && copied.error().is(sel::abi::ErrorCode::empty_slot);
        if (gone) (void)sel::own_slots().release(capability.index());
        return gone;
    }

    test::Stage& stage_;
    sel::Acceptor into_;
    sel::Endpoint root_ = ::find("root");
};

}  // namespace

int main() {
    test::begin();
    test::Stage stage;
    Test test(stage);
    test.see_what_is_shown();
    test.publish_upwards();
    test.wait_for_names();
    test.be_refused();
    test.take_all();
    return test::finish();
}
