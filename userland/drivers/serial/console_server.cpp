// SPDX-License-Identifier: BSD-2-Clause
// Writing, reading, waiting.
#include "console_server.hpp"

#include <algorithm>
#include <string>
#include <utility>

using sel::ConsoleAnswer;
using sel::ConsoleOperation;
using sel::Message;

void ConsoleServer::take_input() {
    // In this order: a byte that arrives behind the last look raises the interrupt anew.
    means_.device.clear_interrupts();
    while (const auto byte = means_.device.get()) {
        if (input_.size() < most_input) {
            input_.push_back(*byte);
        }
    }
    (void)means_.line.acknowledge();
    if (!input_.empty() && has_reader()) {
        (void)means_.parked.send(next_input(std::exchange(waiting_, 0)));
    }
}

std::optional<Message> ConsoleServer::handle(const Message& request) {
    switch (static_cast<ConsoleOperation>(request.label())) {
    case ConsoleOperation::write: return write(request);
    case ConsoleOperation::read: return read(request);
    }
    return Message(ConsoleAnswer::not_understood);
}

Message ConsoleServer::write(const Message& request) {
    std::array<char, sel::message_bytes> buffer;
    const auto text = request.bytes(0, buffer);
    if (!text) {
        return Message(ConsoleAnswer::not_understood);
    }
    for (const char byte : *text) {
        if (byte == '\n') {
            put('\r');
        }
        put(byte);
    }
    // Whoever has said the last word may switch the machine off at once. What is left fits into the device's queue.
    means_.device.drain();
    return Message(ConsoleAnswer::done, text->size());
}

/// A line is slow: a full message takes 83 ms at 115200 baud, in which others can run.
void ConsoleServer::put(char byte) {
    if (means_.device.try_put(byte)) {
        return;
    }
    means_.device.watch_room();
    do {
        (void)means_.arrivals.wait();
        take_input();
    } while (!means_.device.try_put(byte));
    means_.device.ignore_room();
}

std::optional<Message> ConsoleServer::read(const Message& request) {
    const uint64_t most = std::min<uint64_t>(request.word(0), sel::register_message_bytes);
    // One reader at a time: a second one would take half of a line.
    if (most == 0 || has_reader()) {
        return Message(ConsoleAnswer::not_understood);
    }
    if (!input_.empty()) {
        return next_input(most);
    }
    waiting_ = most;
    std::swap(means_.answer, means_.parked);
    return std::nullopt;
}

/// Whether somebody waits for input. Who has died meanwhile does not.
bool ConsoleServer::has_reader() {
    if (waiting_ == 0) {
        return false;
    }
    const auto waits = means_.parked.inspect();
    if (waits && *waits == 0) {
        waiting_ = 0;
    }
    return waiting_ != 0;
}

Message ConsoleServer::next_input(uint64_t most) {
    std::string text;
    while (text.size() < most && !input_.empty()) {
        text.push_back(input_.front());
        input_.pop_front();
    }
    Message answer(ConsoleAnswer::done);
    (void)answer.append(text);
    return answer;
}
