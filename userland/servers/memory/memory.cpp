// SPDX-License-Identifier: BSD-2-Clause
// The memory manager: owns memory, or has it from another manager, and lends it to accounts (memory_protocol.hpp).
//
// From its specification:
//     requests   endpoint (R): where clients ask, each with a badge of its own from 2 on; a Reply `answer`
//     ram        the memory that is left over: untypeds, and their description; or
//     lender     endpoint (WP): another memory manager, whose memory this one lends on
//     table      its own capability table
//     accounts   the same endpoint as `requests` (WGP) without a badge, optional: with it clients can open accounts
//     quota      argument: pages that a client of the specification may have; without it 64
//     count      argument: objects that such a client may have; without it as many as pages
//     surveyor   argument: badge of the client that may look at all accounts
//
// A client whose fault endpoint is `requests` with its own badge has its account closed when it faults or ends.

#include <algorithm>
#include <charconv>
#include <memory>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/handover.hpp>
#include <sel/rpc_server.hpp>

#include "accounts.hpp"

namespace {

using namespace memory_server;
using sel::or_abort;
using sel::abi::ObjectType;
using sel::rpc::Caller;
using sel::rpc::on;

uint64_t number_of(std::string_view argument, uint64_t otherwise) {
    if (const auto text = sel::environment().argument(argument)) {
        std::from_chars(text->data(), text->data() + text->size(), otherwise);
    }
    return otherwise;
}

class Server {
public:
    explicit Server(const Accounts::Means& means)
        : accounts_(means, std::min(most_objects, means.slots.available() / slots_for_each)),
          may_open_(!means.requests.index().is_none()) {}

    /// The server's function for each kind of object: with a size, and without.
    template <typename T>
    [[nodiscard]] sel::Result<Loan<T>> sized(Caller& caller, uint64_t size) {
        SEL_TRY_VOID(admit(caller));
        SEL_TRY(lent, accounts_.lend(caller.badge(), {T::object_type, size}));
        return Loan<T>(lent.number, {T(lent.slot), lent_rights});
    }
    template <typename T>
    [[nodiscard]] sel::Result<Loan<T>> plain(Caller& caller) {
        return sized<T>(caller, 0);
    }

    [[nodiscard]] sel::Result<void> release(Caller& caller, uint64_t number) {
        return accounts_.release(caller.badge(), number);
    }

    [[nodiscard]] sel::Result<State> state(Caller& caller) {
        SEL_TRY_VOID(admit(caller));
        return accounts_.state(caller.badge());
    }

    [[nodiscard]] sel::Result<std::tuple<uint64_t, sel::rpc::Mapped<sel::Endpoint>>> open(Caller& caller, Amount quota,
                                                                                          std::string_view name) {
        SEL_TRY_VOID(admit(caller));
        if (!may_open_) return sel::refused({Refusal::no_account, 0});
        SEL_TRY(opened, accounts_.open(caller.badge(), quota, name));
        return std::tuple(opened.account, sel::rpc::Mapped<sel::Endpoint>{sel::Endpoint(opened.endpoint), lent_rights});
    }

    [[nodiscard]] sel::Result<void> close(Caller& caller, uint64_t account) {
        return accounts_.close(caller.badge(), account);
    }
    [[nodiscard]] sel::Result<State> state_of(Caller& caller, uint64_t account) {
        return accounts_.state_of(caller.badge(), account);
    }
    [[nodiscard]] sel::Result<void> give(Caller& caller, uint64_t account, Amount amount) {
        return accounts_.give(caller.badge(), account, amount);
    }
    [[nodiscard]] sel::Result<void> take(Caller& caller, uint64_t account, Amount amount) {
        return accounts_.take(caller.badge(), account, amount);
    }
    [[nodiscard]] sel::Result<void> hand_back(Caller& caller, Amount amount) {
        return accounts_.hand_back(caller.badge(), amount);
    }

    [[nodiscard]] sel::Result<std::tuple<Entry, sel::rpc::Text<32>>> survey(Caller& caller, uint64_t above) {
        if (caller.badge() != surveyor_) return sel::refused({Refusal::not_allowed});
        SEL_TRY(found, accounts_.next(above));
        SEL_TRY(name, sel::rpc::Text<32>::of(found.second.substr(0, 32)));
        return std::tuple(found.first, name);
    }

    /// What has not reached its client, because this one takes no capabilities or has died, is lent to nobody.
    void undelivered(const sel::Message& answer) {
        if (answer.items() != 0) accounts_.undo(answer.word(0));
    }

    sel::Message fault(uint64_t badge, const sel::Message&) {
        accounts_.died(badge);
        return sel::Message(1);  // it stays where it is
    }

private:
    /// A loan takes a slot for its origin, and one or two for the memory that it lies in.
    static constexpr uint64_t slots_for_each = 4;
    static constexpr uint64_t most_objects = 2048;  // each costs up to 400 bytes of the heap
    static constexpr sel::abi::RightsMask lent_rights{sel::abi::all_rights &
                                                      ~static_cast<uint64_t>(sel::abi::Right::write_execute)};

    /// A client of the specification gets its account with its first request.
    [[nodiscard]] sel::Result<void> admit(Caller& caller) {
        if (caller.badge() >= Accounts::first_opened) return {};
        const auto name = sel::environment().peer("requests", caller.badge());
        return accounts_.admit(caller.badge(), quota_, name.value_or("?"));
    }

    Accounts accounts_;
    bool may_open_;
    Amount quota_{number_of("quota", 64), number_of("count", number_of("quota", 64))};
    uint64_t surveyor_ = number_of("surveyor", 0);
};

std::unique_ptr<MemorySource> find_memory(sel::CapTable table) {
    if (const auto lender = sel::environment().endpoint("lender")) {
        return std::make_unique<LentMemory>(*lender, table, sel::own_slots());
    }
    auto memory = std::make_unique<OwnMemory>(table, sel::own_slots());
    for (const sel::HandedOver& piece : or_abort(sel::take_handed_over("ram", table), "taking over the memory")) {
        if (!piece.device) or_abort(memory->add(piece.untyped, piece.bytes / 4096), "taking the memory");
    }
    return memory;
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const auto answer = or_abort(environment.reply("answer"), "finding the reply");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto memory = find_memory(table);
    Server server({table, sel::own_slots(), *memory, environment.endpoint("accounts").value_or(sel::Endpoint())});
    sel::rpc::Replies replies(answer);
    or_abort(
        sel::rpc::serve<Interface, on<frame, &Server::sized<sel::Frame>>, on<untyped, &Server::sized<sel::Untyped>>,
                        on<cap_table, &Server::sized<sel::CapTable>>, on<page_table, &Server::plain<sel::PageTable>>,
                        on<address_space, &Server::plain<sel::AddressSpace>>, on<task, &Server::plain<sel::Task>>,
                        on<thread, &Server::plain<sel::Thread>>, on<sched_context, &Server::sized<sel::SchedContext>>,
                        on<endpoint, &Server::plain<sel::Endpoint>>, on<reply, &Server::plain<sel::Reply>>,
                        on<notification, &Server::plain<sel::Notification>>, on<release, &Server::release>,
                        on<state, &Server::state>, on<open, &Server::open>, on<close, &Server::close>,
                        on<state_of, &Server::state_of>, on<give, &Server::give>, on<take, &Server::take>,
                        on<hand_back, &Server::hand_back>, on<survey, &Server::survey>>(server, {requests, replies}),
        "receiving requests");
}
