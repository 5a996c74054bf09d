// SPDX-License-Identifier: BSD-2-Clause
// Whatever way a thread with secrets in all its registers enters the kernel, nobody else finds one in his.

#include "parts.hpp"
#include "register_file.hpp"

#include <array>

#include <sel/clock.hpp>

namespace siege {

using namespace std::chrono_literals;
using sel::Clock;
using test::check;

namespace {

// What the registers of the three hold, so that it can be told whose a value is; the lower bits say which register it was.
constexpr uint64_t secret = 0x5ec12e75'00000000;
constexpr uint64_t own = 0x04a11ed0'00000000;
constexpr uint64_t said = 0x9ab11c00'00000000;
constexpr uint64_t upper_half = 0xffffffff'00000000;
constexpr unsigned first_word = 2;
constexpr unsigned reply_register = 10;
constexpr unsigned first_preserved = 19;
constexpr uint64_t two_words = 2;  // the tag of a message
constexpr uint64_t secret_flags = 0xa0000000;
constexpr uint64_t own_flags = 0x50000000;

uint64_t counter() {
    uint64_t value;
    asm volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
}

void fill(RegisterFile& file, uint64_t pattern) {
    for (size_t i = 0; i < file.x.size(); ++i) file.x[i] = pattern | i;
    for (size_t i = 0; i < file.v.size(); ++i) file.v[i] = pattern | 0x100 | i;
    file.flags = pattern == secret ? secret_flags : own_flags;
}

/// Fill all registers but those that say what is wanted.
void prepare(Passage& passage, uint64_t pattern, sel::CapIndex first, sel::CapIndex reply = {}) {
    fill(passage.before, pattern);
    auto& x = passage.before.x;
    x[0] = first.raw();
    x[1] = two_words;
    for (unsigned i = first_word; i < reply_register; ++i) x[i] = said | i;
    x[reply_register] = reply.raw();
}

bool has_secret(const RegisterFile& file) {
    const auto is_secret = [](uint64_t value) { return (value & upper_half) == secret; };
    for (const uint64_t value : file.x) {
        if (is_secret(value)) return true;
    }
    for (const uint64_t value : file.v) {
        if (is_secret(value)) return true;
    }
    return false;
}

/// What a system call leaves is the thread's own, or said to it, or nothing.
bool is_as_promised(const Passage& passage) {
    const auto& [before, after] = passage;
    for (unsigned i = reply_register; i < first_preserved; ++i) {
        if (after.x[i] != 0) return false;
    }
    for (size_t i = first_preserved; i < after.x.size(); ++i) {
        if (after.x[i] != before.x[i]) return false;
    }
    return after.v == before.v && (after.flags == 0 || after.flags == before.flags);
}
/// What interrupts, and faults that are mended, leave is all that was there; x0 and x1 are used meanwhile.
bool is_as_it_was(const Passage& passage) {
    for (size_t i = first_word; i < passage.after.x.size(); ++i) {
        if (passage.after.x[i] != passage.before.x[i]) return false;
    }
    return passage.after.v == passage.before.v && passage.after.flags == passage.before.flags;
}

/// Lets a thread that has faulted go on behind the instruction.
struct Mender {
    test::Actor* threads[3] = {};
    bool leaked = false;

    void mend(uint64_t badge, const sel::Message& message) {
        for (unsigned i = 0; i < sel::abi::register_words; ++i)
            leaked = leaked || (message.word(i) & upper_half) == secret;
        constexpr uint64_t program_counter = 32;
        const sel::Thread thread = threads[badge]->thread;
        const auto group = thread.read_registers(program_counter / sel::abi::register_words);
        if (!group) return;
        (void)thread.write_registers({.first = program_counter,
                                      .count = 1,
                                      .value0 = group->value0 + 4,
                                      .value1 = 0,
                                      .value2 = 0,
                                      .value3 = 0,
                                      .value4 = 0});
    }
};

struct Cast {
    sel::Endpoint to_spy, to_third, to_keeper, faults;
    sel::Notification bell, silent;
    sel::Reply keeper_reply;

