// SPDX-License-Identifier: BSD-2-Clause
// The name service: lets clients find capabilities by name, each within its view (name_protocol.hpp).
//
// From its specification:
//     requests   endpoint (R): where clients ask; Replies `answer`, `answer2`, ...: one more than callers may wait for a name
//     views      the same endpoint (WGP) without a badge: for the views that are opened
//     table      its own capability table
//     root       argument: badge of the client that sees everything

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/rpc_server.hpp>

#include "name_views.hpp"

namespace {

using namespace name_service;
using sel::or_abort;
using sel::rpc::Caller;
using sel::rpc::on;

using Found = sel::rpc::Mapped<sel::stub::Capability>;

constexpr sel::abi::RightsMask all_rights(sel::abi::all_rights);

class Server {
public:
    Server(const NameViews::Means& means, uint64_t root) : views_(means, root) {}

    [[nodiscard]] sel::Result<Found> find(Caller& caller, std::string_view name) {
        return find_in(caller.badge(), name);
    }

    [[nodiscard]] std::optional<sel::Result<Found>> await(Caller& caller, std::string_view name) {
        const auto found = find_in(caller.badge(), name);
        if (found || !found.error().is(Refusal::not_found)) return found;
        end_waits([](const Waiting& one) { return !one.caller.waits(); });
        if (const auto begun = views_.begin_waiting(caller.badge()); !begun) return sel::refused(begun.error());
        auto later = caller.defer<Found>();
        if (!later) {
            views_.end_waiting(caller.badge());
            return sel::refused(later.error());
        }
        waiting_.push_back({caller.badge(), std::string(name), std::move(*later)});
        return std::nullopt;
    }

    sel::Result<void> publish(Caller& caller, std::string_view name, sel::stub::Capability given) {
        SEL_TRY(kept, caller.keep(given));
        SEL_TRY_VOID(views_.publish(caller.badge(), name, kept.index()));
        latest_ = {caller.badge(), std::string(name)};
        answer_those_who_wait();
        return {};
    }

    sel::Result<void> withdraw(Caller& caller, std::string_view name) {
        latest_.reset();
        return views_.withdraw(caller.badge(), name);
    }

    [[nodiscard]] sel::Result<Name> name_at(Caller& caller, uint64_t number) {
        SEL_TRY(name, views_.name_at(caller.badge(), number));
        return Name::of(name);
    }

    [[nodiscard]] sel::Result<std::tuple<uint64_t, sel::rpc::Mapped<sel::Endpoint>>> open(Caller& caller,
                                                                                          std::string_view name) {
        SEL_TRY(opened, views_.open(caller.badge(), name));
        return std::tuple(opened.view, sel::rpc::Mapped<sel::Endpoint>{sel::Endpoint(opened.endpoint), all_rights});
    }

    sel::Result<void> show(Caller& caller, uint64_t view, std::string_view name, std::string_view as, uint64_t rights) {
        SEL_TRY_VOID(views_.show(caller.badge(), view, name, as, sel::abi::RightsMask(rights & sel::abi::all_rights)));
        latest_ = {view, std::string(as)};
        answer_those_who_wait();
        return {};
    }

    sel::Result<void> hide(Caller& caller, uint64_t view, std::string_view as) {
        latest_.reset();
        return views_.hide(caller.badge(), view, as);
    }

    sel::Result<void> close(Caller& caller, uint64_t view) {
        latest_.reset();
        SEL_TRY_VOID(views_.close(caller.badge(), view));
        // Whoever waits in a view that is gone is told `cancelled`.
        end_waits([this](const Waiting& one) { return !views_.has(one.badge); });
        return {};
    }

    /// A view that has not reached its opener is none, nor is a name of which nobody knows that it was published or shown.
    void undelivered(const sel::Message& answer) {
        if (answer.items() != 0) {
            views_.undo(answer.word(0));
        } else if (answer.length() == 0 && latest_) {
            (void)views_.withdraw(latest_->view, latest_->name);
        }
    }

private:
    struct Waiting {
        uint64_t badge;
        std::string name;
        sel::rpc::Deferred<Found> caller;
    };

    [[nodiscard]] sel::Result<Found> find_in(uint64_t badge, std::string_view name) {
        SEL_TRY(slot, views_.find(badge, name));
        return Found{sel::stub::Capability(slot), all_rights};
    }

    void answer_those_who_wait() {
        end_waits([this](Waiting& one) {
            const auto found = find_in(one.badge, one.name);
            if (!found) return false;
            (void)one.caller.answer(found);
            return true;
        });
    }

    void end_waits(const auto& has_ended) {
        std::erase_if(waiting_, [&](Waiting& one) {
            if (!has_ended(one)) return false;
            views_.end_waiting(one.badge);
            return true;
        });
    }

    /// What was published or shown last.
    struct Named {
        uint64_t view;
        std::string name;
    };

    NameViews views_;
    std::vector<Waiting> waiting_;
    std::optional<Named> latest_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto views = or_abort(environment.endpoint("views"), "finding the endpoint for views");
    const auto text = or_abort(environment.argument("root"), "finding who sees everything");
    uint64_t root = 0;
    std::from_chars(text.data(), text.data() + text.size(), root);
    sel::rpc::Replies replies(or_abort(environment.reply("answer"), "finding the reply"));
    size_t places = 0;
    for (;; ++places) {
        const auto more = environment.reply("answer" + std::to_string(places + 2));
        if (!more || !replies.add(*more)) break;
    }
    const sel::Acceptor acceptor(table, sel::own_slots());
    // As many names and views as there are slots for, but for those of requests, and as the heap holds.
    constexpr uint64_t spare_slots = 64;
    constexpr uint64_t most = 3500;
    const auto passage = or_abort(sel::own_slots().allocate(), "finding a slot");
    const uint64_t slots = sel::own_slots().available();
    const uint64_t room = std::min(most, slots < 2 * spare_slots ? slots / 2 : slots - spare_slots);
    if (root == 0) {
        sel::println("names: a badge is expected as root, not `{}`", text);
        return 1;
    }
    Server server({table, sel::own_slots(), views, room, places, passage}, root);
    or_abort(
        sel::rpc::serve<Interface, on<find, &Server::find>, on<await, &Server::await>, on<publish, &Server::publish>,
                        on<withdraw, &Server::withdraw>, on<name_at, &Server::name_at>, on<open, &Server::open>,
                        on<show, &Server::show>, on<hide, &Server::hide>, on<close, &Server::close>>(
            server, {requests, replies, &acceptor}),
        "receiving requests");
}
