// SPDX-License-Identifier: BSD-2-Clause
// The owner's side and the caller's side of a call that is limited in time.

#include <sel/messenger.hpp>

#include <cstring>

namespace sel {

namespace {

/// Whether more of a message than what travels in registers is in the sender's buffer.
bool is_long(const Message& message) { return message.length() > abi::register_words || message.items() != 0; }

}  // namespace

Result<Message> LimitedEndpoint::call(const Message& message) const {
    return messenger_->call(server_, message, limit_);
}

Result<Message> Messenger::call(Endpoint server, const Message& message, std::chrono::nanoseconds limit) {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);
    if (limit > longest) return refused({abi::ErrorCode::argument_out_of_range, 2, longest.count()});
    const Clock::time_point deadline = Clock::now() + limit;
    SEL_TRY_VOID(ask(server, message));
    const Result<void> waited = wait_until(deadline);
    if (state_.load(std::memory_order_acquire) == State::answered) return take_answer();
    // The thread ends here, in the call or outside; if it has come to an answer meanwhile, that holds.
    (void)caller_->thread().suspend();
    Result<Message> answer = refused({LibraryError::timed_out, static_cast<uint64_t>(limit.count())});
    if (!waited) answer = refused(waited.error());
    if (state_.load(std::memory_order_acquire) == State::answered) answer = take_answer();
    caller_.reset();
    return answer;
}

Result<void> Messenger::ask(Endpoint server, const Message& message) {
    if (!caller_) {
        SEL_TRY(asked, means_.work.make<Notification>());
        asked_ = std::move(asked);
        SEL_TRY(caller, OwnThread::start(
                            means_, {.priority = role_.caller, .budget = role_.budget, .period = role_.period}, *this));
        caller_.emplace(std::move(caller));
    }
    server_ = server;
    message_ = message;
    if (const IpcBuffer* own = ipc_buffer(); own != nullptr && (is_long(message) || own->window.count != 0)) {
        std::memcpy(caller_->buffer(), own, sizeof(IpcBuffer));
    } else {
        caller_->buffer()->window = {};
    }
    state_.store(State::asked, std::memory_order_release);  // pairs with operator()
    return asked_.get().signal();
}

/// Until there is an answer or no time.
Result<void> Messenger::wait_until(Clock::time_point deadline) {
    while (state_.load(std::memory_order_acquire) != State::answered) {  // pairs with operator()
        const Clock::time_point now = Clock::now();
        if (now >= deadline) return {};
        // An alarm for an earlier time is as good: then it is set anew. So it is set once in a limit, not for each call.
        if (const auto next = alarm_.rings_at(); !next || *next > deadline) SEL_TRY_VOID(alarm_.ring_at(deadline));
        SEL_TRY_VOID(bell_.wait());
    }
    return {};
}

Result<Message> Messenger::take_answer() {
    state_.store(State::idle, std::memory_order_relaxed);
    if (!answer_ || !is_long(*answer_)) return answer_;
    IpcBuffer* const own = ipc_buffer();
    if (own == nullptr) return refused({LibraryError::no_ipc_buffer});
    std::memcpy(own, caller_->buffer(), sizeof(IpcBuffer));
    return answer_;
}

/// The caller's side: one call after the other.
void Messenger::operator()() {
    while (asked_.get().wait()) {
        if (state_.load(std::memory_order_acquire) != State::asked) continue;  // pairs with ask()
        answer_ = server_.call(message_);
        state_.store(State::answered, std::memory_order_release);  // pairs with wait_until()
        (void)bell_.signal();
    }
}

}  // namespace sel
