// SPDX-License-Identifier: BSD-2-Clause
// Lends a page of its memory, to be read, and takes it back from each borrower apart.
//
// From its specification:
//     requests              endpoint (R); a Reply `answer`
//     table, space, memory  its own, and untyped memory

#include <cstring>
#include <map>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/rpc_server.hpp>
#include <sel/workspace.hpp>

#include "lending_protocol.hpp"

namespace {

using sel::rpc::Caller;
using sel::rpc::on;

constexpr sel::abi::RightsMask readable{sel::abi::Right::read};

class Lender {
public:
    explicit Lender(const sel::MappedMemory& page) : page_(page) {}

    sel::Result<sel::rpc::Mapped<sel::Frame>> borrow(Caller& caller) {
        SEL_TRY(share, page_.share(readable));
        const sel::Frame frame(share.runs()[0].first);
        loans_.insert_or_assign(caller.badge(), std::move(share));
        return sel::rpc::Mapped<sel::Frame>{frame, readable};
    }

    sel::Result<void> give_back(Caller& caller) {
        loans_.erase(caller.badge());
        return {};
    }

private:
    const sel::MappedMemory& page_;
    std::map<uint64_t, sel::SharedFrames> loans_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    sel::rpc::Replies replies(sel::or_abort(environment.reply("answer"), "finding a reply"));
    sel::Workspace& work = *sel::or_abort(sel::own_workspace(), "finding the own memory");
    const auto page = sel::or_abort(work.map(4096), "mapping a page");
    constexpr std::string_view text = "what is lent can be taken back";
    std::memcpy(page.bytes().data(), text.data(), text.size());

    Lender lender(page);
    sel::or_abort(sel::rpc::serve<lending::Interface, on<lending::borrow, &Lender::borrow>,
                                  on<lending::give_back, &Lender::give_back>>(lender, {requests, replies}),
                  "serving");
}
