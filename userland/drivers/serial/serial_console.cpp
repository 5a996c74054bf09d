// SPDX-License-Identifier: BSD-2-Clause
// The console: serves sel::Console over the serial device that this machine has.
//
// From its specification:
//     requests      endpoint (R): where clients write and read
//     answer        Reply; parked, a second one for the reader that waits for input
//     registers     the device's registers, mapped: of one of the models in any_uart.hpp
//     line          its interrupt handler; arrivals, the notification bound to this thread, for its signals

#include <array>
#include <deque>

#include <sel/console.hpp>
#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "any_uart.hpp"

namespace {

using sel::Arrival;
using sel::ConsoleAnswer;
using sel::ConsoleOperation;
using sel::Message;
using sel::Reply;

/// What the console keeps between requests.
class Server {
public:
    Server(const Uart& device, sel::InterruptHandler line, std::array<Reply, 2> replies)
        : device_(device), line_(line), free_(replies[0]), parked_(replies[1]) {}

    /// The Reply to receive the next request with.
    [[nodiscard]] Reply reply() const { return free_; }

    /// Take in what has arrived; a reader may be waiting for it.
    void take_input() {
        // In this order: a byte that arrives behind the last look raises the interrupt anew.
        device_.clear_interrupts();
        while (const auto byte = device_.get()) {
            if (input_.size() < most_input) {
                input_.push_back(*byte);
            }
        }
        (void)line_.acknowledge();
        if (waiting_ != 0 && !input_.empty()) {
            (void)parked_.send(next_input(waiting_));
            waiting_ = 0;
        }
    }

    /// The answer to a request; none while it has to wait.
    [[nodiscard]] std::optional<Message> handle(const Message& request) {
        switch (static_cast<ConsoleOperation>(request.label())) {
        case ConsoleOperation::write: return write(request);
        case ConsoleOperation::read: return read(request);
        }
        return Message(ConsoleAnswer::not_understood);
    }

private:
    static constexpr size_t most_input = 4096;

    Message write(const Message& request) {
        std::array<char, sel::message_bytes> buffer;
        const auto text = request.bytes(0, buffer);
        if (!text) {
            return Message(ConsoleAnswer::not_understood);
        }
        for (const char byte : *text) {
            if (byte == '\n') {
                device_.put('\r');
            }
            device_.put(byte);
        }
        // Whoever has said the last word may switch the machine off at once.
        device_.drain();
        return Message(ConsoleAnswer::done, text->size());
    }

    std::optional<Message> read(const Message& request) {
        const uint64_t most = std::min<uint64_t>(request.word(0), sel::register_message_bytes);
        if (most == 0) {
            return Message(ConsoleAnswer::not_understood);
        }
        if (!input_.empty()) {
            return next_input(most);
        }
        if (waiting_ != 0) {
            // One reader at a time: a second one would take half of a line.
            return Message(ConsoleAnswer::not_understood);
        }
        waiting_ = most;
        std::swap(free_, parked_);
        return std::nullopt;
    }

    Message next_input(uint64_t most) {
        std::string text;
        while (text.size() < most && !input_.empty()) {
            text.push_back(input_.front());
            input_.pop_front();
        }
        Message answer(ConsoleAnswer::done);
        (void)answer.append(text);
        return answer;
    }

    const Uart& device_;
    sel::InterruptHandler line_;
    Reply free_;
    Reply parked_;
    uint64_t waiting_ = 0;  // bytes that the parked reader takes at most, 0 if none is parked
    std::deque<char> input_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto uart = AnyUart::find(environment, "registers");
    if (!uart) {
        sel::end<sel::Ending::aborted>();  // there is nothing to say it on
    }
    const auto line = sel::or_abort(environment.capability<sel::InterruptHandler>("line"), "finding the interrupt");
    const auto arrivals = sel::or_abort(environment.notification("arrivals"), "finding the notification");
    Server server(**uart, line,
                  {sel::or_abort(environment.reply("answer"), "finding a reply"),
                   sel::or_abort(environment.reply("parked"), "finding a second reply")});
    sel::or_abort(line.bind(arrivals), "listening to the interrupt");
    (*uart)->start();
    server.take_input();  // what has arrived before, without an interrupt

    auto next = requests.receive(server.reply());
    for (;;) {
        std::optional<Message> answer;
        if (next && next->arrival == Arrival::signal) {
            server.take_input();
        } else if (next) {
            answer = server.handle(next->message);
        }
        next = answer ? requests.reply_receive(server.reply(), *answer) : requests.receive(server.reply());
    }
}
