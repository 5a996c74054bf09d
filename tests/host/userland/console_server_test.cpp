// SPDX-License-Identifier: BSD-2-Clause
// The console over a line that is slow, with readers that wait and readers that die.
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "drivers/serial/console_server.hpp"
#include "fake_kernel.hpp"

using sel::ConsoleAnswer;
using sel::ConsoleOperation;
using sel::Message;
using sel::abi::ObjectType;

namespace {

constexpr uint64_t line_slot = 10, arrivals_slot = 11, answer_slot = 12, parked_slot = 13;

/// A queue of sixteen bytes that sends nothing as long as anybody asks whether it has.
class SlowUart final : public Uart {
public:
    static constexpr size_t queue = 16;

    void start() const override {}
    [[nodiscard]] bool try_put(char byte) const override {
        if (waiting.size() == queue) {
            ++refusals;
            return false;
        }
        waiting += byte;
        return true;
    }
    void watch_room() const override { watches = true; }
    void ignore_room() const override { watches = false; }
    [[nodiscard]] bool is_idle() const override {
        send(queue);
        return true;
    }
    [[nodiscard]] std::optional<char> get() const override {
        if (typed.empty()) return std::nullopt;
        const char byte = typed.front();
        typed.erase(0, 1);
        return byte;
    }
    void clear_interrupts() const override {}

    void send(size_t count) const {
        sent += waiting.substr(0, count);
        waiting.erase(0, count);
    }

    mutable std::string waiting, sent, typed;
    mutable size_t refusals = 0;
    mutable bool watches = false;
};

struct Console {
    Console() {
        kernel.slots[line_slot] = {.type = ObjectType::interrupt_handler, .parent = 0};
        for (const uint64_t slot : {answer_slot, parked_slot}) {
            kernel.slots[slot] = {.type = ObjectType::reply, .parent = 0};
        }
        kernel.others = [this](sel::abi::SystemCall number, const sel::Registers& in) {
            if (number == sel::abi::SystemCall::wait) {
                CHECK(uart.watches);
                ++waits;
                uart.send(SlowUart::queue / 2);
            } else {
                told.emplace_back(Message(in.tag, in.words).word(0));
            }
            return sel::Registers{.reply = 0};
        };
    }

    auto write(std::string_view text) {
        Message request(ConsoleOperation::write);
        REQUIRE(request.append(text));
        return server.handle(request);
    }
    auto read(uint64_t most) { return server.handle(Message(ConsoleOperation::read, most)); }

    FakeKernel kernel;
    SlowUart uart;
    unsigned waits = 0;
    std::vector<uint64_t> told;  // numbers of bytes that readers have been sent later
    ConsoleServer server{{.device = uart,
                          .line = sel::InterruptHandler(sel::CapIndex(line_slot)),
                          .arrivals = sel::Notification(sel::CapIndex(arrivals_slot)),
                          .answer = sel::Reply(sel::CapIndex(answer_slot)),
                          .parked = sel::Reply(sel::CapIndex(parked_slot))}};
};

bool is_done(const std::optional<Message>& answer) {
    return answer && answer->label() == static_cast<uint32_t>(ConsoleAnswer::done);
}
bool is_refused(const std::optional<Message>& answer) {
    return answer && answer->label() == static_cast<uint32_t>(ConsoleAnswer::not_understood);
}

}  // namespace

TEST_CASE("a text that is longer than the device's queue is sent while the console waits for interrupts") {
    Console console;
    const std::string text = "forty-eight characters and a line's end follow:\n";
    CHECK(is_done(console.write(text)));
    CHECK(console.uart.sent == text.substr(0, text.size() - 1) + "\r\n");
    CHECK(console.waits > 0);
    CHECK(console.uart.refusals == console.waits);  // it has asked once before each wait, and not again and again
    CHECK(!console.uart.watches);
}

TEST_CASE("what is typed while a long text is sent is not lost") {
    Console console;
    console.uart.typed = "xyz";
    CHECK(is_done(console.write("some text of more than sixteen bytes")));
    const auto answer = console.read(10);
    REQUIRE(is_done(answer));
    CHECK(answer->word(0) == 3);
}

TEST_CASE("one reader waits, and a second one is refused as long as the first one lives") {
    Console console;
    CHECK(is_refused(console.read(0)));
    CHECK(!console.read(10));
    CHECK(console.server.reply().index().raw() == parked_slot);
    CHECK(is_refused(console.read(10)));
    // The first one dies: another takes its place, and gets what is typed then.
    console.kernel.abandoned_replies.insert(answer_slot);
    CHECK(!console.read(10));
    CHECK(console.server.reply().index().raw() == answer_slot);
    console.uart.typed = "hello";
    console.server.take_input();
    CHECK(console.told == std::vector<uint64_t>{5});
}

TEST_CASE("what was typed for a reader that has died is the next one's") {
    Console console;
    CHECK(!console.read(10));
    console.kernel.abandoned_replies.insert(answer_slot);
    console.uart.typed = "hello";
    console.server.take_input();
    CHECK(console.told.empty());
    const auto answer = console.read(10);
    REQUIRE(is_done(answer));
    CHECK(answer->word(0) == 5);
}
