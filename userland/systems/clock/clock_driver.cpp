// SPDX-License-Identifier: BSD-2-Clause
// The driver of a PL031 clock: tells the time, and answers who sleeps when the alarm rings.
//
// From its specification:
//     requests    endpoint (R): where clients call
//     answer      Reply for the next caller; answer2 and answer3, for those who sleep
//     registers   the device's registers, mapped
//     line        its interrupt handler; arrivals, the notification bound to this thread, for its signals

#include <algorithm>
#include <span>
#include <vector>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "clock_protocol.hpp"

namespace {

using clock_driver::Answer;
using clock_driver::Operation;
using sel::Message;
using sel::Reply;

/// The PrimeCell Real Time Clock, as "ARM PrimeCell Real Time Clock (PL031) Technical Reference Manual" describes it,
/// "Programmer's Model".
class Pl031 {
public:
    explicit Pl031(std::span<std::byte> registers) : base_(registers.data()) {}

    [[nodiscard]] uint32_t seconds() const { return *at(Register::data); }
    /// Rings once, when the clock says so.
    void ring_at(uint32_t seconds) const {
        *at(Register::match) = seconds;
        *at(Register::interrupt_mask) = 1;
    }
    void clear() const { *at(Register::interrupt_clear) = 1; }

private:
    enum class Register : uint32_t { data = 0x00, match = 0x04, interrupt_mask = 0x10, interrupt_clear = 0x1c };

    [[nodiscard]] volatile uint32_t* at(Register place) const {
        return reinterpret_cast<volatile uint32_t*>(base_ + static_cast<uint32_t>(place));
    }

    std::byte* base_;
};

class Driver {
public:
    Driver(Pl031 device, sel::InterruptHandler line, std::vector<Reply> replies)
        : device_(device), line_(line), free_(std::move(replies)) {}

    [[nodiscard]] Reply next_reply() const { return free_.back(); }

    /// The answer to a request; none while its sender sleeps.
    [[nodiscard]] std::optional<Message> handle(const Message& request) {
        switch (static_cast<Operation>(request.label())) {
        case Operation::now: return Message(Answer::done, device_.seconds());
        case Operation::sleep: return sleep(static_cast<uint32_t>(request.word(0)));
        }
        return Message(Answer::not_understood);
    }

    void alarm() {
        device_.clear();
        (void)line_.acknowledge();
        wake();
    }

private:
    struct Sleeper {
        uint32_t until;
        Reply reply;
    };

    std::optional<Message> sleep(uint32_t seconds) {
        if (free_.size() == 1) {
            return Message(Answer::busy);  // the last one is for the next caller
        }
        asleep_.push_back({device_.seconds() + seconds, free_.back()});
        free_.pop_back();
        wake();
        return std::nullopt;
    }

    /// Answers whose time has come, and sets the alarm for the next one.
    void wake() {
        const auto first = [this] { return std::ranges::min_element(asleep_, {}, &Sleeper::until); };
        while (!asleep_.empty()) {
            const auto next = first();
            if (next->until > device_.seconds()) {
                device_.ring_at(next->until);
                if (next->until > device_.seconds()) {
                    return;  // it has not passed by meanwhile
                }
            }
            (void)next->reply.send(Message(Answer::done, device_.seconds()));
            free_.push_back(next->reply);
            asleep_.erase(next);
        }
    }

    Pl031 device_;
    sel::InterruptHandler line_;
    std::vector<Reply> free_;
    std::vector<Sleeper> asleep_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto registers = sel::or_abort(environment.memory("registers"), "finding the registers");
    const auto line = sel::or_abort(environment.capability<sel::InterruptHandler>("line"), "finding the interrupt");
    const auto arrivals = sel::or_abort(environment.notification("arrivals"), "finding the notification");
    std::vector<Reply> replies;
    for (const char* name : {"answer", "answer2", "answer3"}) {
        replies.push_back(sel::or_abort(environment.reply(name), "finding a reply"));
    }
    Driver driver(Pl031(registers.bytes), line, std::move(replies));
    sel::or_abort(line.bind(arrivals), "listening to the interrupt");
    driver.alarm();  // what has rung before

    auto next = requests.receive(driver.next_reply());
    for (;;) {
        std::optional<Message> answer;
        if (next && next->arrival == sel::Arrival::signal) {
            driver.alarm();
        } else if (next) {
            answer = driver.handle(next->message);
        }
        next = answer ? requests.reply_receive(driver.next_reply(), *answer) : requests.receive(driver.next_reply());
    }
}
