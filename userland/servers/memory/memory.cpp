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
#include <unordered_map>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/handover.hpp>
#include <sel/untyped_allocator.hpp>

namespace {

using memory_server::Answer;
using memory_server::Operation;
using sel::Message;
using sel::UntypedAllocator;

class Server {
public:
    Server(UntypedAllocator& memory, uint64_t limit) : memory_(memory), limit_(limit) {}

    [[nodiscard]] Message handle(uint64_t client, const Message& request) {
        switch (static_cast<Operation>(request.label())) {
        case Operation::allocate: return allocate(client);
        case Operation::release: return release(client, request.word(0));
        case Operation::available: return Message(Answer::done, memory_.free_pages());
        }
        return Message(Answer::not_understood);
    }

    /// The frame with this number has not reached its client.
    void take_back(uint64_t number) {
        const auto loan = loans_.find(number);
        (void)memory_.release(loan->second.frame);
        --held_[loan->second.client];
        loans_.erase(loan);
    }

private:
    static constexpr uint64_t page_bits = 12;

    struct Loan {
        uint64_t client;
        UntypedAllocator::Objects frame;
    };

    Message allocate(uint64_t client) {
        if (held_[client] == limit_) {
            return Message(Answer::no_memory);
        }
        const auto frame = memory_.allocate({.type = sel::abi::ObjectType::frame, .size = page_bits});
        if (!frame) {
            return Message(Answer::no_memory);
        }
        const uint64_t number = ++last_number_;
        loans_.emplace(number, Loan{client, *frame});
        ++held_[client];
        Message answer(Answer::done, number);
        // The client gets a child of the capability that stays here: unmapping that one takes the frame back.
        const auto rights = sel::abi::RightsMask(sel::abi::Right::read) | sel::abi::Right::write;
        (void)answer.append(sel::mapped_item(frame->first, rights));
        return answer;
    }

    Message release(uint64_t client, uint64_t number) {
        const auto loan = loans_.find(number);
        if (loan == loans_.end() || loan->second.client != client) {
            return Message(Answer::not_yours);
        }
        take_back(number);
        return Message(Answer::done);
    }

    UntypedAllocator& memory_;
    uint64_t limit_;
    uint64_t last_number_ = 0;
    std::map<uint64_t, Loan> loans_;
    std::unordered_map<uint64_t, uint64_t> held_;
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
    UntypedAllocator memory(table, sel::own_slots());
    for (const sel::HandedOver& piece : sel::or_abort(sel::take_handed_over("ram", table), "taking over the memory")) {
        if (!piece.device) {
            sel::or_abort(memory.add(piece.untyped, piece.bytes / 4096), "taking the memory");
        }
    }
    Server server(memory, limit_of(environment));

    auto next = requests.receive(reply);
    for (;;) {
        if (!next) {
            next = requests.receive(reply);
            continue;
        }
        const Message answer = server.handle(next->badge, next->message);
        next = requests.reply_receive(reply, answer);
        if (!next && answer.items() != 0) {
            // A client that takes no capabilities still waits for an answer, and all others behind it.
            server.take_back(answer.word(0));
            next = requests.reply_receive(reply, Message(Answer::not_understood));
        }
    }
}
