// SPDX-License-Identifier: BSD-2-Clause
// Search: all states of a small world that can be reached, breadth first.
#pragma once

#include <deque>
#include <limits>
#include <string>

#include "canonical.hpp"
#include "hash.hpp"
#include "stage.hpp"

namespace selene::test {

/// One thread's entry into the kernel.
struct Move {
    uint8_t thread = 0;  ///< its number in the order of the derivation list
    uint8_t goes_on = 0;
    uint16_t poll = 0;  ///< the poll at which it is preempted, if it has so many
    Operation operation{};
};

/// What a search has found.
struct Findings {
    uint64_t states = 0;
    uint64_t transitions = 0;
    uint64_t depth = 0;  ///< of the state that takes the most moves
    bool complete = false;
    std::string violation;     ///< empty: none
    std::vector<Move> path{};  ///< the shortest to it

    /// What became of the operations of one form; that were preempted and gone on with, counted once.
    struct Tally {
        uint64_t obeyed = 0;
        uint64_t refused = 0;
        uint64_t preempted = 0;
    };
    std::vector<Tally> forms{};

    void count(uint8_t form, const Entry& entry);
};

/// An invariant besides the kernel's own: what is wrong, null if nothing is.
using Check = const char* (*)(Stage& stage);

class Search {
public:
    static constexpr uint64_t all = std::numeric_limits<uint64_t>::max();

    explicit Search(const Description& description, Check check = nullptr)
        : stage_(description), canonical_(stage_), check_(check) {}

    /// From the world's first state on, until there is no state left to go on from, `limit` are found or something is
    /// wrong.
    [[nodiscard]] Findings run(uint64_t limit = all);
    /// From now on, see to it that each transition leads where it would without direct switches.
    void compare_ways() { compares_ways_ = true; }
    /// Do the moves of a path from the first state on. What is wrong after the last one; that before it something is
    /// wrong is an error.
    [[nodiscard]] std::string replay(const std::vector<Move>& path);
    /// The path as C++.
    [[nodiscard]] std::string text_of(const std::vector<Move>& path);

private:
    struct Known {
        uint32_t parent;
        Move move;
    };
    struct Waiting {
        uint32_t number;
        uint32_t depth;
        Image::Difference difference;
        machine::TranslationBuffer translations;
    };

    void begin();
    void expand(Waiting& waiting);
    void let_act(Thread& thread, uint8_t number);
    void try_all_polls(Thread& thread, Move move);
    /// Make a move from `ready_`; whether its operation was over before the poll.
    bool transition(Thread& thread, const Move& move);
    void arrive(const Move& move);
    /// The slot that an operation promises something of, as its caller names it now; null if it names none.
    [[nodiscard]] static Slot* promised_slot(const Thread& caller, const Form& form, const Operation& operation);
    void check_promise(const Thread& caller, const Form& form, const Operation& operation, Slot* slot);
    void check_state();
    [[nodiscard]] Entry do_move(const Move& move);
    [[nodiscard]] Hash128 hash_of_general_way(const Move& move);
    /// Whether somebody is ready and has no time. It finds that out in its turn, which on the general way may come before
    /// that of the one who is switched to.
    [[nodiscard]] bool somebody_is_bereft();
    [[nodiscard]] std::vector<Move> path_to(uint32_t number) const;

    Stage stage_;
    Canonical canonical_;
    Check check_;
    HashSet seen_;
    std::vector<Known> known_;
    std::deque<Waiting> waiting_;
    Stage::State base_;   ///< the state that is gone on from
    Stage::State ready_;  ///< the same, when the thread runs
    Image::Bytes scratch_;
    unsigned pending_beside_ = 0;
    bool compares_ways_ = false;
    bool moved_ = false;  ///< the present state is not `ready_`
    uint32_t current_ = 0;
    uint32_t depth_ = 0;
    Findings findings_;
};

}  // namespace selene::test
