// SPDX-License-Identifier: BSD-2-Clause
// Capabilities in messages: map and grant items, the receive window, all or nothing.
#include <vector>

#include "ipc/endpoint.hpp"
#include "object/cap_table.hpp"
#include "object/frame.hpp"
#include "object/untyped.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

using abi::ItemKind;
using abi::MessageItem;

MessageItem map_item(uint64_t index, abi::RightsMask rights = every_right, uint64_t badge = 0) {
    return MessageItem::make(ItemKind::map, index, rights.raw(), badge);
}
MessageItem grant_item(uint64_t index) { return MessageItem::make(ItemKind::grant, index, 0, 0); }

/// A receiver with a window of a table of its own, and a sender.
struct Post {
    static constexpr uint64_t window_first = 2;

    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t reply = world.make(ObjectType::reply);
    uint64_t table = world.make(ObjectType::cap_table, 8);
    Actor receiver = world.spawn();
    Actor sender = world.spawn();

    explicit Post(uint64_t window = 4) { open(window); }

    void open(uint64_t count) { buffer_of(receiver).window = {table, window_first, count}; }
    Slot& arrived(uint64_t place) { return world.object<CapTable>(table).slots()[window_first + place]; }

    Registers receives() {
        return as(world, receiver, [&] { return receive(endpoint, reply); });
    }
    Registers sends(const std::vector<MessageItem>& items, SystemCall number = SystemCall::send) {
        for (size_t i = 0; i < items.size(); ++i) buffer_of(sender).items[i] = items[i];
        const auto count = static_cast<unsigned>(items.size());
        return as(world, sender,
                  [&] { return talk(number, endpoint, {.words = {1, 2, 3}, .length = 3, .items = count}); });
    }
    /// The sender is refused, and the receiver waits on with an empty window.
    void check_refused_items(const sel::Error& expected, const std::vector<MessageItem>& items) {
        world.run(sender);
        for (size_t i = 0; i < items.size(); ++i) buffer_of(sender).items[i] = items[i];
        const auto count = static_cast<unsigned>(items.size());
        for (const SystemCall number : {SystemCall::send, SystemCall::call, SystemCall::try_send}) {
            check_refused(world, expected, [&] { return talk(number, endpoint, {.items = count}); });
        }
        CHECK(state(receiver) == ThreadState::receiving_active);
    }
};

constexpr auto reason(ErrorCode code) { return static_cast<uint64_t>(code); }

}  // namespace

TEST_CASE("a mapped item arrives as a child, with the rights and the badge that the sender gives") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.receives();
    CHECK(!post.sends({map_item(notification, Right::write, 6)}).tag.error());
    Slot& arrived = post.arrived(0);
    CHECK(arrived.type() == CapType::notification);
    CHECK(arrived.capability().rights() == rights::write);
    CHECK(arrived.capability().word1() == 6);
    CHECK(arrived.previous() == &post.world.slot(notification));
    CHECK(result(post.receiver).tag.items() == 1);
    // What the sender takes back is gone.
    REQUIRE(own_table().unmap({.first = notification, .count = 1, .root = abi::KeepRoot::descendants}).has_value());
    CHECK(arrived.empty());
}

TEST_CASE("a granted item moves, with its place in the tree") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.receives();
    CHECK(!post.sends({grant_item(notification)}).tag.error());
    CHECK(post.world.slot(notification).empty());
    CHECK(post.arrived(0).origin());
}

TEST_CASE("a granted frame stays mapped where it is") {
    Post post;
    const uint64_t frame = post.world.make(ObjectType::frame, 12);
    const uint64_t address = Board::data_address + 2 * page_bytes;
    REQUIRE(cap<stub::AddressSpace>(BootSlot::space)
                .map({.frames = own_table(),
                      .first = frame,
                      .count = 1,
                      .address = address,
                      .rights = Right::read,
                      .kind = abi::MemoryKind::normal})
                .has_value());
    post.receives();
    CHECK(!post.sends({grant_item(frame)}).tag.error());
    CHECK(Frame(post.arrived(0)).entry() != nullptr);
    back(post.world);
    CHECK(post.world.can_access(address, Right::read));
}

TEST_CASE("four items of both kinds go with one message, in their order") {
    Post post;
    const uint64_t first = post.world.take_slots(4);
    REQUIRE(post.world.memory().retype(
                {.type = ObjectType::endpoint, .size = 0, .count = 4, .table = own_table(), .first = first}) == 4);
    post.receives();
    post.sends({map_item(first), grant_item(first + 1), map_item(first), grant_item(first + 3)}, SystemCall::call);
    CHECK(post.arrived(0).object<void>() == post.world.slot(first).object<void>());
    CHECK(post.arrived(1).origin());
    CHECK(post.arrived(2).object<void>() == post.world.slot(first).object<void>());
    CHECK(post.arrived(3).origin());
    CHECK(result(post.receiver).words[2] == 3);
    CHECK(state(post.sender) == ThreadState::called_keeping);
}

