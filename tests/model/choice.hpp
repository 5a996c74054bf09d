// SPDX-License-Identifier: BSD-2-Clause
// Choice: what an actor could name in an operation, drawn so that something comes of it, mostly.
#pragma once

#include <functional>
#include <random>

#include "reach.hpp"

namespace selene::model {

class Choice {
public:
    Choice(std::mt19937_64& random, LockStep& both, unsigned actor);

    // --- Small choices ------------------------------------------------------------------------------------------

    uint64_t below(uint64_t end) { return random_() % end; }
    bool one_in(uint64_t n) { return below(n) == 0; }
    template <class Range>
    const auto& one_of(const Range& range) {
        return *(std::begin(range) + static_cast<std::ptrdiff_t>(below(std::size(range))));
    }

    // --- Capabilities -------------------------------------------------------------------------------------------

    /// Whether there is a capability of a type, in the play if `type` is of memory.
    [[nodiscard]] bool has(ObjectType type) const;
    /// The index of some capability, or of none.
    uint64_t any_index();
    using Fits = std::function<bool(const Capability&)>;
    /// The index of a capability of a type: of one that fits and is in play, if it can be.
    uint64_t holding(ObjectType type, const Fits& fits);
    uint64_t table();
    /// A table that holds a capability of a type.
    uint64_t table_with(ObjectType type);
    /// What an index names, null if nothing that is known.
    [[nodiscard]] Capability* at(uint64_t index) const;
    /// What a slot of the table that an index names holds.
    [[nodiscard]] Capability* in(uint64_t table, uint64_t slot) const;

    // --- Slots --------------------------------------------------------------------------------------------------

    enum class Wanted : uint8_t { free, occupied, movable };
    /// A slot of the table that an index names, mostly a fitting one.
    uint64_t slot_of(uint64_t table, Wanted wanted, const Fits& fits = [](const Capability&) { return true; });
    [[nodiscard]] bool is_own_table(uint64_t table) const {
        return at(table) != nullptr && at(table)->object == own_table_;
    }

private:
    [[nodiscard]] bool in_play(const Named& named) const { return actor_ != 0 || named.index >= playground_.first; }
    [[nodiscard]] bool hidden(uint64_t slot) const;

    std::mt19937_64& random_;
    const System& system_;
    const Playground& playground_;
    unsigned actor_;
    const Object* own_table_;  ///< the first actor's
    std::vector<Named> named_;
};

}  // namespace selene::model
