// SPDX-License-Identifier: BSD-2-Clause
// The greeter: a server that tells its clients apart by badge, and shares memory with them for the time of a call.
//
// From its specification:
//     requests   endpoint (R): where clients call; a Reply `answer`
//     table      its own capability table, where clients' frames arrive
//     space      its own address space
//     memory     an untyped, for page tables

#include "greeter_protocol.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/mapper.hpp>

namespace {

using greeter::Answer;
using greeter::Operation;
using sel::Message;

class Greeter {
public:
    Greeter(sel::CapTable table, sel::CapIndex arrival, sel::Mapper& mapper)
        : table_(table), arrival_(arrival), mapper_(mapper) {}

    [[nodiscard]] Message handle(uint64_t client, const Message& request) {
        const uint64_t calls = ++calls_[client];
        switch (static_cast<Operation>(request.label())) {
        case Operation::add: return Message(Answer::done, request.word(0) + request.word(1), calls);
        case Operation::greet: return greet(client, request);
        }
        return Message(Answer::not_understood);
    }

private:
    Message greet(uint64_t client, const Message& request) {
        if (request.items() != 1) {
            return Message(Answer::not_understood);
        }
        const sel::Frames frame{.first = arrival_, .count = 1};
        const auto address = mapper_.map(frame);
        Answer answer = Answer::refused;
        if (address) {
            write_greeting(reinterpret_cast<char*>(*address), client);
            (void)mapper_.unmap(*address, frame);
            answer = Answer::done;
        }
        (void)table_.unmap({.first = arrival_.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
        return Message(answer);
    }

    /// The client may change the page while it is read: what counts is copied first.
    static void write_greeting(char* page, uint64_t client) {
        constexpr size_t longest_name = 64;
        const char* end = std::find<const char*>(page, page + longest_name, '\0');
        const std::string name(static_cast<const char*>(page), end);
        const std::string greeting = "Hello, " + name + ", badge " + std::to_string(client) + "!";
        std::memcpy(page, greeting.c_str(), greeting.size() + 1);
    }

    sel::CapTable table_;
    sel::CapIndex arrival_;
    sel::Mapper& mapper_;
    std::unordered_map<uint64_t, uint64_t> calls_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto space = sel::or_abort(environment.capability<sel::AddressSpace>("space"), "finding the own space");
    const auto untyped = sel::or_abort(environment.capability<sel::Untyped>("memory"), "finding memory");

    constexpr uint64_t untyped_pages = 16;
    sel::UntypedAllocator memory(table, sel::own_slots());
    sel::or_abort(memory.add(untyped, untyped_pages), "taking the memory");
    sel::Mapper mapper(space, table, memory, sel::own_addresses());
    const auto arrival = sel::or_abort(sel::own_slots().allocate(), "finding a slot");
    sel::or_abort(sel::set_receive_window(table.index(), arrival.raw(), 1), "opening the window");
    Greeter greeter(table, arrival, mapper);

    auto next = requests.receive(reply);
    for (;;) {
        const Message answer = next ? greeter.handle(next->badge, next->message) : Message(Answer::not_understood);
        next = next ? requests.reply_receive(reply, answer) : requests.receive(reply);
    }
}
