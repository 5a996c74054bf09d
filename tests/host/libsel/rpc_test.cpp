// SPDX-License-Identifier: BSD-2-Clause
// Remote calls, client and server in one program: every kind of argument, refusals, answers later, hostile partners.

#include <map>
#include <memory>
#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <sel/client_table.hpp>
#include <sel/rpc_server.hpp>

#include "fake_kernel.hpp"

using namespace sel;
using rpc::on;

namespace {

enum class Colour : uint8_t { red, green };
enum class Trouble : uint16_t { tired = 1 };
struct Point {
    int32_t x, y;
    uint64_t z;
    friend bool operator==(const Point&, const Point&) = default;
};

constexpr rpc::Method<1, uint64_t(uint64_t, uint64_t)> add;
constexpr rpc::Method<2, int16_t(int16_t, bool, Colour)> small;
constexpr rpc::Method<3, rpc::Text<40>(rpc::Text<40>, rpc::Items<uint32_t, 10>)> describe_items;
constexpr rpc::Method<4, Point(Point)> mirror;
constexpr rpc::Method<5, std::tuple<uint64_t, rpc::Mapped<Frame>>(rpc::Granted<Frame>)> exchange;
constexpr rpc::Method<6, void()> fail;
constexpr rpc::Method<7, uint64_t(uint64_t)> later;
constexpr rpc::Method<8, uint64_t(rpc::Buffer)> sum;
constexpr rpc::Method<9, rpc::Items<uint64_t, 119>()> longest;
using Protocol = rpc::Interface<add, small, describe_items, mirror, exchange, fail, later, sum, longest>;

class Handler {
public:
    Result<uint64_t> do_add(uint64_t one, uint64_t other) {
        work();
        return one + other;
    }
    Result<int16_t> do_small(int16_t number, bool negate, Colour) {
        return static_cast<int16_t>(negate ? -number : number);
    }
    Result<rpc::Text<40>> do_describe(std::string_view text, std::span<const uint32_t> items) {
        seen.assign(items.begin(), items.end());
        return rpc::Text<40>::of(text);
    }
    Result<Point> do_mirror(Point point) { return Point{point.y, point.x, point.z}; }
    Result<std::tuple<uint64_t, rpc::Mapped<Frame>>> do_exchange(rpc::Caller& caller, Frame frame) {
        SEL_TRY(mine, caller.keep(frame));
        kept.push_back(mine);
        return std::tuple(caller.badge(), rpc::Mapped<Frame>{mine, abi::RightsMask(abi::Right::read)});
    }
    Result<void> do_fail() { return refused({Trouble::tired, 7}); }
    std::optional<Result<uint64_t>> do_later(rpc::Caller& caller, uint64_t what) {
        if (what == 0) return Result<uint64_t>(0);
        if (what == 99) return std::nullopt;
        auto deferred = caller.defer<uint64_t>();
        if (!deferred) return Result<uint64_t>(refused(deferred.error()));
        if (what == 98) return Result<uint64_t>(refused({Trouble::tired, 98}));
        waiting.push_back(std::move(*deferred));
        return std::nullopt;
    }
    Result<uint64_t> do_sum(rpc::Buffer buffer) {
        SEL_TRY(bytes, region.at(buffer));
        uint64_t total = 0;
        for (const std::byte byte : bytes) total += static_cast<uint64_t>(byte);
        return total;
    }
    Result<rpc::Items<uint64_t, 119>> do_longest() {
        std::vector<uint64_t> items(119);
        for (size_t i = 0; i < items.size(); ++i) items[i] = i * i;
        return rpc::Items<uint64_t, 119>::of(items);
    }
    void signal(uint64_t bits) {
        work();
        signals |= bits;
    }
    void undelivered(const Message& answer) {
        work();
        lost.push_back(answer.label());
    }
    void work() {
        ++worked;
        if (while_at_work) while_at_work();
    }

    std::function<void()> while_at_work;
    unsigned worked = 0;

