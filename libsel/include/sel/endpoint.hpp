// SPDX-License-Identifier: BSD-2-Clause
// Endpoints and replies: sending, calling, receiving and answering.
#pragma once

#include <sel/message.hpp>
#include <sel/result.hpp>

#include "abi/stubs.hpp"

namespace sel {

/// What ended a receive.
enum class Arrival : uint8_t {
    call,    ///< a thread called, and waits for the answer; `badge` says through which capability
    send,    ///< a thread sent, and waits for nothing
    fault,   ///< the kernel reports a thread's fault: `message.label()` is an abi::FaultKind
    signal,  ///< the notification bound to this thread; `badge` holds the bits
};

/// What a receiver gets.
struct Received {
    Arrival arrival;
    uint64_t badge;
    Message message;
};

/// The right to answer one call, held in a Reply object: a receive with it takes the caller in, the answer lets the
/// caller go on. A default one is none: such a receiver gets sends only.
class Reply : public stub::Reply {
public:
    using stub::Reply::Reply;

    /// Answers the caller and does not wait. Rights: W.
    /// Errors: cancelled if nobody waits for this answer (any more); lent_budget if this thread runs on the caller's
    /// budget and so must answer with reply_receive; those of sending (see Endpoint::send).
    Result<void> send(const Message& answer) const;
};

/// Where senders and receivers meet; messages are not buffered. A program may use an endpoint in both roles, as far
/// as its capability's rights go.
///
/// Every operation may also refuse with empty_slot, index_out_of_range, wrong_type or missing_right (argument 0 is
/// the endpoint), and a blocking one with `cancelled` when the partner or the endpoint goes away.
///
/// Example: a server that doubles numbers, until its endpoint is gone.
///
///     sel::Result<void> double_numbers(sel::Endpoint requests, sel::Reply reply) {
///         SEL_TRY(next, requests.receive(reply));
///         for (;;) {
///             SEL_TRY(after, requests.reply_receive(reply, sel::Message(0, 2 * next.message.word(0))));
///             next = after;
///         }
///     }
class Endpoint : public stub::Endpoint {
public:
    using stub::Endpoint::Endpoint;

    /// Sends and waits for the answer. Rights: W and P; G too if capabilities go along.
    /// Errors: no_buffer, window_full or bad_item if the message is longer than eight words or carries capabilities.
    [[nodiscard]] Result<Message> call(const Message& message) const;

    /// Sends and waits until someone has received. Rights: W; G too if capabilities go along. Errors: as for call.
    Result<void> send(const Message& message) const;

    /// Sends if a receiver waits. Rights and errors as for send, and would_block if none does.
    Result<void> try_send(const Message& message) const;

    /// Waits for a message. Rights: R. Errors: in_use if `reply` still holds a caller; occupied_slot if the receive
    /// window is not empty.
    [[nodiscard]] Result<Received> receive(Reply reply = {}) const;

    /// Receives if a sender waits. Rights and errors as for receive, and would_block if none does.
    [[nodiscard]] Result<Received> try_receive(Reply reply = {}) const;

    /// Answers the caller that `reply` holds, then waits for the next message: a server's loop in one system call. If
    /// nobody waits for the answer (any more), it goes to nobody.
    /// Rights: R here, W on the reply. Errors: no_reply without a reply; not_bound, instead of going to nobody, of an
    /// answer that must arrive (Message::must_arrive); those of both halves.
    [[nodiscard]] Result<Received> reply_receive(Reply reply, const Message& answer) const;
};

// --- How it is done -------------------------------------------------------------------------------------------------

namespace detail {

/// What the kernel returned, or its error if it has set the tag's error bit.
[[gnu::always_inline]] inline Result<Registers> checked(const Registers& out) {
    if (out.tag.error()) [[unlikely]] {
        return refused({static_cast<abi::ErrorCode>(out.x0), out.words[0], out.words[1], out.words[2]});
    }
    return out;
}

[[gnu::always_inline]] inline Arrival arrival_of(abi::Tag tag) {
    if ((tag.raw() & abi::Tag::kernel_mask) == 0) [[likely]]
        return Arrival::call;
    return tag.signal() ? Arrival::signal : tag.fault() ? Arrival::fault : Arrival::send;
}

/// One system call with a message, as the kernel returns it.
template <abi::SystemCall number>
[[gnu::always_inline]] inline Registers raw_exchange(CapIndex target, const Message& message, CapIndex reply = {}) {
    return system_call<number>(
        {.x0 = target.raw(), .tag = message.tag(), .words = message.register_words(), .reply = reply.raw()});
}

template <abi::SystemCall number>
[[gnu::always_inline]] inline Result<Registers> exchange(CapIndex target, const Message& message, CapIndex reply = {}) {
    return checked(raw_exchange<number>(target, message, reply));
}

/// What has arrived, without the kernel's bits, so that it can be sent on.
[[gnu::always_inline]] inline Received received(const Registers& out) {
    const abi::Tag tag(out.tag.raw() & ~abi::Tag::kernel_mask);
    return {arrival_of(out.tag), out.x0, Message(tag, out.words)};
}

template <abi::SystemCall number>
[[gnu::always_inline]] inline Result<Received> arrival(CapIndex endpoint, const Message& answer, Reply reply) {
    SEL_TRY(out, exchange<number>(endpoint, answer, reply.index()));
    return received(out);
}

}  // namespace detail

inline Result<Message> Endpoint::call(const Message& message) const {
    SEL_TRY(out, detail::exchange<abi::SystemCall::call>(index(), message));
    return Message(out.tag, out.words);
}

inline Result<void> Endpoint::send(const Message& message) const {
    SEL_TRY_VOID(detail::exchange<abi::SystemCall::send>(index(), message));
    return {};
}

inline Result<void> Endpoint::try_send(const Message& message) const {
    SEL_TRY_VOID(detail::exchange<abi::SystemCall::try_send>(index(), message));
    return {};
}

inline Result<Received> Endpoint::receive(Reply reply) const {
    return detail::arrival<abi::SystemCall::receive>(index(), Message(), reply);
}

inline Result<Received> Endpoint::try_receive(Reply reply) const {
    return detail::arrival<abi::SystemCall::try_receive>(index(), Message(), reply);
}

inline Result<Received> Endpoint::reply_receive(Reply reply, const Message& answer) const {
    return detail::arrival<abi::SystemCall::reply_receive>(index(), answer, reply);
}

inline Result<void> Reply::send(const Message& answer) const {
    SEL_TRY_VOID(detail::exchange<abi::SystemCall::send>(index(), answer));
    return {};
}

}  // namespace sel
