// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_adder`: a server of remote procedure calls that does as little as possible.

#include <sel/environment.hpp>
#include <sel/rpc_server.hpp>

#include "adder_protocol.hpp"

namespace {

class Server {
public:
    sel::Result<std::tuple<uint64_t, uint64_t>> swap(uint64_t one, uint64_t other) { return std::tuple(other, one); }
    sel::Result<uint64_t> measure_text(std::string_view text) { return text.size(); }
    sel::Result<void> nothing() { return {}; }
};

sel::Result<void> run() {
    SEL_TRY(requests, sel::environment().endpoint("requests"));
    SEL_TRY(reply, sel::environment().reply("reply"));
    sel::rpc::Replies replies(reply);
    Server server;
    using sel::rpc::on;
    return sel::rpc::serve<bench::Adder, on<bench::swap, &Server::swap>, on<bench::measure_text, &Server::measure_text>,
                           on<bench::nothing, &Server::nothing>>(server, {requests, replies});
}

}  // namespace

int main() { return run() ? 0 : 1; }
