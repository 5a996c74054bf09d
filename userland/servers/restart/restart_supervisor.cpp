// SPDX-License-Identifier: BSD-2-Clause
// The restart supervisor: keeps a group of tasks running. A member that faults, ends or hangs, or somebody who asks for it,
// makes it end all of them and build them anew (restart_protocol.hpp). A group that fails five times in a row within a tenth
// of a second of its start stays ended, until somebody asks for it.
//
// From its specification:
//     requests   endpoint (R): who may look and kill, by badges from 2^16 on, and the members' faults, by badges of their
//                own; a Reply `answer`
//     group      argument: the name of the group that it restarts; what the compiler adds for that: group.hpp
//     pulses     memory: a word for each member, in the order of the group (pulse.hpp), optional
//     watchdog   argument: ticks after which a request that is not done has the group restarted; without it never. Ticks
//                in which the member was kept from running do not count
//     table, space, thread   its own, with as high a priority as any member; tables, an untyped of 16 bits: for page
//                tables; time, schedule control; interrupts, interrupt control, if a member has a handler
//
// A tick is a time-out fault with badge 2^15, as a metronome makes them (userland/servers/restart/metronome.cpp).

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <sel/clock.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/fault.hpp>
#include <sel/rpc_server.hpp>
#include <sel/slot_allocator.hpp>

#include "group.hpp"
#include "pulse.hpp"
#include "restart_protocol.hpp"

namespace {

using sel::or_abort;
using sel::rpc::on;

constexpr uint64_t metronome = uint64_t{1} << 15;

class Supervisor {
public:
    Supervisor(restart::Group& group, std::span<uint64_t> pulses, uint64_t watchdog) : group_(group) {
        for (uint64_t& word : pulses.first(std::min(pulses.size(), group.threads()))) {
            watched_.push_back({restart::Pulse(word), restart::Watchdog(watchdog), 0});
        }
    }

    sel::Result<void> kill() {
        ++history_.kills;
        tries_ = 0;
        restart();
        if (!is_running_) return sel::refused({restart::Refusal::not_running});
        return {};
    }

    [[nodiscard]] sel::Result<restart::History> history() {
        history_.slots = sel::own_slots().available();
        history_.bytes = group_.used();
        history_.runs = is_running_ ? 1 : 0;
        return history_;
    }

    sel::Message fault(uint64_t badge, const sel::Message& fault) {
        if (badge == metronome) {
            look_at_pulses();
            return sel::Message(sel::Verdict::resume);
        }
        const auto member = sel::environment().peer("requests", badge);
        if (member && group_.has(*member)) {
            report(*member, sel::read_fault(fault));
            ++history_.faults;
            try_again();
        }
        return sel::Message(sel::Verdict::stay);
    }

private:
    struct Watched {
        restart::Pulse pulse;
        restart::Watchdog watchdog;
        uint64_t used;  ///< time that the member had used at the last look, in ticks
    };

    static void report(std::string_view member, const sel::Fault& fault) {
        if (const auto* page = std::get_if<sel::PageFault>(&fault)) {
            sel::println("restart: {} has touched address {:#x} at {:#x}", member, page->address, page->pc);
        } else {
            sel::println("restart: {} has ended or faulted", member);
        }
    }

    void look_at_pulses() {
        if (!is_running_) return;
        for (size_t member = 0; member < watched_.size(); ++member) {
            Watched& one = watched_[member];
            if (!one.watchdog.is_stuck(one.pulse.now(), progress_of(member))) continue;
            sel::println("restart: a request takes too long");
            ++history_.hangs;
            return try_again();
        }
    }

    [[nodiscard]] restart::Watchdog::Progress progress_of(size_t member) {
        using enum restart::Watchdog::Progress;
        const auto now = group_.look_at(member);
        if (!now) return has_run_or_waits;
        const bool has_run = std::exchange(watched_[member].used, now->used) != now->used;
        return has_run || !now->lacks_time ? has_run_or_waits : was_kept_from_running;
    }

    /// Of its own accord, but not for ever: who fails again and again as soon as it runs would keep everybody else from it.
    void try_again() {
        tries_ = sel::Clock::now() - begun_ < shortest_life ? tries_ + 1 : 1;
        if (tries_ <= most_tries) return restart();
        sel::println("restart: {} times in a row the group has not lived for {} ms: it stays as it is", most_tries,
                     shortest_life.count());
        group_.stop();
        is_running_ = false;
    }

    void restart() {
        const auto begin = sel::Clock::now();
        group_.stop();
        history_.left = std::max(history_.left, group_.used());
        // Before the first of them runs: what it writes then is a sign of life.
        for (Watched& one : watched_) one.watchdog.begin(one.pulse.now());
        const auto started = group_.start();
        is_running_ = started.has_value();
        begun_ = sel::Clock::now();
        if (!started) {
            const auto& refusal = started.error();
            sel::println("restart: the group could not be built: {} of {} is refused: {}", refusal.what,
                         group_.name(refusal.object), refusal.error);
        }
        history_.last_ns = static_cast<uint64_t>((begun_ - begin).count());
        history_.worst_ns = std::max(history_.worst_ns, history_.last_ns);
    }

    static constexpr uint64_t most_tries = 5;
    static constexpr std::chrono::milliseconds shortest_life{100};

    restart::Group& group_;
    std::vector<Watched> watched_;
    uint64_t tries_ = 0;  ///< in a row of a group that lives too shortly
    sel::Clock::time_point begun_ = sel::Clock::now();
    restart::History history_{};
    bool is_running_ = true;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const restart::Group::Means means{
        .table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table"),
        .space = or_abort(environment.capability<sel::AddressSpace>("space"), "finding the own space"),
        .thread = or_abort(environment.capability<sel::Thread>("thread"), "finding the own thread"),
        .tables = or_abort(environment.capability<sel::Untyped>("tables"), "finding memory for page tables"),
        .time = or_abort(environment.capability<sel::ScheduleControl>("time"), "finding time"),
        .interrupts = environment.capability<sel::InterruptControl>("interrupts").value_or(sel::InterruptControl())};
    restart::Group group =
        or_abort(restart::Group::find(or_abort(environment.argument("group"), "finding which group it is"), means),
                 "finding what the group is");
    std::span<uint64_t> pulses;
    if (const auto shared = environment.memory("pulses")) {
        pulses = {reinterpret_cast<uint64_t*>(shared->bytes.data()), shared->bytes.size() / sizeof(uint64_t)};
    }
    uint64_t watchdog = 0;
    const auto text = environment.argument("watchdog").value_or("");
    std::from_chars(text.data(), text.data() + text.size(), watchdog);
    Supervisor supervisor(group, pulses, watchdog);
    sel::rpc::Replies replies(or_abort(environment.reply("answer"), "finding the reply"));
    or_abort(sel::rpc::serve<restart::Interface, on<restart::kill, &Supervisor::kill>,
                             on<restart::history, &Supervisor::history>>(supervisor, {requests, replies}),
             "receiving requests");
}