    std::vector<uint32_t> seen;
    std::vector<Frame> kept;
    std::vector<rpc::Deferred<uint64_t>> waiting;
    std::vector<uint32_t> lost;
    rpc::Region region;
    uint64_t signals = 0;
};

Result<void> serve(Handler& handler, const rpc::Service& service) {
    return rpc::serve<Protocol, on<add, &Handler::do_add>, on<small, &Handler::do_small>,
                      on<describe_items, &Handler::do_describe>, on<mirror, &Handler::do_mirror>,
                      on<exchange, &Handler::do_exchange>, on<fail, &Handler::do_fail>, on<later, &Handler::do_later>,
                      on<sum, &Handler::do_sum>, on<longest, &Handler::do_longest>>(handler, service);
}

Registers refusal(abi::ErrorCode code) {
    return {.x0 = static_cast<uint64_t>(code), .tag = abi::Tag().with_error(), .words = {}, .reply = 0};
}

/// A server that runs to its end for each request: what arrives at its receives is a list, what it answers is noted.
class Stage {
public:
    static constexpr uint64_t badge = 5;

    Stage() {
        set_ipc_buffer(buffer.get());
        REQUIRE(slots.add(CapIndex(100), 50));
        replies.add(Reply(CapIndex(11)));
        kernel.partner = [this](uint64_t, const Message& request) { return ask(request); };
        kernel.others = [this](abi::SystemCall number, const Registers& in) { return other(number, in); };
    }
    ~Stage() {
        handler.waiting.clear();
        set_ipc_buffer(nullptr);
    }

    Message ask(const Message& request) {
        arrivals = {{.x0 = badge, .tag = request.tag(), .words = request.register_words(), .reply = 0}};
        answers.clear();
        const auto window = buffer->window;  // the client's; the server has another thread, and another buffer
        (void)serve(handler, {Endpoint(CapIndex(20)), replies, accepts ? &acceptor : nullptr});
        if (answers.empty()) return Message(77);
        for (uint32_t item = 0; item < answers[0].items() && window.count != 0; ++item) {
            kernel.slots[window.first + item] = kernel.slots.at(buffer->items[item].index());
        }
        return answers[0];
    }

    std::unique_ptr<IpcBuffer> buffer = std::make_unique<IpcBuffer>();
    FakeKernel kernel;
    SlotAllocator slots;
    Acceptor acceptor{CapTable(FakeKernel::own_table), slots};
    rpc::Replies replies{Reply(CapIndex(10))};
    Handler handler;
    std::vector<Registers> arrivals;
    std::vector<Message> answers;
    std::vector<std::pair<uint64_t, Message>> sent;
    std::optional<abi::ErrorCode> refuse_answer;  ///< the next one
    std::optional<abi::ErrorCode> refuse_sends;
    bool accepts = true;

private:
    Registers other(abi::SystemCall number, const Registers& in) {
        if (number == abi::SystemCall::send) {
            if (refuse_sends) return refusal(*refuse_sends);
            sent.emplace_back(in.x0, Message(in.tag, in.words));
            return {};
        }
        if (number == abi::SystemCall::reply_receive) {
            if (refuse_answer) return refusal(*std::exchange(refuse_answer, std::nullopt));
            answers.emplace_back(abi::Tag(in.tag.raw() & ~abi::Tag::must_arrive_mask), in.words);
        }
        if (arrivals.empty()) return refusal(abi::ErrorCode::cancelled);
        const Registers next = arrivals.front();
        arrivals.erase(arrivals.begin());
        if (next.tag.items() != 0) arrive();
        return next;
    }

    /// The first granted capability lands where the window is.
    void arrive() {
        const auto& window = buffer->window;
        if (window.count == 0 || kernel.slots.contains(window.first)) return;
        const uint64_t source = buffer->items[0].index();
        if (!kernel.slots.contains(source)) return;
        kernel.slots[window.first] = kernel.slots.at(source);
        kernel.slots.erase(source);
    }
};

constexpr Endpoint server{CapIndex(30)};

/// A stage whose kernel knows slot 30 as an endpoint.
struct Company : Stage {
    Company() {
        kernel.slots[30] = {.type = abi::ObjectType::endpoint, .parent = 0};
        for (const uint64_t reply : {10, 11}) kernel.slots[reply] = {.type = abi::ObjectType::reply, .parent = 0};
    }
};

}  // namespace

