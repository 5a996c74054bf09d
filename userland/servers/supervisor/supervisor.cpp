// SPDX-License-Identifier: BSD-2-Clause
// The supervisor: learns of every fault and every end of the components that it watches, reports them by name, tells
// those who wait for them, and switches the machine off when those that it waits for have ended.
//
// From its specification:
//     faults     endpoint (R): the fault endpoint of the watched components, told apart by badges; a Reply `answer`
//     power      power control, or the power server's endpoint
//     watchdog   with the former, where a board is to be switched off by it: drivers/power/machine_power.hpp
//     wait_for   argument: the names of the components to wait for, separated by spaces
//     code       argument: what `exit` reports if all of these have ended well; without it 0
//     lives      memory (RW) where it says which partners have ended: libsel's lives.hpp; with it
//     partners   argument: the components that wait for each other, in the order of their numbers, separated by spaces;
//                one with several threads that are partners is named several times
//     bells      argument: the names of the notifications (W) at which they wait

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/lives.hpp>

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

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const size_t end = std::min(text.find(' '), text.size());
        if (end > 0) {
            words.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

/// Components that wait for each other, and so are to know of each other's end.
class Partners {
public:
    explicit Partners(const sel::Environment& environment)
        : names_(words_of(environment.argument("partners").value_or(""))) {
        if (names_.empty()) return;
        const auto memory = sel::or_abort(environment.memory("lives"), "finding the partners' lives");
        for (const std::string& bell : words_of(environment.argument("bells").value_or(""))) {
            bells_.push_back(sel::or_abort(environment.notification(bell), "finding a bell of the partners"));
        }
        keeper_.emplace(*sel::or_abort(sel::LivesState::at(memory.bytes), "looking at the lives"), bells_);
    }

    /// However it has ended: it does nothing more of what others wait for.
    void end(std::string_view name) {
        for (uint32_t number = 1; number <= names_.size(); ++number) {
            if (names_[number - 1] != name) continue;
            if (const auto told = keeper_->died(number); !told) {
                sel::print("supervisor: not everybody can be told that {} has ended: {}\n", name, told.error());
            }
        }
    }

private:
    std::vector<std::string> names_;
    std::vector<sel::Notification> bells_;
    std::optional<sel::LivesKeeper> keeper_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto faults = sel::or_abort(environment.endpoint("faults"), "finding the fault endpoint");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const auto power = sel::or_abort(MachinePower::find(environment, "power"), "finding power control");
    const auto wait_for = words_of(environment.argument("wait_for").value_or(""));
    std::set<std::string> awaited(wait_for.begin(), wait_for.end());
    Partners partners(environment);
    std::string code(environment.argument("code").value_or("0"));

    // A thread that has faulted or ended is answered with a label that is not 0: it stays where it is.
    const sel::Message stay(1);
    auto next = faults.receive(reply);
    while (!awaited.empty()) {
        if (next && next->arrival == sel::Arrival::fault) {
            const std::string name(environment.peer("faults", next->badge).value_or("an unknown component"));
            const Outcome outcome = report(name, next->message);
            partners.end(name);
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
