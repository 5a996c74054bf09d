// SPDX-License-Identifier: BSD-2-Clause
// Counts for its clients, each apart, and answers those who wait for a sum when it is reached.
//
// From its specification:
//     requests   endpoint (R); Replies `answer`, `answer2`, `answer3`

#include <string>
#include <vector>

#include <sel/client_table.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/rpc_server.hpp>

#include "tally_protocol.hpp"

namespace {

using sel::rpc::Caller;
using sel::rpc::on;

class Tally {
public:
    sel::Result<uint64_t> add(Caller& caller, uint64_t number) {
        constexpr uint64_t most = 100;
        if (number > most) return sel::refused({tally::Refusal::too_much, number});
        SEL_TRY(own, counts_.of(caller.badge()));
        *own += number;
        sum_ += number;
        std::erase_if(waiting_, [&](Waiting& one) { return one.sum <= sum_ && one.caller.answer(sum_); });
        return *own;
    }

    std::optional<sel::Result<uint64_t>> wait_for(Caller& caller, uint64_t sum) {
        if (sum <= sum_) return sum_;
        auto later = caller.defer<uint64_t>();
        if (!later) return sel::refused(later.error());
        std::erase_if(waiting_, [](const Waiting& one) { return !one.caller.waits(); });
        waiting_.push_back({sum, std::move(*later)});
        return std::nullopt;
    }

    sel::Result<sel::rpc::Text<40>> greet(std::string_view name) {
        return sel::rpc::Text<40>::of("Hello, " + std::string(name) + "!");
    }

private:
    struct Waiting {
        uint64_t sum;
        sel::rpc::Deferred<uint64_t> caller;
    };

    sel::ClientTable<uint64_t, 8> counts_;
    uint64_t sum_ = 0;
    std::vector<Waiting> waiting_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    sel::rpc::Replies replies(sel::or_abort(environment.reply("answer"), "finding a reply"));
    for (const auto* more : {"answer2", "answer3"})
        replies.add(sel::or_abort(environment.reply(more), "finding a reply"));
    Tally server;
    sel::or_abort(sel::rpc::serve<tally::Interface, on<tally::add, &Tally::add>, on<tally::wait_for, &Tally::wait_for>,
                                  on<tally::greet, &Tally::greet>>(server, {requests, replies}),
                  "serving");
}
