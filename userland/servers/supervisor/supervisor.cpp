// SPDX-License-Identifier: BSD-2-Clause
// The supervisor: learns of every fault and every end of the components that it watches, reports them by name, and
// switches the machine off when those that it waits for have ended.
//
// From its specification:
//     faults     endpoint (R): the fault endpoint of the watched components, told apart by badges; a Reply `answer`
//     power      power control, or the power server's endpoint
//     watchdog   with the former, where a board is to be switched off by it: drivers/power/machine_power.hpp
//     wait_for   argument: the names of the components to wait for, separated by spaces
//     code       argument: what `exit` reports if all of these have ended well; without it 0

#include <set>
#include <string>

#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../drivers/power/machine_power.hpp"

namespace {

using sel::abi::FaultKind;

constexpr std::string_view access_names[] = {"reading", "writing", "executing"};

/// What became of a watched thread.
enum class Outcome : uint8_t { finished, failed, faulted };

Outcome report(std::string_view name, const sel::Message& fault) {
    switch (static_cast<FaultKind>(fault.label())) {
    case FaultKind::page_fault: {
        const auto access = std::min<uint64_t>(fault.word(1), 2);
        sel::print("supervisor: {} has faulted {} address {:#x} at pc {:#x}\n", name, access_names[access],
                   fault.word(0), fault.word(2));
        return Outcome::faulted;
    }
    case FaultKind::unknown_system_call:
        switch (static_cast<sel::Ending>(fault.word(0))) {
        case sel::Ending::finished: sel::print("supervisor: {} has finished\n", name); return Outcome::finished;
        case sel::Ending::failed: sel::print("supervisor: {} has failed\n", name); return Outcome::failed;
        case sel::Ending::aborted: sel::print("supervisor: {} has aborted\n", name); return Outcome::failed;
        }
        sel::print("supervisor: {} has made the unknown system call {} at pc {:#x}\n", name, fault.word(0),
                   fault.word(1));
        return Outcome::faulted;
    case FaultKind::user_exception:
        sel::print("supervisor: {} has raised the exception {:#x} at pc {:#x}\n", name, fault.word(0), fault.word(1));
        return Outcome::faulted;
    case FaultKind::timeout: sel::print("supervisor: {} has used up its time\n", name); return Outcome::faulted;
    }
    sel::print("supervisor: {} has had a fault of the unknown kind {}\n", name, fault.label());
    return Outcome::faulted;
}

std::set<std::string> words_of(std::string_view text) {
    std::set<std::string> words;
    while (!text.empty()) {
        const size_t end = std::min(text.find(' '), text.size());
        if (end > 0) {
            words.emplace(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto faults = sel::or_abort(environment.endpoint("faults"), "finding the fault endpoint");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const auto power = sel::or_abort(MachinePower::find(environment, "power"), "finding power control");
    std::set<std::string> awaited = words_of(environment.argument("wait_for").value_or(""));
    std::string code(environment.argument("code").value_or("0"));

    // A thread that has faulted or ended is answered with a label that is not 0: it stays where it is.
    const sel::Message stay(1);
    auto next = faults.receive(reply);
    while (!awaited.empty()) {
        if (next && next->arrival == sel::Arrival::fault) {
            const std::string name(environment.peer("faults", next->badge).value_or("an unknown component"));
            const Outcome outcome = report(name, next->message);
            if (awaited.erase(name) != 0 && outcome != Outcome::finished) {
                code = "1";
            }
        }
        if (!awaited.empty()) {
            next = next ? faults.reply_receive(reply, stay) : faults.receive(reply);
        }
    }
    sel::print("exit {}\n", code);
    sel::flush();
    sel::or_abort(power.off(), "switching the machine off");
}
