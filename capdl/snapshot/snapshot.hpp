// SPDX-License-Identifier: BSD-2-Clause
// The spec of a system as it is, from what was observed of it and the spec that it was built from.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "abi/types.hpp"
#include "compile/plan.hpp"
#include "model/model.hpp"
#include "snapshot/observed_state.hpp"

namespace capdl {

/// Builds a Model of what was observed. What is as the spec says gets the spec's words; the rest is written anew:
///
/// - an object that is gone is left out, and with it what it held;
/// - an object that the spec does not have gets its name from where it was found first: `alice.cnode.slot40`. If it was looked
///   into, its own slots, parameters and mappings are there like those of others; otherwise a remark says so;
/// - a group that was restarted has the spec's names (restarted_groups.cpp);
/// - what a thread's task, buffer and time are, how frames are mapped, what derives from what: as the kernel says.
///
/// Contents of frames and the registers that threads start with are the spec's: they are no authority.
class Snapshot {
public:
    /// `spec` is sealed, `plan` what was compiled from it; `result` is empty, on the same names.
    Snapshot(const Model& spec, const Plan& plan, const ObservedState& state, Model& result);

    /// Fills and seals the result.
    void build();
    /// What could not be said, a sentence each.
    [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

private:
    using Slot = ObservedState::Slot;
    using Identity = std::pair<uint64_t, uint64_t>;                ///< the kernel's, and an untyped's size
    using Key = std::tuple<image::SlotPlace, uint32_t, uint32_t>;  ///< place, holder, index

    // --- Objects (snapshot.cpp) ---
    void index_report();
    void take_objects();
    void take_declaration(const Declaration& declaration);
    void take_parameters();
    void set_parameter(ObjectId id, Parameter parameter, uint64_t value);
    [[nodiscard]] bool is_there(ObjectId specified) const;
    [[nodiscard]] ObjectId new_object(selene::abi::ObjectType type, uint64_t size, const std::string& name,
                                      uint32_t number = image::none);
    void take_restarted();
    void take_granted();
    void rename(const RestartGroup& group);
    void derivations();
    void derive(const SlotPlace& parent, const SlotPlace& child);

    // --- Capabilities (snapshot_capabilities.cpp) ---
    void take_tables();
    void take_threads();
    void take_new_threads();
    [[nodiscard]] bool is_supply(ObjectId container, const Slot& found) const;
    void take_bound(uint32_t thread, ThreadSlot slot, uint64_t identity, uint32_t expected);
    void take_interrupts();
    [[nodiscard]] bool is_handed_over(const Slot& found) const;
    [[nodiscard]] const Slot* found_at(const Key& key) const;
    [[nodiscard]] bool as_specified(const Slot& found, const Key& key) const;
    void take_slot(ObjectId container, uint64_t slot, const Slot* found, const Key& key);
    void add_copy(const Capability& specified);
    void add_found(ObjectId container, uint64_t slot, const Slot& found);
    [[nodiscard]] ObjectId object_of(const Slot& found, ObjectId container, uint64_t slot);

    // --- Address spaces (snapshot_spaces.cpp) ---
    void take_spaces();
    void take_entries(ObjectId space, ObjectId table, uint64_t address);
    void take_frame(ObjectId space, const Capability& entry, uint64_t address);
    void add_mapping(const ObservedState::Mapping& mapping, ObjectId table);
    [[nodiscard]] bool hangs(uint32_t space, unsigned level, uint64_t address, uint64_t identity) const;
    [[nodiscard]] ObjectId table_for(const ObservedState::Mapping& mapping);
    [[nodiscard]] ObjectId table_at(uint32_t space, unsigned level, uint64_t address, uint64_t identity = 0);

    // --- Numbers ---
    [[nodiscard]] uint32_t number_of(ObjectId specified) const {
        return specified == ObjectId::none ? image::none : plan_.numbers[index_of(specified)];
    }
    [[nodiscard]] uint32_t number_of(uint64_t identity, uint64_t size = 0) const {
        const auto known = numbers_.find({identity, size});
        return known == numbers_.end() ? image::none : known->second;
    }
    /// An untyped may begin where the one begins that it was made from: they differ in size.
    [[nodiscard]] static Identity identity_of(const Slot& slot) {
        return {slot.object,
                static_cast<selene::abi::ObjectType>(slot.type) == selene::abi::ObjectType::untyped ? slot.size : 0};
    }
    [[nodiscard]] uint32_t number_of(const Slot& slot) const {
        const Identity identity = identity_of(slot);
        return number_of(identity.first, identity.second);
    }
    [[nodiscard]] ObjectId specified(uint32_t number) const {
        return number < specified_.size() ? specified_[number] : ObjectId::none;
    }
    /// The same, also of what was made since.
    [[nodiscard]] ObjectId result_of(uint32_t number) const {
        const auto known = made_since_.find(number);
        return known == made_since_.end() ? taken(specified(number)) : known->second;
    }
    /// In the result; none if it is gone.
    [[nodiscard]] ObjectId taken(ObjectId specified) const {
        return specified == ObjectId::none ? ObjectId::none : taken_[index_of(specified)];
    }

    const Model& spec_;
    const Plan& plan_;
    ObservedState state_;
    Model& result_;
    std::vector<ObjectId> specified_;  ///< by number
    std::vector<ObjectId> taken_;      ///< by object of the spec
    std::map<Identity, uint32_t> numbers_;
    std::map<Identity, ObjectId> objects_;     ///< of the result
    std::map<uint32_t, ObjectId> made_since_;  ///< by number, as far as there is a word for it
    std::map<ObjectId, uint64_t> supplies_;    ///< of supervisors' tables: where what they have made anew ends
    std::map<Key, const Slot*> found_;
    std::map<Key, const image::SlotRecord*> expected_;
    std::unordered_map<uint64_t, SlotPlace> places_;  ///< in the result's tables, by a slot's identity
    std::map<std::pair<uint32_t, uint64_t>, const ObservedState::Mapping*> mappings_;  ///< by space and address
    std::map<std::tuple<uint32_t, unsigned, uint64_t>, ObjectId> tables_;              ///< by space, level and address
    std::vector<std::string> remarks_;
};

}  // namespace capdl
