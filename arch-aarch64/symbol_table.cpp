// SPDX-License-Identifier: BSD-2-Clause
// The search for a function's name.
#include "symbol_table.hpp"

#include <algorithm>

namespace selene {

std::optional<SymbolTable::Place> SymbolTable::find(uint64_t address) const {
    if (words_.empty()) return std::nullopt;
    const std::span entries(reinterpret_cast<const Entry*>(&words_[1]), words_[0]);
    const uint64_t offset = address - base_;
    const auto next = std::ranges::upper_bound(entries, offset, {}, &Entry::address);
    if (next == entries.begin() || next == entries.end()) return std::nullopt;
    const Entry& found = next[-1];
    return Place{reinterpret_cast<const char*>(words_.data()) + found.name, offset - found.address};
}

}  // namespace selene
