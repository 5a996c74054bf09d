// SPDX-License-Identifier: BSD-2-Clause
// Borrows memory, opens accounts, borrows with these, says so, and dies.

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/notification.hpp>

#include "../../../../../userland/servers/memory/memory_protocol.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto memory = sel::or_abort(environment.endpoint("memory"), "finding the manager");
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto deaths = sel::or_abort(environment.notification("deaths"), "finding the notification");
    const sel::Acceptor into(table, sel::own_slots());
    auto account = memory;
    for (uint64_t level = 0; level < 3; ++level) {
        (void)sel::or_abort(memory_server::frame(account, into, 12), "borrowing a frame");
        (void)sel::or_abort(memory_server::untyped(account, into, 4), "borrowing memory");
        (void)sel::or_abort(memory_server::thread(account, into), "borrowing a thread");
        const memory_server::Amount quota{20 - 6 * level, 20 - 6 * level};
        account = std::get<1>(sel::or_abort(memory_server::open(account, into, quota, "below"), "opening an account"));
    }
    deaths.signal();
    *reinterpret_cast<volatile uint64_t*>(0xdead'0000) = 1;
}
