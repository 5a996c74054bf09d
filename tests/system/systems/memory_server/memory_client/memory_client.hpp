// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the memory manager's test share.
#pragma once

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>

#include "../../../../../userland/servers/memory/memory_protocol.hpp"

using memory_server::Amount;
using memory_server::Refusal;

/// The accounts that the test uses.
struct Clients {
    explicit Clients(test::Stage& the_stage)
        : stage(the_stage), into(the_stage.table(), sel::own_slots()), one(find("one")), two(find("two")) {}

    static sel::Endpoint find(std::string_view name) {
        return sel::or_abort(sel::environment().endpoint(name), "finding the manager");
    }

    /// Gives a loan back, as its borrower; its slot is empty then.
    template <typename Loan>
    void give_back(sel::Endpoint account, const Loan& loan) {
        test::succeeds(memory_server::release(account, std::get<0>(loan)), "giving back");
        test::succeeds(sel::own_slots().release(std::get<1>(loan).index()), "the slot is free");
    }

    /// Whether so many frames can be made of a piece of memory; they are destroyed.
    bool fill(sel::Untyped memory, uint64_t frames) {
        const auto first = sel::or_abort(sel::own_slots().allocate(frames), "finding slots");
        const auto made = memory.retype({.type = sel::abi::ObjectType::frame,
                                         .size = 12,
                                         .count = frames,
                                         .table = stage.table(),
                                         .first = first.raw()});
        stage.unmap(memory, sel::abi::KeepRoot::descendants);
        (void)sel::own_slots().release(first, frames);
        return made.has_value();
    }

    /// Whether a slot of the own table holds nothing.
    [[nodiscard]] bool is_empty(sel::CapIndex slot) const {
        const sel::CapIndex spare = sel::or_abort(sel::own_slots().allocate(), "finding a slot");
        const auto copied = stage.table().map({.first = spare.raw(),
                                               .source = stage.table(),
                                               .source_first = slot.raw(),
                                               .count = 1,
                                               .rights = {},
                                               .badge = 0});
        if (copied) stage.unmap(sel::Endpoint(spare), sel::abi::KeepRoot::self);
        (void)sel::own_slots().release(spare);
        return !copied && copied.error().is(sel::abi::ErrorCode::empty_slot);
    }

    test::Stage& stage;
    sel::Acceptor into;
    sel::Endpoint one, two;
};

/// Quotas, given and taken along three accounts (memory_accounts.cpp).
void trade(Clients& clients);
/// Accounts that are closed with all that hangs below them.
void close_accounts(Clients& clients);
/// A client that dies with what it has.
void outlive(Clients& clients);
