// SPDX-License-Identifier: BSD-2-Clause
// The accounts of a memory manager: who has what, and the way back of all of it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include <sel/objects.hpp>
#include <sel/slot_allocator.hpp>

#include "memory_source.hpp"

namespace memory_server {

/// A tree of accounts. Each has a quota, which it shares with the accounts opened from it; what it borrows lies in pieces
/// of memory of its own, so that nothing of one account keeps memory of another from coming back.
///
///     1 the manager ── 3 a client of the specification ── 2^32 an account that it has opened ── ...
///                   └─ 4 another one
///
/// The invariant, for pages and for objects: used = what is lent + the quotas of the accounts opened from it <= quota.
class Accounts {
public:
    /// The manager's own account.
    static constexpr uint64_t own = 1;
    /// Badges from here on are of accounts that clients have opened. None is used twice.
    static constexpr uint64_t first_opened = uint64_t{1} << 32;

    struct Means {
        sel::CapTable table;        ///< the manager's own
        sel::SlotAllocator& slots;  ///< of that
        MemorySource& source;
        sel::Endpoint requests;  ///< where the manager is called, without a badge: for opened accounts
    };

    /// What a request asks for: the arguments of Untyped.retype.
    struct Request {
        sel::abi::ObjectType type;
        uint64_t size = 0;
    };

    struct Lent {
        uint64_t number;
        sel::CapIndex slot;  ///< of the origin, which stays here
    };

    struct Opened {
        uint64_t account;
        sel::CapIndex endpoint;
    };

    /// `objects` is what all accounts may have together.
    Accounts(const Means& means, uint64_t objects);

    /// An account for a client that the specification knows; one that has it already keeps it.
    /// Errors: over_quota, over_count; no_account for a badge from first_opened on.
    sel::Result<void> admit(uint64_t badge, Amount quota, std::string_view name);

    /// As the protocol says; `badge` is the caller's.
    [[nodiscard]] sel::Result<Lent> lend(uint64_t badge, const Request& request);
    sel::Result<void> release(uint64_t badge, uint64_t number);
    [[nodiscard]] sel::Result<State> state(uint64_t badge) const;
    [[nodiscard]] sel::Result<State> state_of(uint64_t badge, uint64_t account) const;
    [[nodiscard]] sel::Result<Opened> open(uint64_t badge, Amount quota, std::string_view name);
    sel::Result<void> close(uint64_t badge, uint64_t account);
    sel::Result<void> give(uint64_t badge, uint64_t account, Amount amount);
    sel::Result<void> take(uint64_t badge, uint64_t account, Amount amount);
    sel::Result<void> hand_back(uint64_t badge, Amount amount);
    [[nodiscard]] sel::Result<std::pair<Entry, std::string_view>> next(uint64_t above) const;

    /// A loan has not reached its borrower, or an account its opener: as if it had never been.
    void undo(uint64_t number);

    /// The client with this badge is no more: all that it has comes back, its account with it.
    void died(uint64_t badge);

private:
    /// Memory that one account has, for one object or for small ones.
    struct Chunk {
        Piece piece;
        uint64_t live = 0;
    };
    using Chunks = std::map<sel::CapIndex, Chunk>;

    struct Account {
        uint64_t opener;
        State state{};
        std::string name{};
        sel::CapIndex endpoint{};  ///< of an opened one
        Chunks chunks{};
        sel::CapIndex small{};  ///< the chunk that small objects are made in at present, or none
        std::set<uint64_t> loans{};
    };

    struct LoanRecord {
        uint64_t account;
        sel::CapIndex slot;
        sel::CapIndex chunk;
    };

    using Place = std::map<uint64_t, Account>::iterator;

    [[nodiscard]] sel::Result<Account*> find(uint64_t badge);
    [[nodiscard]] sel::Result<Account*> child(uint64_t badge, uint64_t account);
    [[nodiscard]] sel::Result<void> reserve(Account& account, Amount amount);
    [[nodiscard]] static sel::Result<void> move(Account& from, Account& to, Amount amount);
    [[nodiscard]] sel::Result<Chunk*> make(Account& account, const Request& request, sel::CapIndex slot);
    [[nodiscard]] sel::Result<Chunk*> make_in(Account& account, uint64_t pages, const Request& request,
                                              sel::CapIndex slot);
    [[nodiscard]] sel::Result<void> retype(const Chunk& chunk, const Request& request, sel::CapIndex slot) const;
    void drop_if_empty(Account& account, sel::CapIndex chunk);
    void end(uint64_t badge);
    void refresh_own_quota();

    Means means_;
    std::map<uint64_t, Account> accounts_;
    std::map<uint64_t, LoanRecord> loans_;
    uint64_t last_loan_ = 0;
    uint64_t next_account_ = first_opened;
};

}  // namespace memory_server
