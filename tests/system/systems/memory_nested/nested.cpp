// SPDX-License-Identifier: BSD-2-Clause
// A client of a memory manager over a memory manager over a memory manager: what it borrows is charged at each level,
// exhaustion at one is a clean refusal, and the death of one takes back what all above have.

#include <string>
#include <vector>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>

#include "../../../../userland/servers/memory/memory_protocol.hpp"

namespace {

using memory_server::Amount;
using memory_server::Refusal;
using test::check;

sel::Endpoint find(std::string_view name) {
    return sel::or_abort(sel::environment().endpoint(name), "finding a manager");
}

/// What the client with badge 2 of a level uses there; nothing if it has no account.
std::optional<Amount> used_at(std::string_view level) {
    const auto found = memory_server::survey(find("survey_" + std::string(level)), 1);
    if (!found || std::get<0>(*found).account != 2) return std::nullopt;
    return std::get<0>(*found).state.used;
}

/// Pages in use at all three levels.
std::vector<uint64_t> pages_used() {
    std::vector<uint64_t> pages;
    for (const auto* level : {"first", "second", "third"}) pages.push_back(used_at(level).value_or(Amount{}).pages);
    return pages;
}

class Test {
public:
    explicit Test(test::Stage& stage) : stage_(stage), into_(stage.table(), sel::own_slots()) {}

    void borrow() {
        const auto frame = memory_server::frame(account_, into_, 12);
        check(frame && pages_used() == std::vector<uint64_t>{1, 1, 1}, "a frame is charged at each level");
        const auto memory = memory_server::untyped(account_, into_, 16);
        check(memory && pages_used() == std::vector<uint64_t>{17, 17, 17}, "and memory");
        const auto thread = memory_server::thread(account_, into_);
        check(thread && pages_used() == std::vector<uint64_t>{18, 18, 18}, "and an object's page");
        give_back(*memory);
        give_back(*frame);
        give_back(*thread);
        check(pages_used() == std::vector<uint64_t>{0, 0, 0}, "and back at each level");
    }

    /// The quotas are 300, 200 and 100 pages, and 100, 70 and 40 objects.
    void exhaust() {
        std::vector<std::tuple<uint64_t, sel::Frame>> frames;
        for (;;) {
            const auto frame = memory_server::frame(account_, into_, 12);
            if (!frame) {
                check(frame.error().is(Refusal::over_count), "the last level's count is the least");
                break;
            }
            frames.push_back(*frame);
        }
        check(frames.size() == 40, "as many as that");
        for (const auto& frame : frames) give_back(frame);
        std::vector<std::tuple<uint64_t, sel::Untyped>> pieces;
        for (;;) {
            const auto piece = memory_server::untyped(account_, into_, 32);
            if (!piece) {
                check(piece.error().is(Refusal::over_quota), "the last level's quota is the least");
                break;
            }
            pieces.push_back(*piece);
        }
        check(pieces.size() == 3, "as much as that");
        for (const auto& piece : pieces) give_back(piece);
        check(pages_used() == std::vector<uint64_t>{0, 0, 0}, "all is back");
    }

    /// Below the last level are accounts of its own.
    void open_below() {
        const auto opened =
            sel::or_abort(memory_server::open(account_, into_, {50, 20}, "below"), "opening an account");
        const sel::Endpoint child = std::get<1>(opened);
        std::vector<sel::CapIndex> slots{child.index()};
        for (const uint64_t pages : {1, 2, 4, 8}) {
            slots.push_back(std::get<1>(sel::or_abort(memory_server::untyped(child, into_, pages), "more")).index());
        }
        check(pages_used() == std::vector<uint64_t>{15, 15, 50},
              "a quota is used where it was given, loans everywhere");
        test::succeeds(memory_server::close(account_, std::get<0>(opened)), "closing");
        check(pages_used() == std::vector<uint64_t>{0, 0, 0}, "all is back at each level");
        for (const sel::CapIndex slot : slots) test::succeeds(sel::own_slots().release(slot), "the slot is free");
    }

    /// The one in the middle dies: its lender takes back what it has passed on.
    void die() {
        const auto frame = sel::or_abort(memory_server::frame(account_, into_, 12), "borrowing");
        const auto memory = sel::or_abort(memory_server::untyped(account_, into_, 16), "borrowing");
        const sel::Frames frames{.first = std::get<1>(frame).index(), .count = 1};
        const uint64_t address = sel::or_abort(stage_.mapper().map(frames), "mapping");
        *reinterpret_cast<volatile uint64_t*>(address) = 42;
        check(used_at("first") == Amount{17, 2}, "the second level has what its clients have");
        const auto second = sel::or_abort(sel::environment().capability<sel::Thread>("second_thread"), "finding it");
        test::succeeds(second.suspend(), "stopping the second level");
        constexpr uint64_t pc = 32;
        test::succeeds(second.write_registers({pc, 1, 0, 0, 0, 0, 0}), "leading it astray");
        test::succeeds(second.resume(), "letting it go on");
        test::succeeds(find("survey_second").try_send(sel::Message(99)), "with the next message");
        check(!used_at("first"), "the first level has closed its account");
        for (const sel::CapIndex slot : {frames.first, std::get<1>(memory).index()}) {
            test::refuses(stage_.table().map({.first = slot.raw(),
                                              .source = stage_.table(),
                                              .source_first = slot.raw(),
                                              .count = 1,
                                              .rights = {},
                                              .badge = 0}),
                          sel::abi::ErrorCode::empty_slot, "what was borrowed is gone");
        }
        const auto others = memory_server::frame(find("trusted"), into_, 12);
        check(others.has_value(), "the first level serves its other clients");
    }

private:
    void give_back(const auto& loan) {
        test::succeeds(memory_server::release(account_, std::get<0>(loan)), "giving back");
        test::succeeds(sel::own_slots().release(std::get<1>(loan).index()), "the slot is free");
    }

    test::Stage& stage_;
    sel::Acceptor into_;
    sel::Endpoint account_ = find("account");
};

}  // namespace

int main() {
    test::begin();
    test::Stage stage;
    Test test(stage);
    for (int round = 0; round < 10; ++round) test.borrow();
    test.exhaust();
    for (int round = 0; round < 10; ++round) test.open_below();
    test.die();
    return test::finish();
}
