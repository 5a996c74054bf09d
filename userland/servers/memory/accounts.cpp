// SPDX-License-Identifier: BSD-2-Clause
// Lending, charging and taking back.
#include "accounts.hpp"

#include <algorithm>
#include <bit>

#include "abi/object_sizes.hpp"

namespace memory_server {

namespace {

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t most_pages = uint64_t{1} << 26;

uint64_t pages_for(uint64_t bytes) { return std::bit_ceil((bytes + page_bytes - 1) / page_bytes); }

}  // namespace

Accounts::Accounts(const Means& means, uint64_t objects) : means_(means) {
    accounts_.emplace(own, Account{.opener = 0, .state = {{means.source.pages(), objects}, {}}, .name = "manager"});
}

// --- Quotas ---------------------------------------------------------------------------------------------------------

sel::Result<Accounts::Account*> Accounts::find(uint64_t badge) {
    const auto found = accounts_.find(badge);
    // The manager's own account is nobody's to call for.
    if (found == accounts_.end() || badge == own) return sel::refused({Refusal::no_account, badge});
    return &found->second;
}

sel::Result<Accounts::Account*> Accounts::child(uint64_t badge, uint64_t account) {
    const auto found = accounts_.find(account);
    if (found == accounts_.end() || found->second.opener != badge) return sel::refused({Refusal::not_yours, account});
    return &found->second;
}

/// Counts the amount as used, if it is there.
sel::Result<void> Accounts::reserve(Account& account, Amount amount) {
    auto& [quota, used] = account.state;
    if (amount.pages > quota.pages - used.pages) {
        return sel::refused({Refusal::over_quota, amount.pages, quota.pages - used.pages});
    }
    if (amount.objects > quota.objects - used.objects) {
        return sel::refused({Refusal::over_count, amount.objects, quota.objects - used.objects});
    }
    used.pages += amount.pages;
    used.objects += amount.objects;
    return {};
}

/// Another manager may have given more since, or less.
void Accounts::refresh_own_quota() {
    State& state = accounts_.at(own).state;
    state.quota.pages = std::max(means_.source.pages(), state.used.pages);
}

sel::Result<void> Accounts::admit(uint64_t badge, Amount quota, std::string_view name) {
    if (accounts_.contains(badge) && badge != own) return {};
    if (badge <= own || badge >= first_opened) return sel::refused({Refusal::no_account, badge});
    refresh_own_quota();
    SEL_TRY_VOID(reserve(accounts_.at(own), quota));
    accounts_.emplace(badge, Account{.opener = own, .state = {quota, {}}, .name = std::string(name)});
    return {};
}

sel::Result<State> Accounts::state(uint64_t badge) const {
    const auto found = accounts_.find(badge);
    if (found == accounts_.end() || badge == own) return sel::refused({Refusal::no_account, badge});
    return found->second.state;
}

sel::Result<State> Accounts::state_of(uint64_t badge, uint64_t account) const {
    const auto found = accounts_.find(account);
    if (found == accounts_.end() || found->second.opener != badge) return sel::refused({Refusal::not_yours, account});
    return found->second.state;
}

sel::Result<void> Accounts::give(uint64_t badge, uint64_t account, Amount amount) {
    SEL_TRY(giver, find(badge));
    SEL_TRY(receiver, child(badge, account));
    SEL_TRY_VOID(reserve(*giver, amount));
    receiver->state.quota.pages += amount.pages;
    receiver->state.quota.objects += amount.objects;
    return {};
}

/// What a child does not use goes from its quota to its opener, who has counted it as used.
sel::Result<void> Accounts::move(Account& from, Account& to, Amount amount) {
    auto& [quota, used] = from.state;
    if (amount.pages > quota.pages - used.pages) {
        return sel::refused({Refusal::over_quota, amount.pages, quota.pages - used.pages});
    }
    if (amount.objects > quota.objects - used.objects) {
        return sel::refused({Refusal::over_count, amount.objects, quota.objects - used.objects});
    }
    quota.pages -= amount.pages;
    quota.objects -= amount.objects;
    to.state.used.pages -= amount.pages;
    to.state.used.objects -= amount.objects;
    return {};
}

sel::Result<void> Accounts::take(uint64_t badge, uint64_t account, Amount amount) {
    SEL_TRY(receiver, find(badge));
    SEL_TRY(giver, child(badge, account));
    return move(*giver, *receiver, amount);
}

sel::Result<void> Accounts::hand_back(uint64_t badge, Amount amount) {
    SEL_TRY(giver, find(badge));
    return move(*giver, accounts_.at(giver->opener), amount);
}

sel::Result<std::pair<Entry, std::string_view>> Accounts::next(uint64_t above) const {
    const auto found = accounts_.upper_bound(above);
    if (found == accounts_.end()) return sel::refused({Refusal::not_yours, above});
    const auto& [number, account] = *found;
    return std::pair(Entry{number, account.opener, account.state}, std::string_view(account.name));
}

// --- Loans ----------------------------------------------------------------------------------------------------------

sel::Result<Accounts::Lent> Accounts::lend(uint64_t badge, const Request& request) {
    SEL_TRY(account, find(badge));
    uint64_t size = request.size;
    if (request.type == sel::abi::ObjectType::untyped && size > 0 && size <= most_pages) size = std::bit_ceil(size);
    if (!sel::abi::is_valid_size(request.type, size)) {
        return sel::refused({sel::abi::ErrorCode::argument_out_of_range, 1});
    }
    SEL_TRY_VOID(reserve(*account, {0, 1}));
    const auto slot = means_.slots.allocate();
    const auto chunk = slot ? make(*account, {request.type, size}, *slot) : sel::refused(slot.error());
    if (!chunk) {
        if (slot) (void)means_.slots.release(*slot);
        --account->state.used.objects;
        return sel::refused(chunk.error());
    }
    ++(*chunk)->live;
    const uint64_t number = ++last_loan_;
    account->loans.insert(number);
    loans_.emplace(number, LoanRecord{badge, *slot, (*chunk)->piece.untyped.index()});
    return Lent{number, *slot};
}

sel::Result<Accounts::Chunk*> Accounts::make(Account& account, const Request& request, sel::CapIndex slot) {
    const uint64_t bytes = sel::abi::object_bytes(request.type, request.size);
    if (bytes > page_bytes / 2) {
        auto made = make_in(account, pages_for(bytes), request, slot);
        // A piece is aligned to pages only; one twice as large holds a large frame wherever it lies.
        const bool is_misplaced = !made && made.error().is(sel::abi::ErrorCode::out_of_memory);
        return is_misplaced ? make_in(account, 2 * pages_for(bytes), request, slot) : made;
    }
    if (!account.small.is_none()) {
        Chunk& chunk = account.chunks.at(account.small);
        const auto made = retype(chunk, request, slot);
        if (made) return &chunk;
        if (!made.error().is(sel::abi::ErrorCode::out_of_memory)) return sel::refused(made.error());
    }
    SEL_TRY(chunk, make_in(account, 1, request, slot));
    account.small = chunk->piece.untyped.index();
    return chunk;
}

sel::Result<Accounts::Chunk*> Accounts::make_in(Account& account, uint64_t pages, const Request& request,
                                                sel::CapIndex slot) {
    SEL_TRY_VOID(reserve(account, {pages, 0}));
    const auto piece = means_.source.take(pages);
    const auto made = piece ? retype({*piece}, request, slot) : sel::refused(piece.error());
    if (!made) {
        if (piece) means_.source.give_back(*piece);
        account.state.used.pages -= pages;
        return sel::refused(made.error());
    }
    return &account.chunks.emplace(piece->untyped.index(), Chunk{*piece}).first->second;
}

sel::Result<void> Accounts::retype(const Chunk& chunk, const Request& request, sel::CapIndex slot) const {
    SEL_TRY_VOID(chunk.piece.untyped.retype(
        {.type = request.type, .size = request.size, .count = 1, .table = means_.table, .first = slot.raw()}));
    return {};
}

sel::Result<void> Accounts::release(uint64_t badge, uint64_t number) {
    const auto found = loans_.find(number);
    if (found == loans_.end() || found->second.account != badge) return sel::refused({Refusal::not_yours, number});
    const LoanRecord loan = found->second;
    Account& account = accounts_.at(badge);
    (void)means_.table.unmap({.first = loan.slot.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
    (void)means_.slots.release(loan.slot);
    loans_.erase(found);
    account.loans.erase(number);
    --account.state.used.objects;
    --account.chunks.at(loan.chunk).live;
    drop_if_empty(account, loan.chunk);
    return {};
}

void Accounts::drop_if_empty(Account& account, sel::CapIndex chunk) {
    const auto found = account.chunks.find(chunk);
    if (found->second.live != 0) return;
    if (account.small == chunk) account.small = {};
    account.state.used.pages -= found->second.piece.pages;
    means_.source.give_back(found->second.piece);
    account.chunks.erase(found);
}

void Accounts::undo(uint64_t number) {
    if (const auto loan = loans_.find(number); loan != loans_.end()) {
        (void)release(loan->second.account, number);
    } else if (number >= first_opened && accounts_.contains(number)) {
        end(number);
    }
}

// --- Opening and closing --------------------------------------------------------------------------------------------

sel::Result<Accounts::Opened> Accounts::open(uint64_t badge, Amount quota, std::string_view name) {
    SEL_TRY(opener, find(badge));
    if (quota.objects == UINT64_MAX) return sel::refused({Refusal::over_count, quota.objects});
    const Amount with_itself{quota.pages, quota.objects + 1};
    SEL_TRY_VOID(reserve(*opener, with_itself));
    const uint64_t account = next_account_;
    const auto slot = means_.slots.allocate();
    const auto rights =
        sel::abi::RightsMask(sel::abi::Right::write) | sel::abi::Right::reply | sel::abi::Right::transfer;
    const auto derived = slot ? means_.table.map({.first = slot->raw(),
                                                  .source = means_.table,
                                                  .source_first = means_.requests.index().raw(),
                                                  .count = 1,
                                                  .rights = rights,
                                                  .badge = account})
                              : sel::refused(slot.error());
    if (!derived) {
        if (slot) (void)means_.slots.release(*slot);
        opener->state.used.pages -= with_itself.pages;
        opener->state.used.objects -= with_itself.objects;
        return sel::refused(derived.error());
    }
    ++next_account_;
    accounts_.emplace(account, Account{badge, {quota, {}}, std::string(name), *slot});
    return Opened{account, *slot};
}

sel::Result<void> Accounts::close(uint64_t badge, uint64_t account) {
    SEL_TRY_VOID(child(badge, account));
    if (account < first_opened) return sel::refused({Refusal::not_yours, account});
    end(account);
    return {};
}

void Accounts::died(uint64_t badge) {
    if (badge != own && accounts_.contains(badge)) end(badge);
}

/// Ends an account and those below it: first those, for they use of its quota. An account was opened after its opener,
/// so going from the newest to the oldest meets each before its opener.
void Accounts::end(uint64_t badge) {
    std::set<uint64_t> doomed{badge};
    for (auto next = accounts_.upper_bound(badge); next != accounts_.end(); ++next) {
        if (doomed.contains(next->second.opener)) doomed.insert(next->first);
    }
    for (auto next = doomed.rbegin(); next != doomed.rend(); ++next) {
        Account& account = accounts_.at(*next);
        // First the way to the manager, then what came by it.
        if (!account.endpoint.is_none()) {
            (void)means_.table.unmap({.first = account.endpoint.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
            (void)means_.slots.release(account.endpoint);
        }
        for (const auto& [slot, chunk] : account.chunks) means_.source.give_back(chunk.piece);
        for (const uint64_t number : account.loans) {
            (void)means_.slots.release(loans_.at(number).slot);
            loans_.erase(number);
        }
        State& opener = accounts_.at(account.opener).state;
        opener.used.pages -= account.state.quota.pages;
        opener.used.objects -= account.state.quota.objects + (account.endpoint.is_none() ? 0 : 1);
        accounts_.erase(*next);
    }
}

}  // namespace memory_server
