// SPDX-License-Identifier: BSD-2-Clause
// Capabilities in messages: mapped, granted, refused, received.

#include "parts.hpp"

#include <sel/environment.hpp>

#include "../ipc_protocol.hpp"

namespace ipc_test {

using sel::CapIndex;
using sel::Message;
using sel::Notification;
using sel::Result;
using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using sel::abi::Right;
using test::check;
using test::refuses;
using test::succeeds;

namespace {

template <typename... Items>
Message with_items(Request request, Items... items) {
    Message message(request);
    (((void)message.append(items)), ...);
    return message;
}

/// Whether a slot of the own table is empty.
bool is_empty(CapIndex slot) {
    const auto received = sel::Endpoint(slot).try_receive();  // what is there is no endpoint
    return !received && received.error().is(ErrorCode::empty_slot);
}

uint64_t code(ErrorCode error) { return static_cast<uint64_t>(error); }

}  // namespace

void check_items(test::Stage& stage, sel::Endpoint server) {
    const auto notification = stage.make<Notification>();
    auto answer = server.call(with_items(Request::signal, sel::mapped_item(notification.index(), Right::write, 32)));
    check(answer && answer->word(0) == 1 && answer->word(1) == 0, "the server can use what was mapped to it");
    check(answer && answer->word(2) == code(ErrorCode::missing_right), "with the rights that it was given");
    check(notification.poll() == 32U, "and with the badge");

    const auto first = stage.derive(notification, Right::write, 1);
    const auto second = stage.derive(notification, test::all_rights, 2);
    answer = server.call(with_items(Request::signal, sel::granted_item(first.index()),
                                    sel::mapped_item(second.index(), test::all_rights)));
    check(answer && answer->word(0) == 2 && answer->word(1) == 0, "a granted and a mapped one at once");
    check(is_empty(first.index()), "what was granted is no longer here");
    check(!is_empty(second.index()), "what was mapped is still here");
    check(notification.poll() == 3U, "both were signalled");

    // A frame that both sides use.
    constexpr uint64_t page_bits = 12;
    const auto frame = stage.make<sel::Frame>(page_bits);
    const sel::Frames frames{.first = frame.index(), .count = 1};
    const auto address = stage.mapper().map(frames);
    if (!succeeds(address, "mapping a frame")) {
        return;
    }
    auto* const word = reinterpret_cast<volatile uint64_t*>(*address);
    *word = 0x1234;
    Message request(Request::fill, 0x5678);
    (void)request.append(sel::mapped_item(frame.index(), sel::abi::RightsMask(Right::read) | Right::write));
    answer = server.call(request);
    check(answer && answer->word(0) == 0x1234, "the server reads what the client has written");
    check(*word == 0x5678, "the client reads what the server has written");

    Message read_only(Request::fill, 0x9abc);
    (void)read_only.append(sel::mapped_item(frame.index(), Right::read));
    answer = server.call(read_only);
    check(answer && answer->label() == 1, "the server cannot map for writing what it may only read");
    check(*word == 0x5678, "nothing was written");
    succeeds(stage.mapper().unmap(*address, frames), "unmapping the frame");
}

void check_refused_items(test::Stage& stage, sel::Endpoint server) {
    const auto notification = stage.make<Notification>();
    const auto first = stage.derive(notification, test::all_rights, 1);
    const auto second = stage.derive(notification, test::all_rights, 2);
    const auto third = stage.derive(notification, test::all_rights, 4);
    const auto counted = [&] {
        const auto answer = server.call(Message(Request::pass_by));
        check(answer && answer->word(0) == 0, "nothing of it has arrived");
        check(!is_empty(first.index()) && !is_empty(second.index()), "all capabilities are still here");
    };

    auto refused = server.call(with_items(Request::signal, sel::granted_item(first.index()),
                                          sel::granted_item(second.index()), sel::granted_item(third.index())));
    refuses(refused, ErrorCode::window_full, "three capabilities for a window of two");
    check(!refused && refused.error().details[0] == 3 && refused.error().details[1] == 2, "the error has the numbers");
    counted();

    const CapIndex empty = sel::or_abort(sel::own_slots().allocate(), "finding a slot");
    refused = server.call(with_items(Request::signal, sel::granted_item(first.index()), sel::granted_item(empty)));
    refuses(refused, ErrorCode::bad_item, "a capability that is none");
    check(!refused && refused.error().details[0] == 1 && refused.error().details[1] == code(ErrorCode::empty_slot),
          "the error names the item and why");
    counted();

    refused = server.call(with_items(Request::signal, sel::granted_item(notification.index())));
    refuses(refused, ErrorCode::bad_item, "granting a capability with descendants");
    check(!refused && refused.error().details[1] == code(ErrorCode::has_children), "the error says why");
    refused = server.call(with_items(Request::signal, sel::mapped_item(first.index(), test::all_rights, 8)));
    refuses(refused, ErrorCode::bad_item, "a second badge");
    check(!refused && refused.error().details[1] == code(ErrorCode::badge_set), "the error says why");
    refused =
        server.call(with_items(Request::signal, sel::granted_item(first.index()), sel::granted_item(first.index())));
    refuses(refused, ErrorCode::bad_item, "granting the same capability twice");
    counted();

    const auto words_only = sel::or_abort(sel::environment().endpoint("no_capabilities"), "finding the endpoint");
    refuses(words_only.call(with_items(Request::signal, sel::granted_item(first.index()))), ErrorCode::missing_right,
            "capabilities without the right to send them");
    counted();
    check(notification.poll() == 0U, "nobody has signalled");
}

void check_received_items(test::Stage& stage, sel::Endpoint server) {
    constexpr uint64_t slots = 2;
    const CapIndex window = sel::or_abort(sel::own_slots().allocate(slots), "finding slots");
    const auto set_window = [&](uint64_t count) {
        succeeds(sel::set_receive_window(stage.table().index(), window.raw(), count), "setting the window");
    };
    const auto gifts = [&] {
        const auto answer = server.call(Message(Request::give));
        return answer && answer->label() == 0 ? answer->items() : 0;
    };
    set_window(0);
    check(gifts() == 0, "an answer with capabilities does not reach who takes none");
    set_window(1);
    check(gifts() == 0 && is_empty(window), "nor half of it who takes too few");
    set_window(slots);
    check(gifts() == 2, "capabilities in an answer");
    const Notification readable(window);
    const Notification writable(window + 1);
    refuses(readable.signal(), ErrorCode::missing_right, "signalling by what may only be read");
    check(readable.poll() == 0U, "reading it");
    refuses(writable.poll(), ErrorCode::missing_right, "reading what may only be signalled");
    succeeds(writable.signal(), "signalling it");
    const auto heard = server.call(Message(Request::listen));
    check(heard && heard->word(0) == 16, "the server hears of it");

    check(gifts() == 0, "nothing goes into an occupied window");
    refuses(stage.make<sel::Endpoint>().try_receive(), ErrorCode::occupied_slot, "receiving with an occupied window");
    succeeds(stage.table().unmap({.first = window.raw(), .count = slots, .root = KeepRoot::self}), "emptying it");
    check(gifts() == 2, "the emptied window takes again");
    succeeds(stage.table().unmap({.first = window.raw(), .count = slots, .root = KeepRoot::self}), "emptying it");
    set_window(0);
}

}  // namespace ipc_test
