// SPDX-License-Identifier: BSD-2-Clause
// Budget: what a scheduling context may still use, and what comes back when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace selene::ipc_model {

/// An amount of time, in ticks, and the moment from which it may be used.
struct Piece {
    uint64_t time;
    uint64_t amount;
    friend bool operator==(const Piece&, const Piece&) = default;
};

/// A sporadic server: what is used comes back one period after its use began, if that can be remembered, and as much later
/// as was used beyond all there was. With a budget as long as its period, whoever has used it up has a new one
/// at once. The amounts add up to the budget, always; the first piece is the next to be used.
class Budget {
public:
    /// All of it, from `now` on, in at most `pieces` pieces.
    void renew(uint64_t budget, uint64_t period, size_t pieces, uint64_t now);
    /// It was used from one moment to another. More than there was is paid back before anything is used again.
    void use(uint64_t from, uint64_t to);
    /// What may be used at `now` is joined in the first piece; whether that is at least `minimum`.
    bool gather(uint64_t now, uint64_t minimum);

    [[nodiscard]] uint64_t budget() const { return budget_; }
    [[nodiscard]] uint64_t period() const { return period_; }
    [[nodiscard]] size_t most_pieces() const { return most_; }
    [[nodiscard]] bool takes_turns() const { return budget_ == period_; }
    [[nodiscard]] const std::deque<Piece>& pieces() const { return pieces_; }
    [[nodiscard]] const Piece& first() const { return pieces_.front(); }
    /// The pieces, those in one that follow each other without a gap.
    [[nodiscard]] std::deque<Piece> joined() const;

private:
    void give_back(Piece piece);

    uint64_t budget_ = 0;
    uint64_t period_ = 0;
    size_t most_ = 0;
    std::deque<Piece> pieces_;
};

}  // namespace selene::ipc_model