TEST_CASE("an answer carries capabilities, too") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    buffer_of(post.sender).window = {post.table, 0, 1};
    post.receives();
    post.sends({}, SystemCall::call);
    buffer_of(post.receiver).items[0] = grant_item(notification);
    as(post.world, post.receiver, [&] { return send(post.reply, {.items = 1}); });
    CHECK(post.world.object<CapTable>(post.table).slots()[0].origin());
    post.world.run(post.sender);
    CHECK(result(post.sender).tag.items() == 1);
}

TEST_CASE("an answer may grant away the endpoint that its sender receives from") {
    Post post;
    buffer_of(post.sender).window = {post.table, 0, 1};
    const uint64_t own = post.world.derive(post.endpoint, every_right);
    post.receives();
    post.sends({}, SystemCall::call);
    buffer_of(post.receiver).items[0] = grant_item(own);
    as(post.world, post.receiver, [&] { return reply_receive(own, post.reply, {.items = 1}); });
    CHECK(post.world.slot(own).empty());
    CHECK(post.world.object<CapTable>(post.table).slots()[0].type() == CapType::endpoint);
    CHECK(state(post.receiver) == ThreadState::receiving_active);
    CHECK(post.receiver.object->blocked_on == &post.world.object<Endpoint>(post.endpoint));
}

TEST_CASE("an answer that fills the window of its sender is sent, and the receive goes on") {
    Post post;
    buffer_of(post.sender).window = {post.table, Post::window_first, 1};
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.receives();
    post.sends({}, SystemCall::call);
    buffer_of(post.receiver).items[0] = grant_item(notification);
    as(post.world, post.receiver, [&] { return reply_receive(post.endpoint, post.reply, {.items = 1}); });
    CHECK(post.arrived(0).type() == CapType::notification);
    CHECK(state(post.receiver) == ThreadState::receiving_active);
}

TEST_CASE("a sender that has lost its buffer while it waited has sent nothing") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    SECTION("capabilities") { post.sends({grant_item(notification)}); }
    SECTION("more words than registers") {
        as(post.world, post.sender, [&] { return send(post.endpoint, {.length = 20}); });
    }
    back(post.world);
    destroy(post.sender.buffer);
    post.receives();
    CHECK(error_of(post.sender) == sel::Error{ErrorCode::no_buffer, 0});
    CHECK(state(post.receiver) == ThreadState::receiving_active);
    CHECK(!post.world.slot(notification).empty());
}

TEST_CASE("capabilities wait with their message") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.sends({grant_item(notification)});
    CHECK(!post.world.slot(notification).empty());
    CHECK(post.receives().tag.items() == 1);
    CHECK(post.arrived(0).origin());
}

TEST_CASE("a queued item that is gone by the time is its sender's error") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.sends({map_item(notification)});
    back(post.world);
    destroy(notification);
    post.receives();
    CHECK(error_of(post.sender) == sel::Error{ErrorCode::bad_item, 0, reason(ErrorCode::empty_slot)});
    CHECK(state(post.receiver) == ThreadState::receiving_active);
}

TEST_CASE("more items than the window has room for are refused, and none arrives") {
    for (const uint64_t room : {0U, 1U, 2U}) {
        Post post(room);
        const uint64_t notification = post.world.make(ObjectType::notification);
        const auto item = map_item(notification);
        post.receives();
        post.check_refused_items({ErrorCode::window_full, 3, room}, {item, item, item});
    }
}

TEST_CASE("a window filled while its receiver waits is the sender's error") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.receives();
    back(post.world);
    REQUIRE(cap<stub::CapTable>(post.table)
                .map({.first = Post::window_first + 1,
                      .source = own_table(),
                      .source_first = notification,
                      .count = 1,
                      .rights = every_right,
                      .badge = 0})
                .has_value());
    post.check_refused_items({ErrorCode::window_full, 2, 1}, {map_item(notification), map_item(notification)});
    CHECK(post.arrived(0).empty());
}

TEST_CASE("a window that is gone while its receiver waits has no room") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    post.receives();
    back(post.world);
    destroy(post.table);
    post.check_refused_items({ErrorCode::window_full, 1, 0}, {map_item(notification)});
    CHECK(!post.sends({}).tag.error());
}

TEST_CASE("a receiver without a buffer takes no capability") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    const Actor bare = post.world.spawn({.buffered = false});
    as(post.world, bare, [&] { return receive(post.endpoint); });
    post.world.run(post.sender);
    buffer_of(post.sender).items[0] = map_item(notification);
    check_refused(post.world, {ErrorCode::window_full, 1, 0}, [&] { return send(post.endpoint, {.items = 1}); });
}

TEST_CASE("sending capabilities asks for the right to transfer") {
    Post post;
    const uint64_t notification = post.world.make(ObjectType::notification);
    const uint64_t plain = post.world.derive(post.endpoint, Right::read | Right::write | Right::reply);
    buffer_of(post.sender).items[0] = map_item(notification);
    post.world.run(post.sender);
    for (const SystemCall number : {SystemCall::call, SystemCall::send, SystemCall::try_send}) {
        check_refused(post.world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::transfer)},
                      [&] { return talk(number, plain, {.items = 1}); });
    }
}

