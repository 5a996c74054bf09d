// SPDX-License-Identifier: BSD-2-Clause
// What system calls refuse, and with which words.

#include "parts.hpp"

#include <sel/system_call.hpp>

namespace partners {

using sel::CapIndex;
using sel::Endpoint;
using sel::Message;
using sel::abi::ErrorCode;
using sel::abi::Right;
using sel::abi::RightsMask;
using test::check;
using test::refuses;
using test::succeeds;

namespace {

/// The error of a send with this tag, whatever libsel thinks of it.
uint64_t error_of_tag(Endpoint endpoint, uint64_t tag) {
    const auto out = sel::system_call<sel::abi::SystemCall::try_send>(
        {.x0 = endpoint.index().raw(), .tag = sel::abi::Tag(tag), .words = {}});
    return out.tag.error() ? out.x0 : 0;
}

Message message_of(unsigned words) {
    Message message(1);
    for (unsigned word = 0; word < words; ++word) {
        (void)message.append(word);
    }
    return message;
}

void check_capabilities(test::Stage& stage, Endpoint endpoint) {
    const auto read_only = stage.derive(endpoint, Right::read);
    const auto write_only = stage.derive(endpoint, Right::write);
    refuses(read_only.try_send(Message(1)), ErrorCode::missing_right, "sending without the right to");
    refuses(read_only.call(Message(1)), ErrorCode::missing_right, "calling without the right to send");
    refuses(write_only.call(Message(1)), ErrorCode::missing_right, "calling without the right to be answered");
    refuses(write_only.try_receive(), ErrorCode::missing_right, "receiving without the right to");

    const CapIndex empty = sel::or_abort(sel::own_slots().allocate(), "finding a slot");
    const CapIndex beyond(1'000'000);
    refuses(Endpoint(empty).try_send(Message(1)), ErrorCode::empty_slot, "sending through nothing");
    refuses(Endpoint(empty).call(Message(1)), ErrorCode::empty_slot, "calling through nothing");
    refuses(Endpoint(empty).try_receive(), ErrorCode::empty_slot, "receiving from nothing");
    refuses(Endpoint(beyond).try_send(Message(1)), ErrorCode::index_out_of_range, "sending beyond the table");
    refuses(Endpoint(CapIndex()).call(Message(1)), ErrorCode::index_out_of_range, "calling through no index");
    refuses(endpoint.try_receive(sel::Reply(empty)), ErrorCode::empty_slot, "a Reply that is nothing");
    refuses(endpoint.try_receive(sel::Reply(endpoint.index())), ErrorCode::wrong_type, "a Reply that is an endpoint");
    refuses(endpoint.reply_receive(sel::Reply(), Message()), ErrorCode::no_reply, "answering through no Reply");

    const auto notification = stage.make<sel::Notification>();
    refuses(Endpoint(notification.index()).try_receive(), ErrorCode::wrong_type, "receiving from a notification");
    refuses(sel::Notification(endpoint.index()).signal(), ErrorCode::wrong_type, "signalling an endpoint");
    refuses(stage.derive(notification, Right::read).signal(), ErrorCode::missing_right, "signalling without the right");
    refuses(stage.derive(notification, Right::write).poll(), ErrorCode::missing_right, "polling without the right");
}

void check_tags(Endpoint endpoint) {
    using sel::abi::Tag;
    const auto would_block = static_cast<uint64_t>(ErrorCode::would_block);
    check(error_of_tag(endpoint, Tag().with_length(120).raw()) == would_block, "120 words are not too many");
    check(error_of_tag(endpoint, Tag().with_length(121).raw()) == static_cast<uint64_t>(ErrorCode::message_too_long),
          "121 words are");
    for (const unsigned bit : {10U, 28U, 29U, 30U, 31U}) {
        check(error_of_tag(endpoint, uint64_t{1} << bit) == static_cast<uint64_t>(ErrorCode::invalid_tag),
              "a bit of the kernel's in the tag");
    }
}

void check_lengths(test::Stage& stage, Endpoint endpoint) {
    sel::Result<sel::Received> received = sel::refused({ErrorCode::empty_slot});
    auto receive_once = [&] { received = endpoint.receive(); };
    const auto without_buffer = stage.start({.priority = above, .buffer = false}, receive_once);
    const auto refused = endpoint.send(message_of(9));
    refuses(refused, ErrorCode::no_buffer, "nine words to a receiver without buffer");
    check(!refused && refused.error().details[0] == 1, "it is the partner who has none");
    check(!stage.has_ended(without_buffer), "the receiver waits on");
    succeeds(endpoint.send(message_of(8)), "eight words to a receiver without buffer");
    stage.wait_for(without_buffer);
    check(received && received->message.length() == 8 && received->message.word(7) == 7, "eight words arrive");

    sel::Result<void> sent;
    auto send_nine = [&] {
        const auto out = sel::system_call<sel::abi::SystemCall::send>(
            {.x0 = endpoint.index().raw(), .tag = sel::abi::Tag().with_length(9), .words = {}});
        sent = sel::detail::checked(out).transform([](const sel::Registers&) {});
    };
    const auto sender = stage.start({.priority = above, .buffer = false}, send_nine);
    stage.wait_for(sender);
    refuses(sent, ErrorCode::no_buffer, "nine words from a sender without buffer");
    check(!sent && sent.error().details[0] == 0, "it is the caller who has none");
}

}  // namespace

void check_refusals(test::Stage& stage) {
    const auto endpoint = stage.make<Endpoint>();
    check_capabilities(stage, endpoint);
    check_tags(endpoint);
    check_lengths(stage, endpoint);
}

}  // namespace partners
