// SPDX-License-Identifier: BSD-2-Clause
// A passive server whose client's time goes while it works: it ends that work on the time of who calls next, and serves
// that one, wherever in its work it was.

#include "parts.hpp"

#include <optional>

namespace partners {

using sel::Endpoint;
using sel::Message;
using sel::Notification;
using sel::Result;
using sel::abi::ErrorCode;
using test::Actor;
using test::check;
using test::refuses;
using test::succeeds;

namespace {

/// Does some of its requests in two halves.
struct Server {
    enum Request : uint32_t { at_once, that_waits, that_touches };

    Endpoint requests;
    sel::Reply reply;
    Notification second_half;
    volatile uint64_t* page = nullptr;
    unsigned begun = 0;
    unsigned ended = 0;

    explicit Server(test::Stage& stage)
        : requests(stage.make<Endpoint>()), reply(stage.make<sel::Reply>()), second_half(stage.make<Notification>()) {}

    void operator()() {
        auto next = requests.receive(reply);
        while (next) {
            ++begun;
            if (next->message.label() == that_waits) (void)second_half.wait();
            if (next->message.label() == that_touches) *page = *page + 1;
            ++ended;
            next = requests.reply_receive(reply, Message(0, next->message.word(0) + 1));
        }
    }
};

struct Client {
    Endpoint server;
    Message request;
    Result<Message> answer = sel::refused({ErrorCode::empty_slot});

    void operator()() { answer = server.call(request); }
};

template <typename Script>
Actor start_passive(test::Stage& stage, Script& script, std::optional<sel::Task> task = {}) {
    const Actor actor = stage.start({.priority = above, .task = task}, script);
    succeeds(actor.time.unbind(), "taking a server's time");
    return actor;
}

bool is_unfinished(const Actor& actor) {
    const auto report = actor.thread.inspect();
    return report && report->state == sel::abi::ThreadState::unfinished;
}

/// A server in the middle of what it does for a client.
struct Scene {
    test::Stage& stage;
    Server& server;
    Actor serving;
    Client leaver;
    Actor leaving;

    Scene(test::Stage& stage, Server& server, Server::Request request, std::optional<sel::Task> task = {})
        : stage(stage),
          server(server),
          serving(start_passive(stage, server, task)),
          leaver{server.requests, Message(request, 1)},
          leaving(stage.start({.priority = above}, leaver)) {
        check(server.begun == 1 && server.ended == 0, "the server is at work");
    }

    void check_unfinished() const {
        check(is_unfinished(serving) && server.ended == 0, "without time the server waits where it is");
    }
    /// Somebody else calls; `meanwhile` is what the server needs for its second half.
    template <typename Meanwhile>
    void check_serves(const Meanwhile& meanwhile) {
        Client next{server.requests, Message(Server::at_once, 41)};
        const Actor calling = stage.start({.priority = above}, next);
        meanwhile();
        check(stage.has_ended(calling) && next.answer && next.answer->word(0) == 42, "who calls next is served");
        check(server.begun == 2 && server.ended == 2, "and what was begun has ended, once");
        const auto last = server.requests.call(Message(Server::at_once, 1));
        check(last && last->word(0) == 2, "so is everybody from then on");
    }
};

void nothing() {}

void check_destroyed(test::Stage& stage) {
    Server server(stage);
    Scene scene(stage, server, Server::that_waits);
    stage.destroy(scene.leaving);
    succeeds(server.second_half.signal(), "what the server waits for");
    scene.check_unfinished();
    scene.check_serves(nothing);
}

void check_without_time(test::Stage& stage) {
    Server server(stage);
    Scene scene(stage, server, Server::that_waits);
    succeeds(scene.leaving.time.unbind(), "taking the client's time");
    succeeds(server.second_half.signal(), "what the server waits for");
    scene.check_unfinished();
    succeeds(scene.leaving.time.bind(scene.leaving.thread), "giving it back");
    check(stage.has_ended(scene.leaving), "the client goes on");
    refuses(scene.leaver.answer, ErrorCode::cancelled, "and has no answer");
    scene.check_serves(nothing);
}

void check_answered(test::Stage& stage) {
    Server server(stage);
    Scene scene(stage, server, Server::that_waits);
    succeeds(server.reply.send(Message(0, 7)), "answering in the server's place");
    check(stage.has_ended(scene.leaving) && scene.leaver.answer && scene.leaver.answer->word(0) == 7,
          "the client has its answer and its time");
    succeeds(server.second_half.signal(), "what the server waits for");
    scene.check_unfinished();
    scene.check_serves(nothing);
}

/// Where a page will be mapped.
struct Hole {
    test::Stage& stage;
    uint64_t address = sel::or_abort(sel::own_addresses().allocate(bytes), "finding addresses");

    static constexpr uint64_t bytes = 4096;

    void fill() const {
        constexpr uint64_t page_bits = 12;
        const auto frame = stage.make_objects(sel::abi::ObjectType::frame, page_bits, 1);
        succeeds(stage.mapper().map_at(address, {.first = frame.first, .count = 1}), "mapping a page");
    }
    [[nodiscard]] volatile uint64_t* begin() const { return reinterpret_cast<volatile uint64_t*>(address); }
};

/// Its fault waits to be received when the client goes.
void check_faulting(test::Stage& stage) {
    const auto faults = stage.make<Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    const Hole hole{stage};
    Server server(stage);
    server.page = hole.begin();
    Scene scene(stage, server, Server::that_touches, stage.make_task(faults));
    stage.destroy(scene.leaving);
    scene.check_unfinished();
    refuses(faults.try_receive(reply), ErrorCode::would_block, "its fault is there no longer");
    scene.check_serves([&] {
        const auto fault = faults.try_receive(reply);
        check(fault && fault->arrival == sel::Arrival::fault && fault->message.word(0) == hole.address,
              "it comes again on the next client's time");
        hole.fill();
        succeeds(reply.send(Message(0)), "letting the server go on");
    });
    check(*server.page == 1, "what faulted is done once");
}

/// Mends faults on the time of who has faulted.
struct Pager {
    Endpoint faults;
    sel::Reply reply;
    Notification mended;
    unsigned told = 0;

    explicit Pager(test::Stage& stage)
        : faults(stage.make<Endpoint>()), reply(stage.make<sel::Reply>()), mended(stage.make<Notification>()) {}

    void operator()() {
        auto next = faults.receive(reply);
        while (next) {
            ++told;
            (void)mended.wait();
            next = faults.reply_receive(reply, Message(0));
        }
    }
};

/// A handler without time of its own is at work on its fault when the client goes.
void check_mending(test::Stage& stage) {
    Pager pager(stage);
    const Actor paging = start_passive(stage, pager);
    const Hole hole{stage};
    Server server(stage);
    server.page = hole.begin();
    Scene scene(stage, server, Server::that_touches, stage.make_task(pager.faults));
    check(pager.told == 1, "the handler is at work");
    stage.destroy(scene.leaving);
    succeeds(pager.mended.signal(), "what the handler waits for");
    check(is_unfinished(paging), "without time the handler waits where it is");
    scene.check_unfinished();
    scene.check_serves([&] {
        check(pager.told == 2, "the handler ends its work, and is told again, on the next client's time");
        hole.fill();
        succeeds(pager.mended.signal(), "what the handler waits for");
    });
    check(*server.page == 1, "what faulted is done once");
}

}  // namespace

void check_unfinished(test::Stage& stage) {
    for (void (*part)(test::Stage&) :
         {check_destroyed, check_without_time, check_answered, check_faulting, check_mending}) {
        part(stage);
    }
}

}  // namespace partners