TEST_CASE("an item that cannot be sent is named with its reason, and those before it do not arrive") {
    Post post;
    World& world = post.world;
    const uint64_t good = world.make(ObjectType::notification);
    const uint64_t badged = world.derive(good, every_right, 3);
    const uint64_t parent = world.make(ObjectType::endpoint);
    (void)world.derive(parent, every_right);
    const uint64_t untyped = world.make(ObjectType::untyped, 4);
    (void)world.derive(untyped, every_right);
    const uint64_t whole = world.make(ObjectType::untyped, 4);
    const uint64_t free = world.take_slot();
    const uint64_t beyond = world.table().count();
    const struct {
        MessageItem item;
        ErrorCode reason;
    } bad[] = {
        {map_item(free), ErrorCode::empty_slot},
        {grant_item(free), ErrorCode::empty_slot},
        {map_item(beyond), ErrorCode::index_out_of_range},
        {map_item(badged, every_right, 4), ErrorCode::badge_set},
        {map_item(whole, every_right, 4), ErrorCode::argument_out_of_range},
        {map_item(untyped), ErrorCode::has_children},
        {grant_item(parent), ErrorCode::has_children},
    };
    post.receives();
    for (const auto& [item, why] : bad) {
        post.check_refused_items({ErrorCode::bad_item, 0, reason(why)}, {item});
        post.check_refused_items({ErrorCode::bad_item, 2, reason(why)}, {map_item(parent), map_item(whole), item});
    }
    CHECK(!world.slot(whole).has_children());
}

TEST_CASE("one capability goes twice only if both items are maps that leave it what it is") {
    Post post;
    const uint64_t endpoint = post.world.make(ObjectType::endpoint);
    const uint64_t untyped = post.world.make(ObjectType::untyped, 4);
    post.receives();
    const sel::Error twice{ErrorCode::bad_item, 1, reason(ErrorCode::in_use)};
    post.check_refused_items(twice, {grant_item(endpoint), grant_item(endpoint)});
    post.check_refused_items(twice, {map_item(endpoint), grant_item(endpoint)});
    post.check_refused_items(twice, {grant_item(endpoint), map_item(endpoint)});
    post.check_refused_items(twice, {map_item(untyped), map_item(untyped)});
    CHECK(!post.sends({map_item(endpoint), map_item(endpoint)}).tag.error());
}

TEST_CASE("a chain of derivations through messages ends at the depth limit") {
    Post post(1);
    World& world = post.world;
    world.check_always(false);
    uint64_t last = world.make(ObjectType::endpoint);
    while (world.slot(last).depth() < DerivationTree::maximum_depth) last = world.derive(last, every_right);
    post.receives();
    post.check_refused_items({ErrorCode::bad_item, 0, reason(ErrorCode::depth_exceeded)}, {map_item(last)});
    world.check();
}

TEST_CASE("a receive whose window could not take a capability is refused before it waits") {
    Post post;
    World& world = post.world;
    const uint64_t unwritable = world.derive(post.table, Right::read);
    const uint64_t free = world.take_slot();
    const auto write_missing = static_cast<uint64_t>(Right::write);
    const struct {
        abi::ReceiveWindow window;
        sel::Error error;
    } wrong[] = {
        {{free, 0, 1}, {ErrorCode::wrong_type, 0, 0}},
        {{post.endpoint, 0, 1}, {ErrorCode::wrong_type, 0, static_cast<uint64_t>(ObjectType::endpoint)}},
        {{world.table().count(), 0, 1}, {ErrorCode::index_out_of_range, 0, world.table().count()}},
        {{unwritable, 0, 1}, {ErrorCode::missing_right, 0, write_missing}},
        {{post.table, 8, 1}, {ErrorCode::index_out_of_range, 0, 8}},
        {{post.table, 5, 4}, {ErrorCode::index_out_of_range, 0, 8}},
        {{post.table, ~uint64_t{0}, 4}, {ErrorCode::index_out_of_range, 0, 2}},
        {{static_cast<uint64_t>(BootSlot::table), static_cast<uint64_t>(BootSlot::task), 1},
         {ErrorCode::occupied_slot, 0, 0}},
    };
    world.run(post.receiver);
    for (const auto& [window, error] : wrong) {
        buffer_of(post.receiver).window = window;
        check_refused(world, error, [&] { return receive(post.endpoint, post.reply); });
        check_refused(world, error, [&] { return try_receive(post.endpoint); });
        check_refused(world, error, [&] { return reply_receive(post.endpoint, post.reply); });
    }
    // A window of more slots than a message has items is one of four.
    buffer_of(post.receiver).window = {post.table, 4, 1000};
    check_refused(world, {ErrorCode::would_block}, [&] { return try_receive(post.endpoint); });
}

}  // namespace selene::test
