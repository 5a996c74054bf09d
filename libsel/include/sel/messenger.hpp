// SPDX-License-Identifier: BSD-2-Clause
// Calls that end when their time is up, whatever the server does.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include <sel/alarm.hpp>
#include <sel/endpoint.hpp>
#include <sel/own_thread.hpp>

namespace sel {

class Messenger;

/// An endpoint whose calls are limited in time: for remote calls it stands in place of the Endpoint itself.
class LimitedEndpoint {
public:
    LimitedEndpoint(Messenger& messenger, Endpoint server, std::chrono::nanoseconds limit)
        : messenger_(&messenger), server_(server), limit_(limit) {}

    /// As Messenger::call.
    [[nodiscard]] Result<Message> call(const Message& message) const;

private:
    Messenger* messenger_;
    Endpoint server_;
    std::chrono::nanoseconds limit_;
};

/// Makes calls in its owner's place. The kernel knows calls that wait and calls that do not, so a limit is the work of
/// two further threads: one calls, the other is an alarm; the owner waits for whichever signals first. A call whose
/// time is up is ended by ending the thread that made it: the kernel takes its budget home, the server's answer goes to
/// nobody (Reply::send says `cancelled`), and the next call has a new thread.
///
///     owner ── signal ──> caller ── call ──> server          owner's priority: above the server's, or of its own
///       └<──── bell ───────┘                                 budget, so that it runs when the server does not end
///       └<──── bell ──── alarm                               alarm's: above all
///
/// Either the answer is returned, or the error; an answer that comes just when the time is up is returned if the call
/// has ended by then. It is one thread's, which has one call at a time.
///
/// Rights: R and W on the notification, which is the messenger's alone; those of OwnThread. On the endpoint those of
/// Endpoint::call.
///
/// Example: a sum within a millisecond.
///
///     sel::Result<uint64_t> add_soon(sel::Messenger& messenger, sel::Endpoint server) {
///         const sel::LimitedEndpoint soon(messenger, server, std::chrono::milliseconds(1));
///         return calculator::add(soon, 20, 22);
///     }
class Messenger {
public:
    struct Role {
        uint8_t caller = 100;  ///< priority at which the server works, if it has no time of its own
        uint8_t alarm = 101;   ///< above the server's
        std::chrono::nanoseconds budget = std::chrono::milliseconds(10);  ///< of the caller, in each period
        std::chrono::nanoseconds period = std::chrono::milliseconds(10);
    };

    Messenger(const OwnThread::Means& means, const Role& role, Notification bell)
        : means_(means), role_(role), bell_(bell), alarm_(bell) {}
    Messenger(const Messenger&) = delete;
    Messenger& operator=(const Messenger&) = delete;

    /// Makes the alarm, for as long as the messenger lives. Errors: those of OwnThread::start.
    Result<void> start() { return alarm_.start(means_, role_.alarm); }

    /// Calls as Endpoint::call does, but gives up after `limit`, at most an hour. Capabilities and long messages travel
    /// as they do there. Errors: timed_out if there was no answer in time; argument_out_of_range for a
    /// longer limit; those of Endpoint::call; not_held without
    /// start(); those of OwnThread::start.
    [[nodiscard]] Result<Message> call(Endpoint server, const Message& message, std::chrono::nanoseconds limit);

    /// What its thread does.
    void operator()();

private:
    enum class State : uint32_t { idle, asked, answered };  // from asked to answered by the caller

    [[nodiscard]] Result<void> ask(Endpoint server, const Message& message);
    [[nodiscard]] Result<void> wait_until(Clock::time_point deadline);
    [[nodiscard]] Result<Message> take_answer();

    OwnThread::Means means_;
    Role role_;
    Notification bell_;
    Alarm alarm_;
    Owned<Notification> asked_;
    std::optional<OwnThread> caller_;
    // What the two threads hand each other; whose it is says the state.
    std::atomic<State> state_{State::idle};
    Endpoint server_;
    Message message_;
    Result<Message> answer_;
};

}  // namespace sel
