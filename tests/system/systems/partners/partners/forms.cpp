// SPDX-License-Identifier: BSD-2-Clause
// Sending and receiving where the partner waits already, comes later, or does not come; and who comes first.

#include "parts.hpp"

#include <array>

namespace partners {

using sel::Endpoint;
using sel::Message;
using sel::abi::ErrorCode;
using test::check;
using test::refuses;
using test::succeeds;

void check_forms(test::Stage& stage) {
    const auto endpoint = stage.make<Endpoint>();
    const auto badged = stage.derive(endpoint, test::all_rights, 0xfeed'0000'0000'0001);
    const auto reply = stage.make<sel::Reply>();

    refuses(endpoint.try_send(Message(1)), ErrorCode::would_block, "try_send without a receiver");
    refuses(endpoint.try_receive(), ErrorCode::would_block, "try_receive without a sender");
    refuses(endpoint.try_receive(reply), ErrorCode::would_block, "try_receive without a caller");

    sel::Result<sel::Received> received = sel::refused({ErrorCode::empty_slot});
    auto receive_once = [&] { received = endpoint.receive(); };
    auto receiver = stage.start({.priority = above}, receive_once);
    check(!stage.has_ended(receiver), "a receive waits");
    succeeds(badged.try_send(Message(7, 1, 2, 3)), "try_send to a waiting receiver");
    stage.wait_for(receiver);
    check(received && received->badge == 0xfeed'0000'0000'0001, "all 64 bits of the badge arrive");
    check(received && received->message.label() == 7 && received->message.length() == 3, "label and length arrive");
    check(received && received->message.register_words() == std::array<uint64_t, 8>{1, 2, 3}, "the words arrive");

    receiver = stage.start({.priority = below}, receive_once);
    succeeds(endpoint.send(Message(8)), "a send waits for its receiver");
    stage.wait_for(receiver);
    check(received && received->message.label() == 8 && received->badge == 0, "a send that waited arrives");

    auto send_once = [&] { succeeds(badged.send(Message(9, 5)), "a send that is received later"); };
    const auto sender = stage.start({.priority = above}, send_once);
    check(!stage.has_ended(sender), "a send without receiver waits");
    auto got = endpoint.try_receive();
    check(got && got->message.label() == 9 && got->message.word(0) == 5, "try_receive takes a waiting send");
    stage.wait_for(sender);

    sel::Result<Message> answer = sel::refused({ErrorCode::empty_slot});
    auto call_once = [&] { answer = badged.call(Message(10, 6)); };
    const auto caller = stage.start({.priority = above}, call_once);
    refuses(endpoint.try_receive(), ErrorCode::would_block, "a receive without a Reply takes no caller");
    got = endpoint.try_receive(reply);
    check(got && got->message.word(0) == 6 && got->badge == 0xfeed'0000'0000'0001, "a receive takes a waiting caller");
    refuses(endpoint.try_receive(reply), ErrorCode::in_use, "a Reply that holds a caller takes no other");
    succeeds(reply.send(Message(11, 7)), "the answer");
    stage.wait_for(caller);
    check(answer && answer->label() == 11 && answer->word(0) == 7, "the answer arrives");
    refuses(reply.send(Message(12)), ErrorCode::cancelled, "a second answer");
}

void check_order(test::Stage& stage) {
    const auto endpoint = stage.make<Endpoint>();
    auto send_1 = [&] { succeeds(endpoint.send(Message(1)), "sender 1"); };
    auto send_2 = [&] { succeeds(endpoint.send(Message(2)), "sender 2"); };
    auto send_3 = [&] { succeeds(endpoint.send(Message(3)), "sender 3"); };
    auto send_4 = [&] { succeeds(endpoint.send(Message(4)), "sender 4"); };
    (void)stage.start({.priority = above}, send_1);
    (void)stage.start({.priority = far_above}, send_2);
    (void)stage.start({.priority = above}, send_3);
    (void)stage.start({.priority = far_above}, send_4);
    for (const uint32_t expected : {2U, 4U, 1U, 3U}) {
        const auto got = endpoint.try_receive();
        check(got && got->message.label() == expected, "by priority, equals first come first served");
    }

    std::array<uint32_t, 2> got{};
    const auto receive_into = [&](unsigned place) {
        return [&endpoint, &got, place] {
            if (const auto received = endpoint.receive()) {
                got[place] = received->message.label();
            }
        };
    };
    auto receive_low = receive_into(0);
    auto receive_high = receive_into(1);
    const auto low = stage.start({.priority = above}, receive_low);
    const auto high = stage.start({.priority = far_above}, receive_high);
    succeeds(endpoint.send(Message(5)), "sending to two receivers");
    succeeds(endpoint.send(Message(6)), "sending to the second");
    stage.wait_for(low);
    stage.wait_for(high);
    check(got == std::array<uint32_t, 2>{6, 5}, "the receiver of higher priority comes first");
}

}  // namespace partners
