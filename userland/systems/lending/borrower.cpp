// SPDX-License-Identifier: BSD-2-Clause
// Borrows a page, reads it, gives it back, and reads once more: that is a fault.
//
// From its specification:
//     lender                endpoint (W, P): where to borrow
//     table, space, memory  its own, and untyped memory for page tables

#include <sel/acceptor.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/workspace.hpp>

#include "lending_protocol.hpp"

int main() {
    const auto lender = sel::or_abort(sel::environment().endpoint("lender"), "finding the lender");
    sel::Workspace& work = *sel::or_abort(sel::own_workspace(), "finding the own memory");
    const sel::Acceptor into(work.means().table, work.means().slots);

    const auto frame = sel::or_abort(lending::borrow(lender, into), "borrowing a page");
    const auto page = sel::or_abort(
        work.adopt({.first = frame.index(), .count = 1}, {.rights = sel::abi::RightsMask(sel::abi::Right::read)}),
        "mapping it");
    const auto* const text = reinterpret_cast<const char*>(page.bytes().data());
    sel::println("borrowed: {}", std::string_view(text));
    sel::or_abort(lending::give_back(lender), "giving it back");
    sel::println("given back at {:#x}", page.address());
    sel::flush();
    sel::println("still here: {}", *static_cast<const volatile char*>(text) + 0);
}