TEST_CASE("rpc: values travel in registers, of every kind") {
    Company company;
    CHECK(add(server, 20, 22) == 42);
    CHECK(small(server, int16_t{-7}, true, Colour::green) == 7);
    CHECK(small(server, int16_t{-7}, false, Colour::red) == -7);
    CHECK(mirror(server, Point{1, -2, 3}) == Point{-2, 1, 3});
    set_ipc_buffer(nullptr);
    company.accepts = false;
    CHECK(add(server, ~uint64_t{0}, 1) == 0);
    set_ipc_buffer(company.buffer.get());
}

TEST_CASE("rpc: texts and items of any length up to their limit, and no further") {
    Company company;
    const std::vector<uint32_t> items{1, 2, 3, 4, 5};
    const auto described = describe_items(server, "a text of forty characters, not one more", items);
    REQUIRE(described);
    CHECK(described->view() == "a text of forty characters, not one more");
    CHECK(company.handler.seen == items);
    CHECK(describe_items(server, "", {})->view().empty());
    CHECK(company.handler.seen.empty());
    const std::string too_long(41, 'x');
    CHECK(describe_items(server, too_long, {}).error() == Error(abi::ErrorCode::message_too_long, 41, 40));
    const auto all = longest(server);
    REQUIRE(all);
    CHECK(all->view().size() == 119);
    CHECK(all->view()[118] == 118 * 118);
    set_ipc_buffer(nullptr);
    company.accepts = false;
    CHECK(describe_items(server, std::string_view("longer than what registers take: 56 bytes").substr(0, 40), items)
              .error()
              .is(LibraryError::no_ipc_buffer));
    set_ipc_buffer(company.buffer.get());
}

TEST_CASE("rpc: errors are results, the kernel's, the library's and the service's own") {
    Company company;
    const auto failed = fail(server);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().is(Trouble::tired));
    CHECK(failed.error().details[0] == 7);
    CHECK_FALSE(failed.error().is(LibraryError::bad_environment));
    company.handler.region = rpc::Region();
    CHECK(sum(server, rpc::Buffer{0, 1}).error() == Error(LibraryError::outside_region, 0, 1));
}

TEST_CASE("rpc: capabilities come into slots of their own, and what nobody keeps is gone") {
    Company company;
    company.kernel.slots[50] = {.type = abi::ObjectType::frame, .parent = 0};
    const uint64_t before = company.slots.available();
    const auto result = exchange(server, company.acceptor, rpc::Granted<Frame>{Frame(CapIndex(50))});
    REQUIRE(result);
    CHECK(std::get<0>(*result) == Stage::badge);
    CHECK(company.kernel.slots.contains(std::get<1>(*result).index().raw()));
    REQUIRE(company.handler.kept.size() == 1);
    CHECK(company.slots.available() == before - 2);
    // A request that no method fits brings a capability along.
    company.kernel.slots[51] = {.type = abi::ObjectType::frame, .parent = 0};
    company.buffer->items[0] = granted_item(CapIndex(51));
    const size_t held = company.kernel.slots.size();
    const Message odd(abi::Tag().with_label(1).with_length(2).with_items(1), {1, 2});
    CHECK(company.ask(odd).label() == static_cast<uint32_t>(rpc::Answer::refused));
    CHECK(company.kernel.slots.size() < held);
    CHECK(company.slots.available() == before - 2);
}

TEST_CASE("rpc: an answer may come later, or never, and nobody waits for ever") {
    Company company;
    CHECK(later(server, 0) == 0);
    CHECK(company.ask(Message(7, 1)).label() == 77);  // no answer yet
    REQUIRE(company.handler.waiting.size() == 1);
    // The second Reply is in use by the loop: who would be the third is told so.
    CHECK(later(server, 2).error().is(abi::ErrorCode::in_use));
    CHECK(add(server, 1, 2) == 3);
    REQUIRE(company.handler.waiting[0].answer(Result<uint64_t>(12)));
    REQUIRE(company.sent.size() == 1);
    CHECK((company.sent[0].second.label() == 0 && company.sent[0].second.word(0) == 12));
    CHECK_FALSE(company.handler.waiting[0].answer(Result<uint64_t>(13)));
    company.handler.waiting.clear();
    CHECK(company.sent.size() == 1);
    CHECK(company.ask(Message(7, 3)).label() == 77);
    company.handler.waiting.clear();  // dropped: the caller is told
    REQUIRE(company.sent.size() == 2);
    CHECK(company.sent[1].second.word(0) == static_cast<uint64_t>(abi::ErrorCode::cancelled));
    CHECK(later(server, 99).error().is(abi::ErrorCode::cancelled));  // neither answered nor deferred
}

