// SPDX-License-Identifier: BSD-2-Clause
// Pieces from untypeds of one's own, and from another manager.
#include "memory_source.hpp"

namespace memory_server {

sel::Result<void> OwnMemory::add(sel::Untyped memory, uint64_t pages) {
    SEL_TRY_VOID(memory_.add(memory, pages));
    pages_ += pages;
    return {};
}

sel::Result<Piece> OwnMemory::take(uint64_t pages) {
    SEL_TRY(made, memory_.allocate({.type = sel::abi::ObjectType::untyped, .size = pages}));
    return Piece{made.as<sel::Untyped>(), pages};
}

void OwnMemory::give_back(const Piece& piece) { (void)memory_.release({piece.untyped.index(), 1}); }

sel::Result<Piece> LentMemory::take(uint64_t pages) {
    SEL_TRY(loan, untyped(lender_, into_, pages));
    const auto [number, memory] = loan;
    loans_.emplace(memory.index(), number);
    return Piece{memory, pages};
}

void LentMemory::give_back(const Piece& piece) {
    const auto loan = loans_.find(piece.untyped.index());
    if (loan == loans_.end()) return;
    // If the lender has gone, so have its loans: the slot is empty either way.
    (void)release(lender_, loan->second);
    (void)slots_.release(loan->first);
    loans_.erase(loan);
}

uint64_t LentMemory::pages() {
    const auto account = state(lender_);
    return account ? account->quota.pages : 0;
}

}  // namespace memory_server
