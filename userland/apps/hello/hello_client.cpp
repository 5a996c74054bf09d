// SPDX-License-Identifier: BSD-2-Clause
// A client of the greeter and of the memory manager.
//
// From its specification:
//     greeter    endpoint (W, P, G): the greeter
//     memory     endpoint (W, P): the memory manager
//     table      its own capability table
//     space      its own address space
//     tables     an untyped, for page tables
//     name       argument: who it is

#include <cstring>
#include <string>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/mapper.hpp>

#include "../../servers/memory/memory_protocol.hpp"
#include "greeter_protocol.hpp"

namespace {

using greeter::Answer;
using greeter::Operation;
using sel::Message;
using sel::or_abort;

void require(bool holds, std::string_view what) {
    if (!holds) {
        sel::print("{}\n", what);
        std::abort();
    }
}

/// Words in registers only.
void add(sel::Endpoint server, std::string_view name) {
    const Message answer = or_abort(server.call(Message(Operation::add, 30, 12)), "calling the greeter");
    require(answer.label() == static_cast<uint32_t>(Answer::done), "the greeter has not added");
    sel::print("{}: 30 + 12 = {}, call number {}\n", name, answer.word(0), answer.word(1));
}

/// A frame, mapped on both sides while the call lasts.
void be_greeted(sel::Endpoint server, sel::Mapper& mapper, sel::Frame frame, std::string_view name) {
    const sel::Frames frames{.first = frame.index(), .count = 1};
    const uint64_t address = or_abort(mapper.map(frames), "mapping the frame");
    char* page = reinterpret_cast<char*>(address);
    std::memcpy(page, name.data(), name.size());
    Message request(Operation::greet);
    const auto rights = sel::abi::RightsMask(sel::abi::Right::read) | sel::abi::Right::write;
    or_abort(request.append(sel::mapped_item(frame.index(), rights)), "adding the frame");
    const Message answer = or_abort(server.call(request), "sharing the frame");
    require(answer.label() == static_cast<uint32_t>(Answer::done), "the greeter has not greeted");
    sel::print("{}: the shared page says: {}\n", name, std::string_view(page));
    or_abort(mapper.unmap(address, frames), "unmapping the frame");
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto name = or_abort(environment.argument("name"), "finding the name");
    const auto server = or_abort(environment.endpoint("greeter"), "finding the greeter");
    const auto memory = or_abort(environment.endpoint("memory"), "finding the memory manager");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto space = or_abort(environment.capability<sel::AddressSpace>("space"), "finding the own space");
    const auto tables = or_abort(environment.capability<sel::Untyped>("tables"), "finding memory for page tables");
    constexpr uint64_t tables_pages = 16;
    sel::UntypedAllocator own_memory(table, sel::own_slots());
    or_abort(own_memory.add(tables, tables_pages), "taking the memory");
    sel::Mapper mapper(space, table, own_memory, sel::own_addresses());

    add(server, name);
    const sel::Acceptor into(table, sel::own_slots());
    const auto [number, frame] = or_abort(memory_server::frame(memory, into, 12), "asking for memory");
    be_greeted(server, mapper, frame, name);
    or_abort(memory_server::release(memory, number), "giving memory back");
    const auto account = or_abort(memory_server::state(memory), "asking for the account");
    sel::print("{}: the memory manager has lent a page and got it back, {} of {} are in use\n", name,
               account.used.pages, account.quota.pages);
    require(account.used.pages == 0, "a page is still lent");
}