TEST_CASE("rpc: a caller that has died makes room for another, and is not mistaken for it") {
    Company company;
    CHECK(company.ask(Message(7, 1)).label() == 77);
    REQUIRE(company.handler.waiting.size() == 1);
    CHECK(later(server, 2).error().is(abi::ErrorCode::in_use));
    CHECK(company.handler.waiting[0].waits());
    company.kernel.abandoned_replies = {10, 11};
    CHECK(company.ask(Message(7, 1)).label() == 77);
    REQUIRE(company.handler.waiting.size() == 2);
    company.kernel.abandoned_replies.clear();
    CHECK_FALSE(company.handler.waiting[0].waits());
    CHECK(company.handler.waiting[1].waits());
    CHECK(company.handler.waiting[0].answer(Result<uint64_t>(12)).error().is(abi::ErrorCode::cancelled));
    company.handler.waiting.erase(company.handler.waiting.begin());
    CHECK(company.sent.empty());
    REQUIRE(company.handler.waiting[0].answer(Result<uint64_t>(13)));
    CHECK_FALSE(company.handler.waiting[0].waits());
    CHECK(company.sent.size() == 1);
    // Whoever dies, a handler that drops what is over keeps no more than there are Replies.
    company.kernel.abandoned_replies = {10, 11};
    for (int client = 0; client < 100; ++client) {
        CHECK(company.ask(Message(7, 1)).label() == 77);
        std::erase_if(company.handler.waiting, [](const auto& one) { return !one.waits(); });
    }
    CHECK(company.handler.waiting.size() <= 2);
}

TEST_CASE("rpc: who is given up while the server runs on its time is told so afterwards") {
    Company company;
    CHECK(company.ask(Message(7, 1)).label() == 77);
    company.refuse_sends = abi::ErrorCode::lent_budget;
    company.handler.waiting.clear();
    CHECK(company.sent.empty());
    CHECK(later(server, 2).error().is(abi::ErrorCode::in_use));
    company.refuse_sends.reset();
    CHECK(add(server, 1, 2) == 3);
    REQUIRE(company.sent.size() == 1);
    CHECK(company.sent[0].second.word(0) == static_cast<uint64_t>(abi::ErrorCode::cancelled));
    CHECK(company.ask(Message(7, 1)).label() == 77);
}

TEST_CASE("rpc: who is deferred and given up in one request has an answer, whoever's time the server runs on") {
    Company company;
    for (const bool lent : {false, true}) {
        if (lent) company.refuse_sends = abi::ErrorCode::lent_budget;
        const Message answer = company.ask(Message(7, 98));
        CHECK(answer.label() == (lent ? static_cast<uint32_t>(rpc::Answer::refused) : 77));
        company.refuse_sends.reset();
    }
    CHECK(company.sent.size() == 1);
    CHECK(company.ask(Message(7, 1)).label() == 77);
    CHECK(company.handler.waiting.size() == 1);
}

TEST_CASE("rpc: nobody whom a handler calls can fill the window of its server") {
    Company company;
    company.handler.while_at_work = [&] { CHECK(company.buffer->window.count == 0); };
    CHECK(add(server, 1, 2) == 3);
    company.arrivals = {{.x0 = 6, .tag = abi::Tag().with_signal(), .words = {}, .reply = 0}};
    (void)serve(company.handler, {Endpoint(CapIndex(20)), company.replies, &company.acceptor});
    company.refuse_answer = abi::ErrorCode::window_full;
    (void)company.ask(Message(1, 2, 3));
    CHECK(company.handler.worked == 4);
}

