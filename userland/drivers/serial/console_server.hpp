// SPDX-License-Identifier: BSD-2-Clause
// What the console does with requests and with what arrives.
#pragma once

#include <array>
#include <deque>
#include <optional>

#include <sel/console.hpp>
#include <sel/notification.hpp>
#include <sel/objects.hpp>

#include "uart.hpp"

/// What the console keeps between requests. One reader can wait at a time; one that has died waits no longer.
class ConsoleServer {
public:
    /// Of its task.
    struct Means {
        const Uart& device;
        sel::InterruptHandler line;
        sel::Notification arrivals;  ///< which the line signals
        sel::Reply answer;
        sel::Reply parked;
    };

    explicit ConsoleServer(const Means& means) : means_(means) {}

    /// The Reply to receive the next request with.
    [[nodiscard]] sel::Reply reply() const { return means_.answer; }

    /// Take in what has arrived; a reader may be waiting for it.
    void take_input();

    /// The answer to a request; none while it has to wait.
    [[nodiscard]] std::optional<sel::Message> handle(const sel::Message& request);

private:
    static constexpr size_t most_input = 4096;

    [[nodiscard]] sel::Message write(const sel::Message& request);
    [[nodiscard]] std::optional<sel::Message> read(const sel::Message& request);
    [[nodiscard]] sel::Message next_input(uint64_t most);
    [[nodiscard]] bool has_reader();
    void put(char byte);

    Means means_;
    uint64_t waiting_ = 0;  // bytes that the parked reader takes at most, 0 if none is parked
    std::deque<char> input_;
};
