// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the name service: capabilities by name, for each client those that it is let see.
#pragma once

#include <cstdint>
#include <tuple>

#include <sel/error.hpp>
#include <sel/rpc.hpp>

namespace name_service {

/// What the service itself refuses.
enum class Refusal : uint16_t { not_found = 1, taken, not_yours, no_view, too_many, bad_name };

/// Their sentences, which say what the details are.
inline void describe(sel::Output& output, Refusal refusal, uint64_t first, uint64_t) {
    switch (refusal) {
    case Refusal::not_found: return output.write("the view has no such name");
    case Refusal::taken: return output.write("the view has this name already");
    case Refusal::not_yours: return sel::format_to(output, "the caller has opened no view {:#x}", first);
    case Refusal::no_view: return sel::format_to(output, "badge {:#x} has no view", first);
    case Refusal::too_many: return sel::format_to(output, "all of the {} places of the view are taken", first);
    case Refusal::bad_name: return output.write("the name is empty, too long, or has a slash");
    }
}
inline const sel::Sentences<Refusal> sentences;

inline constexpr size_t longest_name = 64;
using Name = sel::rpc::Text<longest_name>;

// Each client has a view: names and what they stand for. It sees nothing else, and nobody can see more than who has opened
// his view:
//
//     view of the root       console, memory, clock/time
//       ├─ clock             time          (published there, so seen above as clock/time)
//       └─ worker            log           (the root's `console`, shown to the worker as `log`)

/// What a name stands for: a child of the view's capability, with its rights. Errors: not_found.
inline constexpr sel::rpc::Method<1, sel::rpc::Mapped<sel::stub::Capability>(Name)> find;
/// The same, and waits until there is one. Errors: too_many; cancelled if the view is closed.
inline constexpr sel::rpc::Method<2, sel::rpc::Mapped<sel::stub::Capability>(Name)> await;
/// Makes something known: in the caller's view under this name; in its opener's under NAME-OF-THE-VIEW/name, and so on up.
/// Errors: taken, in any of them; too_many; bad_name.
inline constexpr sel::rpc::Method<3, void(Name, sel::rpc::Mapped<sel::stub::Capability>)> publish;
/// Takes a name out of the caller's view, and with it what everybody has found through it, in views below and above too.
/// Errors: not_found.
inline constexpr sel::rpc::Method<4, void(Name)> withdraw;
/// The name with this number, in alphabetical order. Errors: not_found if there are not so many.
inline constexpr sel::rpc::Method<5, Name(uint64_t number)> name_at;

/// Opens an empty view: its number, and an endpoint of this service that sees it. Errors: taken, too_many, bad_name.
inline constexpr sel::rpc::Method<6, std::tuple<uint64_t, sel::rpc::Mapped<sel::Endpoint>>(Name)> open;
/// Shows what the caller sees under `name` to a view that it has opened, under the name `as`, with these rights or fewer.
/// Errors: not_yours, not_found, taken, too_many, bad_name.
inline constexpr sel::rpc::Method<7, void(uint64_t view, Name name, Name as, uint64_t rights)> show;
/// Takes it away again, and with it what was found through it. Errors: not_yours, not_found.
inline constexpr sel::rpc::Method<8, void(uint64_t view, Name as)> hide;
/// Closes a view and all below: what was found through them disappears, what was published there too. Errors: not_yours.
inline constexpr sel::rpc::Method<9, void(uint64_t view)> close;

using Interface = sel::rpc::Interface<find, await, publish, withdraw, name_at, open, show, hide, close>;

}  // namespace name_service