    explicit Cast(test::Stage& stage)
        : to_spy(stage.make<sel::Endpoint>()),
          to_third(stage.make<sel::Endpoint>()),
          to_keeper(stage.make<sel::Endpoint>()),
          faults(stage.make<sel::Endpoint>()),
          bell(stage.make<sel::Notification>()),
          silent(stage.make<sel::Notification>()),
          keeper_reply(stage.make<sel::Reply>()) {}
};

constexpr unsigned cycles = 60;

/// Has secrets in its registers, whatever it does.
void keep(const Cast& cast) {
    static Passage passage;
    const auto go = [&](Way way, sel::CapIndex first, sel::CapIndex reply = {}) {
        prepare(passage, secret, first, reply);
        way(passage);
    };
    const auto go_with_all = [&](Way way) {
        fill(passage.before, secret);
        way(passage);
    };
    for (;;) {
        go(by_receive, cast.to_keeper.index(), cast.keeper_reply.index());
        go(by_reply_receive, cast.to_keeper.index(), cast.keeper_reply.index());
        go(by_send, cast.keeper_reply.index());
        go(by_send, cast.to_spy.index());
        go(by_signal, cast.bell.index());
        go(by_call, cast.to_third.index());
        go(by_poll, cast.silent.index());
        go(by_yield, {});
        go_with_all(by_unknown_call);
        go_with_all(by_undefined);
        fill(passage.before, secret);
        passage.before.x[0] = 0x1000;
        by_page_fault(passage);
        fill(passage.before, secret);
        passage.before.x[0] = 0;
        by_interrupt(passage);
        go(by_send, cast.to_spy.index());
    }
}

struct Findings {
    unsigned passages = 0;
    unsigned secrets = 0;
    unsigned broken = 0;  ///< registers that are not as promised
};

/// Looks at its own registers whenever it goes on.
void spy(const Cast& cast, Findings& findings) {
    static Passage passage;
    const auto look = [&](bool promised) {
        ++findings.passages;
        findings.secrets += has_secret(passage.after) ? 1 : 0;
        findings.broken += promised ? 0 : 1;
    };
    const auto go = [&](Way way, sel::CapIndex first) {
        prepare(passage, own, first, sel::CapIndex(sel::abi::no_capability));
        way(passage);
        const bool message = way == by_call || way == by_receive;
        look(is_as_promised(passage) && (message || passage.after.x[1] == 0));
    };
    const auto go_with_all = [&](Way way, uint64_t x0) {
        fill(passage.before, own);
        passage.before.x[0] = x0;
        way(passage);
        if (way == by_interrupt) passage.before.flags = passage.after.flags;  // it compares while it waits
        look(is_as_it_was(passage));
    };
    for (unsigned cycle = 0; cycle < cycles; ++cycle) {
        go(by_call, cast.to_keeper.index());
        go(by_call, cast.to_keeper.index());
        go(by_receive, cast.to_spy.index());
        go(by_wait, cast.bell.index());
        go(by_yield, {});
        // The keeper's slices are shorter than that.
        go_with_all(by_interrupt, counter() + Clock::ticks(300us));
        go_with_all(by_unknown_call, own);
        go(by_poll, cast.silent.index());
        go(by_call, cast.to_third.index());
        go(by_receive, cast.to_spy.index());
    }
}

}  // namespace

void check_registers(test::Stage& stage) {
    Cast cast(stage);
    Findings findings;
    Mender mender;
    const auto third_reply = stage.make<sel::Reply>();
    auto serve_third = [&] {
        auto next = cast.to_third.receive(third_reply);
        while (next) next = cast.to_third.reply_receive(third_reply, sel::Message(0));
    };
    const auto mender_reply = stage.make<sel::Reply>();
    auto mend = [&] {
        auto next = cast.faults.receive(mender_reply);
        while (next) {
            mender.mend(next->badge, next->message);
            next = cast.faults.reply_receive(mender_reply, sel::Message(0));
        }
    };
    auto keeper_script = [&] { keep(cast); };
    auto spy_script = [&] { spy(cast, findings); };
    const auto third = stage.start({.priority = 120}, serve_third);
    const auto menders = stage.start({.priority = 130}, mend);
    const auto task_of = [&](uint64_t badge) {
        return stage.make_task(stage.derive(cast.faults, test::all_rights, badge));
    };
    // Equals with short slices below this thread: they interrupt each other at any instruction.
    test::Actor keeper =
        stage.start({.priority = 90, .budget_us = 100, .period_us = 100, .task = task_of(1), .floating_point = true},
                    keeper_script);
    test::Actor watcher = stage.start(
        {.priority = 90, .budget_us = 100, .period_us = 100, .task = task_of(2), .floating_point = true}, spy_script);
    mender.threads[1] = &keeper;
    mender.threads[2] = &watcher;
    stage.wait_for(watcher);
    check(findings.passages == 10 * cycles, "the spy has gone on as often as it should");
    check(findings.secrets == 0, "no register of another's is seen after any way into the kernel");
    check(findings.broken == 0, "a system call leaves what it promises, an interrupt and a mended fault all as it was");
    check(!mender.leaked, "no fault message says what registers hold");
    for (const auto& actor : {third, menders, keeper, watcher}) stage.destroy(actor);
}

namespace {

/// One side of a conversation between a client and a server that lives on its time. Both are in one task: others have to
/// be switched between by a longer way.
class Talker {
public:
    Talker(uint64_t pattern, Way way) : pattern_(pattern), way_(way) {}

