// SPDX-License-Identifier: BSD-2-Clause
// Serves every kind of method.

#include <string>
#include <vector>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/rpc_server.hpp>

#include "rpc_protocol.hpp"

namespace {

using namespace rpc_test;
using sel::Result;
using sel::rpc::Caller;
using sel::rpc::on;

class Handler {
public:
    explicit Handler(sel::rpc::Region shared) : shared_(shared) {}

    Result<uint64_t> do_add(uint64_t one, uint64_t other) { return one + other; }
    Result<Pair> do_swap(Pair pair, bool really) { return really ? Pair{pair.other, pair.one} : pair; }
    Result<sel::rpc::Text<400>> do_join(std::string_view one, std::string_view other) {
        return sel::rpc::Text<400>::of(std::string(one) + std::string(other));
    }
    Result<uint64_t> do_sum(std::span<const uint64_t> numbers) {
        uint64_t total = 0;
        for (const uint64_t number : numbers) total += number;
        return total;
    }
    Result<uint64_t> do_halve(uint64_t number) {
        if (number % 2 != 0) return sel::refused({Refusal::odd, number});
        return number / 2;
    }
    Result<uint64_t> do_badge(Caller& caller) { return caller.badge(); }
    std::optional<Result<uint64_t>> do_wait(Caller& caller) {
        auto later = caller.defer<uint64_t>();
        if (!later) return Result<uint64_t>(sel::refused(later.error()));
        waiting_.push_back(std::move(*later));
        return std::nullopt;
    }
    Result<uint64_t> do_wake(uint64_t value) {
        uint64_t count = 0;
        for (auto& one : waiting_) count += one.answer(value).has_value() ? 1 : 0;
        waiting_.clear();
        return count;
    }
    Result<void> do_drop() {
        waiting_.clear();
        return {};
    }
    Result<sel::rpc::Mapped<sel::Notification>> do_deposit(Caller& caller, sel::Notification bell, uint64_t badge) {
        SEL_TRY(mine, caller.keep(bell));
        kept_ = mine;
        return sel::rpc::Mapped<sel::Notification>{mine, sel::abi::RightsMask(sel::abi::Right::write), badge};
    }
    Result<void> do_knock() { return kept_.signal(); }
    Result<uint64_t> do_sum_bytes(sel::rpc::Buffer buffer) {
        SEL_TRY(bytes, shared_.at(buffer));
        uint64_t total = 0;
        for (const std::byte byte : bytes) total += static_cast<uint64_t>(byte);
        return total;
    }

private:
    std::vector<sel::rpc::Deferred<uint64_t>> waiting_;
    sel::Notification kept_;
    sel::rpc::Region shared_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto shared = sel::or_abort(environment.memory("shared"), "finding the shared memory");
    sel::rpc::Replies replies(sel::or_abort(environment.reply("answer"), "finding a reply"));
    for (const auto* more : {"answer2", "answer3"})
        replies.add(sel::or_abort(environment.reply(more), "finding a reply"));
    const sel::Acceptor acceptor(table, sel::own_slots());
    Handler handler{sel::rpc::Region(shared.bytes)};
    sel::or_abort(
        sel::rpc::serve<Interface, on<add, &Handler::do_add>, on<swap, &Handler::do_swap>, on<join, &Handler::do_join>,
                        on<sum, &Handler::do_sum>, on<halve, &Handler::do_halve>, on<badge, &Handler::do_badge>,
                        on<wait, &Handler::do_wait>, on<wake, &Handler::do_wake>, on<drop, &Handler::do_drop>,
                        on<deposit, &Handler::do_deposit>, on<knock, &Handler::do_knock>,
                        on<sum_bytes, &Handler::do_sum_bytes>>(handler, {requests, replies, &acceptor}),
        "serving");
}
