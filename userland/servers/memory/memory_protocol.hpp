// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the memory manager: kernel objects, memory and accounts that are charged for them.
#pragma once

#include <cstdint>
#include <tuple>

#include <sel/error.hpp>
#include <sel/rpc.hpp>

namespace memory_server {

/// What the manager itself refuses. Besides, a call may be refused with what the kernel says of a size (such as
/// argument_out_of_range), with no_memory if the machine has no piece that is large enough, and with no_slots.
enum class Refusal : uint16_t { over_quota = 1, over_count, not_yours, no_account, not_allowed };

/// Their sentences, which say what the details are.
inline void describe(sel::Output& output, Refusal refusal, uint64_t first, uint64_t second) {
    switch (refusal) {
    case Refusal::over_quota:
        return sel::format_to(output, "{} pages are needed where the account has {} left", first, second);
    case Refusal::over_count:
        return sel::format_to(output, "{} objects are needed where the account has {} left", first, second);
    case Refusal::not_yours: return sel::format_to(output, "no loan and no account {} is the caller's", first);
    case Refusal::no_account: return sel::format_to(output, "badge {} has no account, and no room for one", first);
    case Refusal::not_allowed: return output.write("only the surveyor may look at all accounts");
    }
}
inline const sel::Sentences<Refusal> sentences;

/// What an account may have, or has: pages of 4 KiB, and objects, each of which costs the manager a slot and a
/// little of its memory. Accounts count as objects, too.
struct Amount {
    uint64_t pages = 0;
    uint64_t objects = 0;

    friend constexpr bool operator==(const Amount&, const Amount&) = default;
};

/// An account: `used` never passes `quota`. What was given on to accounts opened from this one is used.
struct State {
    Amount quota;
    Amount used;
};

/// A loan has a number, by which it is given back: the capability then disappears from the client and from everybody it
/// was passed on to, and all that was derived or made from it. Capabilities have all rights but write_execute.
template <typename T>
using Loan = std::tuple<uint64_t, sel::rpc::Mapped<T>>;

/// Memory: a frame of 2^`bits` bytes (12, 21, 30), zeroed; an untyped of at least so many pages. What is larger than
/// half a page takes the next power of two of pages, smaller objects of one account share pages.
/// Errors: over_quota, over_count, no_memory.
inline constexpr sel::rpc::Method<1, Loan<sel::Frame>(uint64_t bits)> frame;
inline constexpr sel::rpc::Method<2, Loan<sel::Untyped>(uint64_t pages)> untyped;
/// Tables: of capabilities, with so many slots; of pages; an address space. Errors: as above.
inline constexpr sel::rpc::Method<3, Loan<sel::CapTable>(uint64_t slots)> cap_table;
inline constexpr sel::rpc::Method<4, Loan<sel::PageTable>()> page_table;
inline constexpr sel::rpc::Method<5, Loan<sel::AddressSpace>()> address_space;
/// Tasks, threads, and their time, to be configured by who may. Errors: as above.
inline constexpr sel::rpc::Method<6, Loan<sel::Task>()> task;
inline constexpr sel::rpc::Method<7, Loan<sel::Thread>()> thread;
inline constexpr sel::rpc::Method<8, Loan<sel::SchedContext>(uint64_t refills)> sched_context;
/// What they talk through. Errors: as above.
inline constexpr sel::rpc::Method<9, Loan<sel::Endpoint>()> endpoint;
inline constexpr sel::rpc::Method<10, Loan<sel::Reply>()> reply;
inline constexpr sel::rpc::Method<11, Loan<sel::Notification>()> notification;

/// Gives a loan back. Errors: not_yours.
inline constexpr sel::rpc::Method<12, void(uint64_t number)> release;

/// The caller's own account.
inline constexpr sel::rpc::Method<13, State()> state;

/// Opens an account that takes its quota from the caller's: its number, and an endpoint to this manager whose calls are
/// charged to it. Errors: over_quota, over_count (the account itself is one object), no_account.
inline constexpr sel::rpc::Method<14, std::tuple<uint64_t, sel::rpc::Mapped<sel::Endpoint>>(Amount,
                                                                                            sel::rpc::Text<32> name)>
    open;
/// Closes an account that the caller has opened, and all that were opened from it: whatever was lent to them
/// disappears, the endpoint too; the quota is the caller's again. Errors: not_yours.
inline constexpr sel::rpc::Method<15, void(uint64_t account)> close;
/// The same for an account, seen by its opener. Errors: not_yours.
inline constexpr sel::rpc::Method<16, State(uint64_t account)> state_of;

/// Quotas are traded. The opener gives more, or takes back what is not used; an account returns what it does not use.
/// Errors: not_yours; over_quota or over_count if the giver has less left, and then nothing has moved.
inline constexpr sel::rpc::Method<17, void(uint64_t account, Amount)> give;
inline constexpr sel::rpc::Method<18, void(uint64_t account, Amount)> take;
inline constexpr sel::rpc::Method<19, void(Amount)> hand_back;

/// One of all accounts.
struct Entry {
    uint64_t account;
    uint64_t opener;  ///< 0 for the manager itself
    State state;
};

/// The account with the lowest number above this one, and its name; for `first` 0, the manager's own (number 1). For the
/// client that the specification lets look. Errors: not_allowed; not_yours if there is none.
inline constexpr sel::rpc::Method<20, std::tuple<Entry, sel::rpc::Text<32>>(uint64_t above)> survey;

using Interface =
    sel::rpc::Interface<frame, untyped, cap_table, page_table, address_space, task, thread, sched_context, endpoint,
                        reply, notification, release, state, open, close, state_of, give, take, hand_back, survey>;

}  // namespace memory_server
