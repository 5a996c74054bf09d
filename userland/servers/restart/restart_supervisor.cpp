// SPDX-License-Identifier: BSD-2-Clause
// The restart supervisor: keeps a group of tasks running. A member that faults, ends or hangs, or somebody who asks for it,
// makes it end all of them and build them anew (restart_protocol.hpp).
//
// From its specification:
//     requests   endpoint (R): who may look and kill, by badges from 2^16 on; a Reply `answer`
//     faults     the same endpoint (WP) without a badge: the members' fault endpoint
//     group      argument: the names of the members, separated by spaces; what they are: group.hpp
//     group_home an untyped that has room for all of them
//     archive    the boot archive, mapped
//     replies    argument: names of Replies that members answer with, separated by spaces
//     pulses     memory: a word for each member in this order (pulse.hpp), optional
//     watchdog   argument: ticks after which a request that is not done has the group restarted; without it never
//     table, space, thread   its own; tables, an untyped of 16 bits: for page tables; time, schedule control
//
// A tick is a time-out fault with badge 2^15, as a metronome makes them (userland/servers/restart/metronome.cpp).

#include <algorithm>
#include <charconv>
#include <string>

#include <sel/address_allocator.hpp>
#include <sel/clock.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/fault.hpp>
#include <sel/rpc_server.hpp>

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
        for (uint64_t& word : pulses.first(std::min(pulses.size(), group.size()))) {
            watched_.push_back({restart::Pulse(word), restart::Watchdog(watchdog)});
        }
    }

    sel::Result<void> kill() {
        ++history_.kills;
        restart();
        if (!is_running_) return sel::refused({restart::Refusal::not_running});
        return {};
    }

    [[nodiscard]] sel::Result<restart::History> history() {
        history_.slots = sel::own_slots().available();
        return history_;
    }

    sel::Message fault(uint64_t badge, const sel::Message& fault) {
        if (badge == metronome) {
            look_at_pulses();
            return sel::Message(sel::Verdict::resume);
        }
        if (badge <= group_.size()) {
            report(badge, sel::read_fault(fault));
            ++history_.faults;
            restart();
        }
        return sel::Message(sel::Verdict::stay);
    }

private:
    struct Watched {
        restart::Pulse pulse;
        restart::Watchdog watchdog;
    };

    static void report(uint64_t member, const sel::Fault& fault) {
        if (const auto* page = std::get_if<sel::PageFault>(&fault)) {
            sel::println("restart: member {} has touched address {:#x} at {:#x}", member, page->address, page->pc);
        } else {
            sel::println("restart: member {} has ended or faulted", member);
        }
    }

    void look_at_pulses() {
        for (Watched& one : watched_) {
            if (!one.watchdog.is_stuck(one.pulse.now())) continue;
            sel::println("restart: a request takes too long");
            ++history_.hangs;
            return restart();
        }
    }

    void restart() {
        const auto begin = sel::Clock::now();
        group_.stop();
        const auto started = group_.start();
        is_running_ = started.has_value();
        if (!started) sel::println("restart: the group could not be built: {}", started.error());
        history_.last_ns = static_cast<uint64_t>((sel::Clock::now() - begin).count());
        history_.worst_ns = std::max(history_.worst_ns, history_.last_ns);
    }

    restart::Group& group_;
    std::vector<Watched> watched_;
    restart::History history_{};
    bool is_running_ = true;
};

tasks::TaskBuilder make_builder(sel::CapTable table, sel::UntypedAllocator& memory) {
    const auto& environment = sel::environment();
    or_abort(memory.add(or_abort(environment.capability<sel::Untyped>("tables"), "finding memory for page tables")),
             "taking it");
    constexpr uint64_t window_bytes = uint64_t{1} << 21;
    return or_abort(
        tasks::TaskBuilder::make({
            .table = table,
            .slots = sel::own_slots(),
            .space = or_abort(environment.capability<sel::AddressSpace>("space"), "finding the own space"),
            .memory = memory,
            .window = or_abort(sel::own_addresses().allocate(window_bytes, window_bytes), "placing a window"),
            .control = or_abort(environment.capability<sel::ScheduleControl>("time"), "finding time"),
            .authority = or_abort(environment.capability<sel::Thread>("thread"), "finding the own thread"),
            .passage = or_abort(sel::own_slots().allocate(), "finding a slot"),
        }),
        "making a window");
}

std::vector<sel::Reply> find_replies() {
    std::vector<sel::Reply> replies;
    for (std::string_view rest = sel::environment().argument("replies").value_or(""); !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        replies.push_back(or_abort(sel::environment().reply(name), "finding a reply"));
    }
    return replies;
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto archive = or_abort(environment.memory("archive"), "finding the boot archive").bytes;
    sel::UntypedAllocator memory(table, sel::own_slots());
    tasks::TaskBuilder builder = make_builder(table, memory);
    restart::Group group = or_abort(
        restart::Group::find({.builder = builder,
                              .table = table,
                              .home = or_abort(environment.capability<sel::Untyped>("group_home"), "finding the home"),
                              .faults = or_abort(environment.endpoint("faults"), "finding the fault endpoint"),
                              .replies = find_replies()},
                             or_abort(environment.argument("group"), "finding the group"),
                             tasks::BootArchive({reinterpret_cast<const char*>(archive.data()), archive.size()})),
        "reading what the group is");
    or_abort(group.start(), "starting the group");
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
