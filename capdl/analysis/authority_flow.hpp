// SPDX-License-Identifier: BSD-2-Clause
// Who can come to hold which capability, whatever the programs do.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "analysis/step_graph.hpp"
#include "analysis/number_set.hpp"
#include "model/model.hpp"

namespace capdl {

/// A fixed point over all that can happen: tables give what is in them to who uses or holds them, holders of a table can
/// put into it what they have, messages carry capabilities from who may transfer to who receives, answers carry them
/// back, who controls a thread can give it a table, and new objects connect those that have memory in common. Only who
/// holds some table can take a capability out of a message. So it errs on the side of too much.
///
/// What is in one table goes the same ways, so what is passed on is tables. They pass between places:
///
///     table -> its threads -> gifts of a table that they can hold -> what is filled by what is in that table
///     what is emptied by what is in a table -> takings of that table -> its holders, if they accept
///
/// (The first that holds a table leads to what it fills without gifts in between: most have only one.)
///
/// Places that lead to each other hold the same; they are joined to one group as soon as that is seen. Whoever gets a
/// capability out of something gets the one by which it was put there, too, and can put all into the same: so they are
/// known to be one group before anything has gone that way, and the whole takes about as much time as there are
/// capabilities.
class AuthorityFlow {
public:
    /// How many steps are made before the search gives up: a few seconds, and less than a GB.
    static constexpr uint64_t step_limit = 200'000'000;

    /// Trusted threads pass nothing on.
    explicit AuthorityFlow(const Model& model, const std::vector<ObjectId>& trusted = {}, uint64_t limit = step_limit);

    /// Whether the search came to its end. If not, nothing of what it found means anything.
    [[nodiscard]] bool is_whole() const { return work_ <= limit_; }
    /// How many steps it took.
    [[nodiscard]] uint64_t work() const { return work_; }

    // --- Of threads that are not trusted ---
    [[nodiscard]] bool can_hold(ObjectId thread, CapabilityId capability) const;
    /// Whether a thread can come to hold some capability table, without which it cannot take a capability.
    [[nodiscard]] bool accepts(ObjectId thread) const { return group(thread).accepts; }
    /// Whether a thread can come to hold what it can make a thread with, or one that is there.
    [[nodiscard]] bool makes(ObjectId thread) const { return group(thread).makes; }

    /// The steps between groups, by which all goes on.
    [[nodiscard]] const StepGraph& groups() const { return graph_; }
    /// The group of a thread, or of what is in a table.
    [[nodiscard]] uint32_t group_of(ObjectId id) const { return now(first_place_[index_of(id)]); }

private:
    friend class AuthorityWays;
    using Place = uint32_t;
    // Of an endpoint: what goes with messages, and with answers. Of a table: what is in it, and what those that hold it
    // give to and take from all that is in it.
    static constexpr Place remaining = 0;  ///< the memory that is left over
    [[nodiscard]] Place place(ObjectId id) const { return first_place_[index_of(id)]; }
    [[nodiscard]] Place answers(ObjectId endpoint) const { return place(endpoint) + 1; }
    [[nodiscard]] Place gifts(ObjectId table) const { return place(table) + 1; }
    [[nodiscard]] Place takings(ObjectId table) const { return place(table) + 2; }

    /// A table that has something in it.
    struct Table {
        ObjectId id;
        bool opens = false;              ///< whether there is a table in it
        bool makes = false;              ///< whether there is something to make a thread with
        bool has_gifts = false;          ///< whether its gifts lead anywhere yet
        Place holder = no_index;         ///< the first thread, or group, that can hold it
        std::vector<Place> given = {};   ///< what can be filled by what is in it
        std::vector<Place> taken = {};   ///< what can be emptied
        std::vector<Place> takers = {};  ///< threads that can hold it, and accept
        Place put_with = no_index;       ///< gifts that filled something of what can be emptied
    };
    /// Places that are one; kept with the first of them.
    struct Group {
        NumberSet held;                 ///< numbers of tables
        NumberSet news;                 ///< of those, what has not gone along `steps` yet
        std::vector<Place> steps;       ///< where it leads
        std::vector<Place> fresh;       ///< where it leads, too, but nothing has gone there yet
        std::vector<uint32_t> refused;  ///< numbers of tables that lead here once it accepts
        bool acts = false;              ///< whether threads are in it that are not trusted
        bool accepts = false;
        bool makes = false;
        bool is_due = false;  ///< whether it is in the queue
    };
    /// What can be done by a capability.
    struct Use {
        enum class Kind : uint8_t { gives, takes } kind;
        Place place;
        std::string_view how;
    };
    template <class Visitor>
    void each_use(CapabilityId id, Visitor visit) const;
    template <class Visitor>
    void each_use_of_endpoint(const Capability& capability, Visitor visit) const;

    // --- The search ---
    void number_places(const std::vector<ObjectId>& trusted);
    void start();
    void start_table(ObjectId id);
    void run();
    void pass_on(Place from);
    void merge(Place to, const NumberSet& what);
    void learn(Place holder, uint32_t table);
    void accept(Place holder);
    void give_with(Table& table, Place holder);
    Place gifts_of(Table& table);
    void take_with(Table& table, Place holder);
    void put_with(Table& table, Place gifts);
    void step(Place from, Place to);
    void due(Place place);
    void condense();
    [[nodiscard]] uint64_t condensing() const { return 4 * (now_.size() + step_count_); }  ///< the work that it is
    void join(const std::vector<Place>& members);
    [[nodiscard]] StepGraph graph_of_steps() const;

    [[nodiscard]] Place now(Place place) const { return now_[place]; }
    [[nodiscard]] const Group& group(ObjectId id) const { return groups_[group_of(id)]; }

    const Model& model_;
    const uint64_t limit_;
    std::vector<Place> first_place_;                 ///< by object
    std::vector<ObjectId> owner_;                    ///< by place
    std::vector<uint32_t> number_of_;                ///< by object: of a table
    std::vector<Table> tables_;                      ///< by number
    std::vector<Place> given_with_;                  ///< by place: gifts of the first table that filled it, or no_index
    std::vector<std::vector<Place>> threads_at_;     ///< by place: the thread that it is, or whose table it is
    std::vector<std::vector<uint32_t>> taken_with_;  ///< by place: numbers of tables with takers
    std::vector<Place> now_;                         ///< by place: where its group is kept
    std::vector<Group> groups_;                      ///< by place
    std::deque<Place> queue_;                        ///< of those that have something to pass on
    uint64_t work_ = 0;
    uint64_t condensed_at_ = 0;  ///< the work that was done then
    size_t new_steps_ = 0;       ///< since then
    size_t step_count_ = 0;
    StepGraph graph_;
};

/// The rights that a capability gives in effect: what G and `executable` include.
[[nodiscard]] Rights effective_rights(const Model& model, const Capability& capability);

}  // namespace capdl
