// SPDX-License-Identifier: BSD-2-Clause
// The memory server: owns the memory that the loader hands over, and lends frames of it (memory_protocol.hpp).
//
// From its specification:
//     requests   endpoint (R): where clients ask; a Reply `answer`
//     ram        the memory that is left over: untypeds, and their description
//     table      its own capability table
//     limit      frames that one client may hold, an argument; without it 64

#include "memory_protocol.hpp"

#include <charconv>
#include <map>

#include <sel/client_table.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/handover.hpp>
#include <sel/rpc_server.hpp>
#include <sel/untyped_allocator.hpp>

namespace {

using memory_server::Refusal;
using sel::rpc::Caller;
using sel::rpc::on;

class Server {
public:
    using Lent = std::tuple<uint64_t, sel::rpc::Mapped<sel::Frame>>;

    Server(sel::UntypedAllocator& memory, uint64_t limit) : memory_(memory), limit_(limit) {}

    [[nodiscard]] sel::Result<Lent> allocate(Caller& caller) {
        SEL_TRY(held, held_.of(caller.badge()));
        if (*held == limit_) return sel::refused({Refusal::limit_reached, limit_});
        SEL_TRY(frame, memory_.allocate({.type = sel::abi::ObjectType::frame, .size = page_bits}));
        const uint64_t number = ++last_number_;
        loans_.emplace(number, Loan{caller.badge(), frame});
        ++*held;
        // The client gets a child of the capability that stays here: unmapping that one takes the frame back.
        const auto rights = sel::abi::RightsMask(sel::abi::Right::read) | sel::abi::Right::write;
        return Lent(number, {frame.as<sel::Frame>(), rights});
    }

    [[nodiscard]] sel::Result<void> release(Caller& caller, uint64_t number) {
        const auto loan = loans_.find(number);
        if (loan == loans_.end() || loan->second.client != caller.badge()) {
            return sel::refused({Refusal::not_yours, number});
        }
        take_back(loan);
        return {};
    }

    [[nodiscard]] sel::Result<uint64_t> available() const { return memory_.free_pages(); }

    /// A frame that has not reached its client, because this one takes no capabilities, is lent to nobody.
    void undelivered(const sel::Message& answer) {
        if (answer.items() == 0) return;
        if (const auto loan = loans_.find(answer.word(0)); loan != loans_.end()) take_back(loan);
    }

private:
    static constexpr uint64_t page_bits = 12;
    static constexpr size_t most_clients = 256;

    struct Loan {
        uint64_t client;
        sel::UntypedAllocator::Objects frame;
    };

    void take_back(std::map<uint64_t, Loan>::iterator loan) {
        (void)memory_.release(loan->second.frame);
        if (uint64_t* held = held_.find(loan->second.client); held != nullptr) --*held;
        loans_.erase(loan);
    }

    sel::UntypedAllocator& memory_;
    uint64_t limit_;
    uint64_t last_number_ = 0;
    std::map<uint64_t, Loan> loans_;
    sel::ClientTable<uint64_t, most_clients> held_;  // frames lent to each
};

uint64_t limit_of(const sel::Environment& environment) {
    uint64_t limit = 64;
    if (const auto text = environment.argument("limit")) {
        std::from_chars(text->data(), text->data() + text->size(), limit);
    }
    return limit;
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    sel::UntypedAllocator memory(table, sel::own_slots());
    for (const sel::HandedOver& piece : sel::or_abort(sel::take_handed_over("ram", table), "taking over the memory")) {
        if (!piece.device) {
            sel::or_abort(memory.add(piece.untyped, piece.bytes / 4096), "taking the memory");
        }
    }
    Server server(memory, limit_of(environment));
    sel::rpc::Replies replies(reply);
    sel::or_abort(
        sel::rpc::serve<memory_server::Interface, on<memory_server::allocate, &Server::allocate>,
                        on<memory_server::release, &Server::release>, on<memory_server::available, &Server::available>>(
            server, {requests, replies}),
        "receiving requests");
}
