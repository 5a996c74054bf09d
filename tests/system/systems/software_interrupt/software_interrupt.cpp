// SPDX-License-Identifier: BSD-2-Clause
// Raises an interrupt, waits for it, acknowledges it; as itself and between two threads.

#include <atomic>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>

namespace {

using sel::abi::ErrorCode;
using test::check;
using test::refuses;
using test::Stage;
using test::succeeds;

constexpr uint64_t arrived = 8;
constexpr uint64_t rounds = 10'000;

template <typename T>
T held(const char* name) {
    return sel::or_abort(sel::environment().capability<T>(name), name);
}

uint64_t pending(sel::Notification notification) { return sel::or_abort(notification.poll(), "polling"); }

void check_bell(Stage& stage, sel::InterruptHandler line, sel::InterruptControl bell, sel::Notification arrivals) {
    succeeds(bell.raise(), "raised while nobody listens");
    succeeds(line.bind(stage.derive(arrivals, test::all_rights, arrived)), "a handler is bound");
    check(pending(arrivals) == 0, "and does not hear of what was raised before");
    succeeds(bell.raise(), "raised");
    check(pending(arrivals) == arrived, "it has arrived");
    succeeds(bell.raise(), "raised again");
    succeeds(bell.raise(), "and again");
    check(pending(arrivals) == 0, "what has not been acknowledged does not arrive again");
    succeeds(line.acknowledge(), "acknowledged");
    check(pending(arrivals) == arrived, "then it arrives once");
    succeeds(line.acknowledge(), "acknowledged");
    check(pending(arrivals) == 0, "and no more");
    succeeds(bell.raise(), "raised once more");
    succeeds(bell.raise(), "and again");
    succeeds(line.unbind(), "and nobody listens any more");
    check(pending(arrivals) == arrived, "what has arrived stays");
    succeeds(line.bind(stage.derive(arrivals, test::all_rights, arrived)), "another listens");
    check(pending(arrivals) == 0, "and hears nothing of what was meant for the one before");
}

void check_authority(Stage& stage, sel::InterruptControl bell, sel::InterruptControl other,
                     sel::Notification arrivals) {
    const auto handler = stage.make<sel::InterruptHandler>();
    refuses(bell.issue({.handler = handler, .line = 5, .trigger = sel::abi::Trigger::edge}), ErrorCode::badge_set,
            "who raises one interrupt hands out no lines");
    refuses(stage.derive(bell, sel::abi::Right::read).raise(), ErrorCode::missing_right, "raised without the right to");
    succeeds(other.raise(), "another interrupt is raised");
    check(pending(arrivals) == 0, "and does not arrive here");
}

/// A thread above waits and acknowledges; each raise is answered before the one who raises goes on.
void check_between_threads(Stage& stage, sel::InterruptHandler line, sel::InterruptControl bell,
                           sel::Notification arrivals) {
    static std::atomic<uint64_t> heard;
    auto listen = [&] {
        for (;;) {
            if (sel::or_abort(arrivals.wait(), "waiting") != arrived) return;
            heard.fetch_add(1, std::memory_order_relaxed);
            (void)line.acknowledge();
        }
    };
    (void)stage.start({.priority = 150}, listen);
    uint64_t in_order = 0;
    for (uint64_t round = 1; round <= rounds; ++round) {
        (void)bell.raise();
        in_order += heard.load(std::memory_order_relaxed) == round ? 1 : 0;
    }
    check(in_order == rounds, "each interrupt is handled at once");
}

}  // namespace

int main() {
    test::begin();
    Stage stage;
    const auto line = held<sel::InterruptHandler>("line");
    const auto bell = held<sel::InterruptControl>("bell");
    const auto arrivals = held<sel::Notification>("arrivals");
    check_bell(stage, line, bell, arrivals);
    check_authority(stage, bell, held<sel::InterruptControl>("other_bell"), arrivals);
    check_between_threads(stage, line, bell, arrivals);
    return test::finish();
}
