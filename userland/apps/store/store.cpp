// SPDX-License-Identifier: BSD-2-Clause
// The store: a server that may be ended at any moment and started anew, and forgets nothing that it has said.
//
// From its supervisor:
//     requests   endpoint (R): where clients ask, by badges from 1 on; a Reply `answer`
//     log        memory that outlives it (store_log.hpp); pulse, memory for its sign of life
//     mischief   argument, optional: it does wrong if asked for it; bell, a notification (W) that it rings then

#include <cstdlib>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/rpc_server.hpp>

#include "../../servers/restart/pulse.hpp"
#include "store_log.hpp"

namespace {

using sel::rpc::Caller;
using sel::rpc::on;

class Store {
public:
    Store(const store::StoreLog& log, const store::Contents& contents, uint64_t& pulse)
        : log_(log), contents_(contents), pulse_(pulse), mischief_(sel::environment().argument("mischief")) {
        pulse_.end();  // whatever the predecessor was at
    }

    [[nodiscard]] sel::Result<uint64_t> add(Caller& caller, uint64_t key, uint64_t amount, uint64_t number) {
        const uint64_t client = caller.badge() - 1;
        if (client >= store::clients) return sel::refused({store::Refusal::no_client, caller.badge(), store::clients});
        if (key >= store::keys) return sel::refused({store::Refusal::no_key, key, store::keys});
        auto& seen = contents_.clients_seen[client];
        if (number == seen.number && number != 0) return seen.answer;
        if (number != seen.number + 1) return sel::refused({store::Refusal::out_of_turn, number, seen.number});
        pulse_.begin();
        const uint64_t value = contents_.values[key] += amount;
        seen = {number, value};
        log_.append({client, number, key, value}, contents_);
        pulse_.end();
        return value;
    }

    [[nodiscard]] sel::Result<uint64_t> get(uint64_t key) const {
        if (key >= store::keys) return sel::refused({store::Refusal::no_key, key, store::keys});
        return contents_.values[key];
    }

    sel::Result<void> misbehave(store::Mischief mischief) {
        if (!mischief_) return sel::refused({sel::LibraryError::not_understood, store::misbehave.label});
        pulse_.begin();
        switch (mischief) {
        case store::Mischief::fault: *reinterpret_cast<volatile uint64_t*>(0xdead'0000) = 1; break;
        case store::Mischief::hang:
            for (;;) asm volatile("");
        case store::Mischief::end: std::exit(0);
        case store::Mischief::toil: toil(); break;
        }
        pulse_.end();
        return {};
    }

private:
    /// Rings its bell and works for a while.
    static void toil() {
        if (const auto bell = sel::environment().notification("bell")) (void)bell->signal();
        for (int steps = 0; steps != 100'000; ++steps) asm volatile("");
    }

    store::StoreLog log_;
    store::Contents contents_;
    restart::Pulse pulse_;
    sel::Result<std::string_view> mischief_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto log = sel::or_abort(environment.memory("log"), "finding the log").bytes;
    const auto pulse = sel::or_abort(environment.memory("pulse"), "finding the pulse").bytes;
    const store::StoreLog records(log);
    const auto contents = records.read();
    if (!contents) {
        sel::println("store: what should be its log is none");
        return 1;
    }
    Store server(records, *contents, *reinterpret_cast<uint64_t*>(pulse.data()));
    sel::rpc::Replies replies(sel::or_abort(environment.reply("answer"), "finding the reply"));
    sel::or_abort(sel::rpc::serve<store::Interface, on<store::add, &Store::add>, on<store::get, &Store::get>,
                                  on<store::misbehave, &Store::misbehave>>(
                      server, {sel::or_abort(environment.endpoint("requests"), "finding the requests"), replies}),
                  "serving");
}