    struct Rounds {
        uint64_t said;
        uint64_t heard;
    };
    /// Says eight words and hears the other side's.
    void talk(sel::CapIndex first, sel::CapIndex reply, Rounds rounds, const Talker& other, uint64_t result) {
        const uint64_t tls = thread_pointer();
        prepare(passage_, pattern_, first, reply);
        passage_.before.x[1] = tag(pattern_);
        for (unsigned i = first_word; i < reply_register; ++i) passage_.before.x[i] = word(pattern_, rounds.said, i);
        passage_.after.v = passage_.before.v;  // a plain way leaves them alone
        way_(passage_);
        bool right = thread_pointer() == tls && is_as_promised(passage_);
        right = right && passage_.after.x[0] == result && passage_.after.x[1] == tag(other.pattern_);
        for (unsigned i = first_word; i < reply_register; ++i)
            right = right && passage_.after.x[i] == word(other.pattern_, rounds.heard, i);
        wrong_ += right ? 0 : 1;
    }
    [[nodiscard]] unsigned wrong() const { return wrong_; }

private:
    static uint64_t thread_pointer() {
        uint64_t value;
        asm volatile("mrs %0, tpidr_el0" : "=r"(value));
        return value;
    }
    static uint64_t tag(uint64_t pattern) { return pattern | sel::abi::register_words; }
    static uint64_t word(uint64_t pattern, uint64_t round, unsigned number) { return pattern | round << 8 | number; }

    uint64_t pattern_;
    Way way_;
    Passage passage_{};
    unsigned wrong_ = 0;
};

void check_talk(test::Stage& stage, Way calling, Way answering, bool floating_point) {
    constexpr uint64_t rounds = 20;
    constexpr uint64_t badge = 0xbad9e;
    const auto endpoint = stage.make<sel::Endpoint>();
    const auto badged = stage.derive(endpoint, test::all_rights, badge);
    const auto reply = stage.make<sel::Reply>();
    Talker client(own, calling);
    Talker server(secret, answering);
    auto serve = [&] {
        (void)endpoint.receive(reply);
        for (uint64_t round = 1;; ++round)
            server.talk(endpoint.index(), reply.index(), {.said = round - 1, .heard = round}, client, badge);
    };
    auto call = [&] {
        (void)badged.call(sel::Message(0));
        for (uint64_t round = 1; round <= rounds; ++round)
            client.talk(badged.index(), {}, {.said = round, .heard = round}, server, 0);
    };
    const auto actor = stage.start({.priority = 110, .floating_point = floating_point}, serve);
    check(actor.time.unbind().has_value(), "the server lives on its client's time");
    const auto caller = stage.start({.priority = 90, .floating_point = floating_point}, call);
    stage.wait_for(caller);
    check(client.wrong() == 0, "the client has heard all that was said to it, and else had what was its own");
    check(server.wrong() == 0, "so has the server");
    for (const auto& one : {actor, caller}) stage.destroy(one);
}

}  // namespace

void check_passive_server(test::Stage& stage) {
    check_talk(stage, by_plain_call, by_plain_reply_receive, false);
    check_talk(stage, by_call, by_reply_receive, true);
    check_talk(stage, by_call, by_plain_reply_receive, true);
}

void check_new_thread(test::Stage& stage) {
    // After one that had secrets in all its registers, a thread whose memory and registers were somebody else's.
    static Passage passage;
    alignas(16) static std::array<char, 1024> stack;
    const auto told = stage.make<sel::Notification>();
    const auto never = stage.make<sel::Notification>();
    static Passage keepers;
    auto leave = [&] {
        fill(keepers.before, secret);
        keepers.before.x[0] = 0;
        by_interrupt(keepers);
        prepare(keepers, secret, told.index());
        by_signal(keepers);
        prepare(keepers, secret, never.index());
        by_wait(keepers);
    };
    const auto keeper = stage.start({.priority = 90, .floating_point = true}, leave);
    check(told.wait().has_value(), "the one with secrets waits");
    passage.before.x[0] = told.index().raw();
    passage.before.x[1] = never.index().raw();
    const auto begun = stage.start_at({.priority = 90, .floating_point = true},
                                      {.pc = reinterpret_cast<uint64_t>(&begin_by_storing),
                                       .sp = reinterpret_cast<uint64_t>(stack.data() + stack.size()),
                                       .argument0 = reinterpret_cast<uint64_t>(&passage),
                                       .argument1 = own,
                                       .tls = 0,
                                       .floating_point = sel::abi::FloatingPoint::allowed});
    check(told.wait().has_value(), "the new one has begun");
    bool empty = passage.after.x[1] == own && passage.after.flags == 0;
    for (size_t i = first_word; i < passage.after.x.size(); ++i) empty = empty && passage.after.x[i] == 0;
    for (const uint64_t value : passage.after.v) empty = empty && value == 0;
    check(empty, "a new thread finds its arguments in its registers, and nothing else");
    stage.destroy(begun);
    stage.destroy(keeper);
}

}  // namespace siege
