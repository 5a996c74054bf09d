// SPDX-License-Identifier: BSD-2-Clause
// Strangers: tasks with tables and spaces of their own, joined by a few capabilities only.
#pragma once

#include <array>
#include <random>

#include "observation.hpp"
#include "talk.hpp"

namespace selene::test {

/// Each has a table of `slots` slots with what the enumerators name in the first ones, a page, an IPC buffer and
/// registers full of words that only it knows. All share two endpoints and a notification; nothing else joins them. The
/// last one finds its capabilities through a second table, by guard and radix, at the same indices.
class Strangers {
public:
    static constexpr unsigned count = 4;
    static constexpr uint64_t slots = 64;
    static constexpr uint64_t telling_words = 32;  ///< in each page
    enum Own : uint64_t {
        table,
        space,
        task,
        thread,
        context,
        untyped,
        page,
        buffer,
        page_table,
        notification,
        reply,
        first_endpoint,
        second_endpoint,
        first_empty,
    };

    explicit Strangers(uint64_t seed);

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const Actor& actor(unsigned number) const { return actors_[number]; }
    [[nodiscard]] CapTable& table_of(unsigned number) { return world_.object<CapTable>(tables_[number]); }
    /// The running stranger's number, `count` if none of them runs.
    [[nodiscard]] unsigned running();
    /// A random entry into the kernel by the stranger that runs. Whether it was obeyed, as far as that is known.
    bool act();
    /// The first thread lets somebody go on who waits.
    void rescue();

    /// A word that nobody could make up.
    uint64_t telling_word() { return random_() | uint64_t{1} << 63; }
    uint64_t below(uint64_t end) { return random_() % end; }

private:
    void furnish(unsigned number);
    void link(unsigned number);
    void give(unsigned number, Own where, uint64_t slot);
    void share(unsigned number, Own where, uint64_t slot, uint64_t badge);
    Registers random_invocation(CapTable& table);
    Registers random_talk();
    uint64_t slot_with(CapTable& table, ObjectType type);

    std::mt19937_64 random_;
    World world_;
    std::array<Actor, count> actors_{};
    std::array<uint64_t, count> tables_{};
    uint64_t shared_[3]{};
};

}  // namespace selene::test