TEST_CASE("rpc: what was sent and not called is passed over") {
    Company company;
    company.arrivals = {{.x0 = 5, .tag = Message(7, 1).tag().with_sent(), .words = {1}, .reply = 0}};
    (void)serve(company.handler, {Endpoint(CapIndex(20)), company.replies, &company.acceptor});
    CHECK(company.handler.waiting.empty());
    CHECK(company.answers.empty());
}

TEST_CASE("rpc: what a handler is told beside requests") {
    Company company;
    company.arrivals = {{.x0 = 6, .tag = abi::Tag().with_signal(), .words = {}, .reply = 0}};
    (void)serve(company.handler, {Endpoint(CapIndex(20)), company.replies, &company.acceptor});
    CHECK(company.handler.signals == 6);
    company.refuse_answer = abi::ErrorCode::window_full;
    const Message answer = company.ask(Message(1, 2, 3));
    CHECK(company.handler.lost == std::vector<uint32_t>{0});
    CHECK(answer.word(0) == static_cast<uint64_t>(abi::ErrorCode::window_full));
    company.refuse_answer = abi::ErrorCode::not_bound;
    (void)company.ask(Message(1, 2, 3));
    CHECK(company.handler.lost == std::vector<uint32_t>{0, 0});
}

TEST_CASE("rpc: whatever a hostile client sends, it gets an answer and the server goes on") {
    Company company;
    std::array<std::byte, 64> memory{};
    company.handler.region = rpc::Region(memory);
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 20000; ++round) {
        std::array<uint64_t, 8> words{};
        for (uint64_t& word : words) word = random() >> (random() % 64);
        for (uint64_t& word : company.buffer->words) word = random() >> (random() % 64);
        const auto tag = abi::Tag()
                             .with_label(random() % 11)
                             .with_length(random() % 121)
                             .with_items(random() % 8 == 0 ? random() % 5 : 0);
        const Message answer = company.ask(Message(tag, words));
        const bool is_deferred = answer.label() == 77;
        CHECK((is_deferred || answer.label() <= 1));
        company.handler.waiting.clear();
        company.sent.clear();
    }
    CHECK(add(server, 20, 22) == 42);
}

TEST_CASE("rpc: whatever a hostile server answers is a value or an error") {
    Company company;
    std::mt19937_64 random(Catch::getSeed());
    company.kernel.partner = [&](uint64_t, const Message&) {
        std::array<uint64_t, 8> words{};
        for (uint64_t& word : words) word = random() >> (random() % 64);
        for (uint64_t& word : company.buffer->words) word = random() >> (random() % 64);
        return Message(abi::Tag().with_label(random() % 3).with_length(random() % 121).with_items(random() % 5), words);
    };
    const uint64_t before = company.slots.available();
    for (int round = 0; round < 20000; ++round) {
        if (const auto text = describe_items(server, "x", {})) CHECK(text->view().size() <= 40);
        if (const auto number = small(server, int16_t{0}, false, Colour::red); !number) CHECK(number.error().code != 0);
        (void)longest(server);
        (void)add(server, 1, 2);
        company.kernel.slots[52] = {.type = abi::ObjectType::frame, .parent = 0};
        if (const auto got = exchange(server, company.acceptor, rpc::Granted<Frame>{Frame(CapIndex(52))})) {
            CHECK(company.slots.release(std::get<1>(*got).index()));
        }
    }
    CHECK(company.slots.available() == before);
}

TEST_CASE("client table: a state for each badge, as many as there is room for") {
    struct State {
        uint64_t calls = 0;
    };
    ClientTable<State, 8> clients;
    std::mt19937_64 random(Catch::getSeed());
    std::map<uint64_t, uint64_t> expected;
    for (int round = 0; round < 10000; ++round) {
        const uint64_t badge = random() % 12;
        if (random() % 3 == 0) {
            CHECK(clients.forget(badge) == (expected.erase(badge) != 0));
        } else if (const auto state = clients.of(badge)) {
            CHECK((*state)->calls++ == expected[badge]++);
        } else {
            CHECK(state.error() == Error(LibraryError::too_many_clients, badge, 8));
            CHECK((expected.size() == 8 && !expected.contains(badge)));
        }
        for (uint64_t each = 0; each < 12; ++each) CHECK((clients.find(each) != nullptr) == expected.contains(each));
        CHECK(clients.size() == expected.size());
    }
}
