// SPDX-License-Identifier: BSD-2-Clause
// Who can come to hold which capability, whatever the programs do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace capdl {

/// Some capabilities of a Model, as bits.
class CapabilitySet {
public:
    [[nodiscard]] bool has(uint32_t bit) const {
        return bit / 64 < words_.size() && (words_[bit / 64] >> bit % 64 & 1) != 0;
    }
    void add(uint32_t bit);
    /// Adds all of another set; what is new goes into `news`, too. Whether there was anything new.
    bool merge(const CapabilitySet& other, CapabilitySet& news);
    void clear() { words_.clear(); }
    template <class Visitor>
    void each(Visitor visit) const {
        for (size_t word = 0; word < words_.size(); ++word) {
            for (uint64_t left = words_[word]; left != 0; left &= left - 1) {
                visit(static_cast<uint32_t>(word * 64) + static_cast<uint32_t>(__builtin_ctzll(left)));
            }
        }
    }

private:
    std::vector<uint64_t> words_;
};

/// A fixed point over all that can happen: tables give what is in them to who uses or holds them, holders of a table can
/// put into it what they have, messages carry capabilities from who may transfer to who receives, answers carry them
/// back, who controls a thread can give it a table, and new objects connect those that have memory in common. Only who
/// holds some table can take a capability out of a message. So it errs on the side of too much.
class AuthorityFlow {
public:
    /// Trusted threads pass nothing on.
    explicit AuthorityFlow(const Model& model, const std::vector<ObjectId>& trusted = {});

    /// A step by which capabilities go on: along `capability`, or along a thread's `cspace` if there is none.
    struct Step {
        uint32_t from;
        uint32_t to;
        std::string_view how;
        CapabilityId capability;
    };

    /// Calls with the capability's number for each that a thread can come to hold.
    template <class Visitor>
    void each_held(ObjectId thread, Visitor visit) const {
        held_[place(thread)].each([&](uint32_t bit) { visit(tracked_[bit]); });
    }
    [[nodiscard]] bool can_hold(ObjectId thread, CapabilityId capability) const;
    /// Whether a thread can come to hold some capability table, without which it cannot take a capability.
    [[nodiscard]] bool accepts(ObjectId thread) const { return accepts_[index_of(thread)]; }
    /// How a capability comes to a thread: the steps from the table that it is in, the fewest possible.
    [[nodiscard]] std::vector<Step> way(CapabilityId capability, ObjectId thread) const;
    /// What a place is called.
    [[nodiscard]] std::string name(uint32_t place) const;

private:
    // Places: two for each object (of an endpoint: what goes with messages, what goes with answers), and the memory that
    // is left over.
    [[nodiscard]] static uint32_t place(ObjectId id) { return 2 * index_of(id); }
    [[nodiscard]] static uint32_t answers(ObjectId endpoint) { return 2 * index_of(endpoint) + 1; }
    [[nodiscard]] uint32_t remaining() const { return 2 * static_cast<uint32_t>(model_.objects.size()); }

    void start();
    void run();
    void gain(ObjectId thread, CapabilityId capability);
    void gain_endpoint(ObjectId thread, CapabilityId capability);
    void step(uint32_t from, uint32_t to, std::string_view how, CapabilityId capability);
    void step_if_accepted(ObjectId thread, uint32_t from, std::string_view how, CapabilityId capability);
    void accept(ObjectId thread);
    void merge(uint32_t to, const CapabilitySet& what);

    const Model& model_;
    std::vector<CapabilityId> tracked_;         ///< by bit: those in capability tables
    std::vector<uint32_t> bit_of_;              ///< by capability
    std::vector<CapabilitySet> held_;           ///< by place
    std::vector<CapabilitySet> news_;           ///< by place: what has not gone on yet
    std::vector<std::vector<uint32_t>> steps_;  ///< by place: the steps that begin there
    std::vector<Step> all_steps_;
    std::vector<std::vector<Step>> refused_;  ///< by object: steps to a thread that does not accept yet
    std::vector<bool> accepts_;               ///< by object
    std::vector<bool> trusted_;               ///< by object
    std::vector<uint32_t> queue_;             ///< places with news
};

/// The rights that a capability gives in effect: what G and `executable` include.
[[nodiscard]] Rights effective_rights(const Model& model, const Capability& capability);

}  // namespace capdl
