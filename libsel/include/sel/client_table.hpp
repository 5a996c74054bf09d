// SPDX-License-Identifier: BSD-2-Clause
// What a server remembers of each client, found by badge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sel/result.hpp>

namespace sel {

/// Up to `room` states, one for each badge, without a heap: a client cannot take more than its own, nor choose its
/// badge. A look-up takes a step or two, whoever the others are.
///
/// Example: a counter of its own for each client.
///
///     sel::ClientTable<uint64_t, 16> calls;
///
///     sel::Result<uint64_t> count(sel::rpc::Caller& caller) {
///         SEL_TRY(mine, calls.of(caller.badge()));
///         return ++*mine;
///     }
template <typename State, size_t room>
class ClientTable {
public:
    /// The state of a client; a new one if there was none. It stays where it is until forget() of any client.
    /// Errors: too_many_clients.
    [[nodiscard]] Result<State*> of(uint64_t badge) {
        const size_t place = place_of(badge);
        if (!places_[place]) {
            if (size_ == room) return refused({LibraryError::too_many_clients, badge, room});
            places_[place].emplace(badge, State{});
            ++size_;
        }
        return &places_[place]->state;
    }

    /// The state of a client, or null.
    [[nodiscard]] State* find(uint64_t badge) {
        auto& place = places_[place_of(badge)];
        return place ? &place->state : nullptr;
    }

    /// Drops a client's state. False if there was none.
    bool forget(uint64_t badge) {
        size_t hole = place_of(badge);
        if (!places_[hole]) return false;
        places_[hole].reset();
        --size_;
        // Those behind that would not be found any more move up.
        for (size_t next = after(hole); places_[next]; next = after(next)) {
            const size_t home = home_of(places_[next]->badge);
            if (distance(home, next) >= distance(hole, next)) {
                places_[hole] = std::move(places_[next]);
                places_[next].reset();
                hole = next;
            }
        }
        return true;
    }

    [[nodiscard]] size_t size() const { return size_; }

private:
    /// Never more than half full, so that one place is always empty and searches end.
    static constexpr size_t places = 2 * room;

    struct Entry {
        uint64_t badge;
        State state;
    };

    [[nodiscard]] static size_t home_of(uint64_t badge) {
        constexpr uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
        return (badge * golden_ratio >> 32) % places;
    }
    [[nodiscard]] static size_t after(size_t place) { return place + 1 == places ? 0 : place + 1; }
    [[nodiscard]] static size_t distance(size_t from, size_t to) { return to >= from ? to - from : to + places - from; }

    /// Where a badge is, or would be.
    [[nodiscard]] size_t place_of(uint64_t badge) const {
        size_t place = home_of(badge);
        while (places_[place] && places_[place]->badge != badge) place = after(place);
        return place;
    }

    std::array<std::optional<Entry>, places> places_{};
    size_t size_ = 0;
};

}  // namespace sel
