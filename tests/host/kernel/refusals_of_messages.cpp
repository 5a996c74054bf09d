// SPDX-License-Identifier: BSD-2-Clause
// How system calls of messages are refused.
#include "refusals.hpp"

namespace selene::test {

namespace {

using enum ErrorCode;
using Type = ObjectType;
using Call = SystemCall;

constexpr unsigned too_long = abi::message_words + 1;
constexpr unsigned in_buffer = abi::register_words + 1;

/// An endpoint and two Replies: of the first thread, and of a server that waits, its window open for nothing.
struct Parties {
    uint64_t endpoint;
    uint64_t reply;
    uint64_t other_reply;
    Actor server;
};
Parties parties(Scene& s, bool buffered = true) {
    Parties it{s.make(Type::endpoint), s.make(Type::reply), s.make(Type::reply), s.world.spawn({.buffered = buffered})};
    as(s.world, it.server, [&] { return receive(it.endpoint, it.other_reply); });
    back(s.world);
    return it;
}
/// Another thread has called and waits in the first thread's Reply.
struct Served {
    uint64_t endpoint;
    uint64_t reply;
    Actor client;
};
Served served(Scene& s, bool buffered = true) {
    Served it{s.make(Type::endpoint), s.make(Type::reply), s.world.spawn({.buffered = buffered})};
    as(s.world, it.client, [&] { return call(it.endpoint); });
    back(s.world);
    REQUIRE(!receive(it.endpoint, it.reply).tag.error());
    return it;
}
/// The item that the first thread sends: what an empty slot holds.
void prepare_bad_item(Scene& s) {
    reinterpret_cast<abi::IpcBuffer*>(s.world.first().buffer)->items[0] =
        abi::MessageItem::make(abi::ItemKind::map, s.empty(), all_rights, 0);
}
/// The first thread's window: one slot, which is occupied.
void occupy_window(Scene& s) {
    reinterpret_cast<abi::IpcBuffer*>(s.world.first().buffer)->window = {own_slot, own_slot, 1};
}
void open_window(Scene& s, const Actor& receiver) { buffer_of(receiver).window = {own_slot, s.empty(), 1}; }

/// Through an endpoint at which a server waits: the message is refused as it is.
template <SystemCall number>
void refuse_too_long(Scene& s) {
    s.refuse([it = parties(s)] { return talk(number, it.endpoint, {.length = too_long}, it.reply); });
}
template <SystemCall number>
void refuse_no_buffer(Scene& s) {
    s.refuse([it = parties(s, false)] { return talk(number, it.endpoint, {.length = in_buffer}, it.reply); });
}
template <SystemCall number>
void refuse_full_window(Scene& s) {
    s.refuse([it = parties(s)] { return talk(number, it.endpoint, {.items = 1}, it.reply); });
}
template <SystemCall number>
void refuse_bad_item(Scene& s) {
    const Parties it = parties(s);
    // The window is looked at when the message comes.
    open_window(s, it.server);
    prepare_bad_item(s);
    s.refuse([=] { return talk(number, it.endpoint, {.items = 1}, it.reply); });
}
/// The same as an answer.
template <unsigned length, unsigned items, bool buffered>
void refuse_answer(Scene& s) {
    const Served it = served(s, buffered);
    s.refuse([=] { return reply_receive(it.endpoint, it.reply, {.length = length, .items = items}); });
}
template <SystemCall number>
void refuse_used_reply(Scene& s) {
    const Served it = served(s);
    const Actor other = s.world.spawn();
    s.world.run(other);
    s.refuse([=] { return talk(number, it.endpoint, {}, it.reply); });
}
template <SystemCall number>
void refuse_occupied_window(Scene& s) {
    occupy_window(s);
    s.refuse(
        [endpoint = s.make(Type::endpoint), reply = s.make(Type::reply)] { return talk(number, endpoint, {}, reply); });
}
/// A server without time of its own runs on that of the client that it serves.
struct Lent {
    uint64_t endpoint;
    uint64_t reply;
};
Lent run_on_lent_time(Scene& s) {
    const Lent it{s.make(Type::endpoint), s.make(Type::reply)};
    const Actor server = s.world.spawn();
    as(s.world, server, [&] { return receive(it.endpoint, it.reply); });
    back(s.world);
    REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    const Actor client = s.world.spawn();
    as(s.world, client, [&] { return call(it.endpoint); });
    s.world.run(server);
    return it;
}
template <SystemCall number>
void refuse_no_reply(Scene& s) {
    s.refuse([it = run_on_lent_time(s)] { return talk(number, it.endpoint); });
}
template <SystemCall number>
void refuse_lent_budget(Scene& s) {
    s.refuse([it = run_on_lent_time(s)] { return talk(number, it.reply); });
}
template <SystemCall number>
void refuse_unused_reply(Scene& s) {
    s.refuse([reply = s.make(Type::reply)] { return talk(number, reply); });
}
template <SystemCall number, ObjectType type>
void end_while_waiting(Scene& s) {
    const uint64_t object = s.make(type);
    const uint64_t reply = s.make(Type::reply);
    const Actor actor = s.world.spawn();
    as(s.world, actor, [&] { return talk(number, object, {}, reply); });
    back(s.world);
    destroy(object);
    s.ended(actor);
}

constexpr CallRefusal refusals[] = {
    {Call::call, message_too_long, refuse_too_long<Call::call>},
    {Call::call, no_buffer, refuse_no_buffer<Call::call>},
    {Call::call, window_full, refuse_full_window<Call::call>},
    {Call::call, bad_item, refuse_bad_item<Call::call>},
    {Call::call, cancelled, end_while_waiting<Call::call, Type::endpoint>},

    {Call::reply_receive, message_too_long, refuse_answer<too_long, 0, true>},
    {Call::reply_receive, no_buffer, refuse_answer<in_buffer, 0, false>},
    {Call::reply_receive, window_full, refuse_answer<0, 1, true>},
    {Call::reply_receive, bad_item,
     [](Scene& s) {
         const Served it = served(s);
         open_window(s, it.client);
         prepare_bad_item(s);
         s.refuse([=] { return reply_receive(it.endpoint, it.reply, {.items = 1}); });
     }},
    {Call::reply_receive, no_reply,
     [](Scene& s) { s.refuse([it = s.make(Type::endpoint)] { return reply_receive(it, test::no_reply); }); }},
    {Call::reply_receive, not_bound,
     [](Scene& s) {
         const uint64_t endpoint = s.make(Type::endpoint);
         const uint64_t reply = s.make(Type::reply);
         s.refuse([=] { return reply_receive(endpoint, reply, {.must_arrive = true}); });
     }},
    {Call::reply_receive, in_use,
     [](Scene& s) {
         const Parties it = parties(s);
         s.refuse([=] { return reply_receive(it.endpoint, it.other_reply); });
     }},
    {Call::reply_receive, occupied_slot, refuse_occupied_window<Call::reply_receive>},
    {Call::reply_receive, cancelled, end_while_waiting<Call::reply_receive, Type::endpoint>},

    {Call::send, message_too_long, refuse_too_long<Call::send>},
    {Call::send, no_buffer, refuse_no_buffer<Call::send>},
    {Call::send, window_full, refuse_full_window<Call::send>},
    {Call::send, bad_item, refuse_bad_item<Call::send>},
    {Call::send, lent_budget, refuse_lent_budget<Call::send>},
    {Call::send, cancelled, refuse_unused_reply<Call::send>},

    {Call::receive, no_reply, refuse_no_reply<Call::receive>},
    {Call::receive, in_use, refuse_used_reply<Call::receive>},
    {Call::receive, occupied_slot, refuse_occupied_window<Call::receive>},
    {Call::receive, cancelled, end_while_waiting<Call::receive, Type::endpoint>},

    {Call::try_send, would_block, [](Scene& s) { s.refuse([it = s.make(Type::endpoint)] { return try_send(it); }); }},
    {Call::try_send, message_too_long, refuse_too_long<Call::try_send>},
    {Call::try_send, no_buffer, refuse_no_buffer<Call::try_send>},
    {Call::try_send, window_full, refuse_full_window<Call::try_send>},
    {Call::try_send, bad_item, refuse_bad_item<Call::try_send>},
    {Call::try_send, lent_budget, refuse_lent_budget<Call::try_send>},
    {Call::try_send, cancelled, refuse_unused_reply<Call::try_send>},

    {Call::try_receive, would_block,
     [](Scene& s) { s.refuse([it = s.make(Type::endpoint)] { return try_receive(it); }); }},
    {Call::try_receive, no_reply, refuse_no_reply<Call::try_receive>},
    {Call::try_receive, in_use, refuse_used_reply<Call::try_receive>},
    {Call::try_receive, occupied_slot, refuse_occupied_window<Call::try_receive>},

    {Call::wait, cancelled, end_while_waiting<Call::wait, Type::notification>},
};

}  // namespace

std::span<const CallRefusal> refusals_of_messages() { return refusals; }

}  // namespace selene::test
