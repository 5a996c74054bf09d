// SPDX-License-Identifier: BSD-2-Clause
// Use and return of time.
#include "budget.hpp"

#include <algorithm>

namespace selene::ipc_model {

void Budget::renew(uint64_t budget, uint64_t period, size_t pieces, uint64_t now) {
    budget_ = budget;
    period_ = period;
    most_ = pieces;
    pieces_ = {{now, budget}};
}

void Budget::give_back(Piece piece) {
    Piece& last = pieces_.back();
    if (last.time + last.amount == piece.time) {
        // Used without a pause, it comes back without one.
        last.amount += piece.amount;
    } else if (pieces_.size() < most_) {
        pieces_.push_back(piece);
    } else {
        // It cannot be remembered apart: what comes back before waits until it ends where this begins.
        last = {std::max(last.time, piece.time - last.amount), last.amount + piece.amount};
    }
}

void Budget::use(uint64_t from, uint64_t to) {
    uint64_t ticks = to - from;
    if (takes_turns()) {
        pieces_.front().amount -= std::min(ticks, pieces_.front().amount);
        return;
    }
    while (ticks >= pieces_.front().amount && pieces_.size() > 1) {
        const Piece whole = pieces_.front();
        pieces_.pop_front();
        ticks -= whole.amount;
        give_back({whole.time + period_, whole.amount});
    }
    Piece& piece = pieces_.front();
    if (pieces_.size() == 1 && (piece.time > from || ticks >= piece.amount)) {
        const bool was_there = piece.time <= from;
        if (was_there) piece.time += period_;
        piece.time += was_there ? ticks - piece.amount : ticks;
        return;
    }
    if (ticks == 0) return;
    const Piece used{piece.time + period_, ticks};
    piece = {piece.time + ticks, piece.amount - ticks};
    give_back(used);
    // The rest of what was overrun may begin only behind what would have come next.
    while (pieces_.size() > 1 && pieces_[1].time < pieces_[0].time) {
        pieces_[1] = {pieces_[0].time, pieces_[0].amount + pieces_[1].amount};
        pieces_.pop_front();
    }
}

bool Budget::gather(uint64_t now, uint64_t minimum) {
    if (takes_turns()) {
        if (pieces_.front().amount < minimum) pieces_ = {{now, budget_}};
        return true;
    }
    if (pieces_.front().time > now) return false;
    pieces_.front().time = now;
    const auto may_join = [&] {
        if (pieces_.size() == 1 || pieces_[0].time > now) return false;
        // What would begin before the first is used up, and what the first is too little without.
        return pieces_[1].time <= pieces_[0].time + pieces_[0].amount || pieces_[0].amount < minimum;
    };
    while (may_join()) {
        const uint64_t begin = std::max(pieces_[0].time + pieces_[0].amount, pieces_[1].time) - pieces_[0].amount;
        pieces_[1] = {begin, pieces_[0].amount + pieces_[1].amount};
        pieces_.pop_front();
    }
    return pieces_[0].time <= now && pieces_[0].amount >= minimum;
}

std::deque<Piece> Budget::joined() const {
    std::deque<Piece> joined;
    for (const Piece& piece : pieces_) {
        if (!joined.empty() && joined.back().time + joined.back().amount == piece.time) {
            joined.back().amount += piece.amount;
        } else {
            joined.push_back(piece);
        }
    }
    return joined;
}

}  // namespace selene::ipc_model
