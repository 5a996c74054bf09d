// SPDX-License-Identifier: BSD-2-Clause
// Shares its quota at a memory manager with two accounts, borrows with them, trades, and closes them.
//
// From its specification:
//     memory     endpoint (WGP): its account at the memory manager
//     table      its own capability table

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../servers/memory/memory_protocol.hpp"

namespace {

using sel::or_abort;

void show(std::string_view who, sel::Endpoint account) {
    const auto [quota, used] = or_abort(memory_server::state(account), "asking for an account");
    sel::println("{}: {} of {} pages, {} of {} objects", who, used.pages, quota.pages, used.objects, quota.objects);
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto memory = or_abort(environment.endpoint("memory"), "finding the memory manager");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const sel::Acceptor into(table, sel::own_slots());
    show("leader", memory);

    const auto [first, alice] = or_abort(memory_server::open(memory, into, {100, 20}, "alice"), "opening an account");
    const auto [second, bob] = or_abort(memory_server::open(memory, into, {100, 20}, "bob"), "opening an account");
    (void)or_abort(memory_server::untyped(alice, into, 64), "borrowing");
    const auto too_much = memory_server::untyped(alice, into, 64);
    if (!too_much) sel::println("alice: {}", too_much.error());

    // Bob does not need so much, and alice does.
    or_abort(memory_server::hand_back(bob, {90, 0}), "handing back");
    or_abort(memory_server::give(memory, first, {90, 0}), "giving");
    const auto more = memory_server::untyped(alice, into, 64);
    show("alice", alice);
    show("bob", bob);
    show("leader", memory);
    if (!more) sel::println("alice: {}", more.error());

    or_abort(memory_server::close(memory, first), "closing an account");
    or_abort(memory_server::close(memory, second), "closing an account");
    show("leader", memory);
}
