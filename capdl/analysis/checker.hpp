// SPDX-License-Identifier: BSD-2-Clause
// Judges a spec by itself: what contradicts itself or can be built on no machine is an error, what is odd a warning.
#pragma once

#include <string>
#include <vector>

#include "analysis/architecture_rules.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Checks a sealed Model. Reports through the Diagnostics and changes nothing.
///
/// The member functions are in check_parameters.cpp, check_slots.cpp, check_memory.cpp, check_groups.cpp and
/// check_oddities.cpp.
class Checker {
public:
    Checker(const Model& model, Diagnostics& diagnostics) : model_(model), diagnostics_(diagnostics) {}

    /// How much of the spec is there: with parts missing for reasons that were reported, what lacks them is no mistake.
    enum class Of : uint8_t { all, what_is_there };

    void check(Of model) {
        check_parameters();
        const size_t before = diagnostics_.error_count();
        check_slots();
        slots_are_sound_ = diagnostics_.error_count() == before;
        check_memory();
        check_interrupts();
        if (model == Of::all) {
            check_mappings();
            check_groups();
            check_oddities();
        }
    }

    /// After `check`: whether each slot holds what belongs there, so that the flow of authority can be followed.
    [[nodiscard]] bool slots_are_sound() const { return slots_are_sound_; }

private:
    [[nodiscard]] std::string name(ObjectId id) const { return model_.name_of(id); }
    template <class Visit>
    void each_object(Visit visit) const {
        for (uint32_t index = 0; index < model_.objects.size(); ++index) {
            visit(static_cast<ObjectId>(index));
        }
    }

    // --- Parameters ---
    void check_parameters();
    void check_limit(ObjectId id, Parameter parameter, uint64_t limit, std::string_view why);
    void check_frame(ObjectId id);
    void check_optional(ObjectId id);
    void check_fill(ObjectId id, uint64_t frame_size, const Fill& fill);
    void check_sched_context(ObjectId id);
    [[nodiscard]] bool is_first_with_parameters(ObjectId id) const;

    // --- Slots ---
    void check_slots();
    void check_slot(const Capability& capability);
    [[nodiscard]] std::optional<uint64_t> slots_in(ObjectId id) const;
    void check_thread_slot(const Capability& capability);
    void check_table_entry(const Capability& capability);
    void expect_target(const Capability& capability, TypeSet types, std::string_view expected);
    void check_guard(const Capability& capability);
    void check_inspection(const Capability& capability);
    void check_mappings();
    void check_table_parents();
    void check_bound_once();
    void check_interrupts();

    // --- Memory ---
    void check_memory();
    void check_children(ObjectId untyped);

    // --- Groups ---
    void check_groups();
    [[nodiscard]] std::vector<const RestartGroup*> groups_of_objects() const;

    // --- Oddities ---
    void check_oddities();
    void check_stacks();
    void check_reachability();
    void check_write_execute();
    void check_budgets();
    void check_idle_objects();
    void check_shared_devices();

    const Model& model_;
    Diagnostics& diagnostics_;
    bool slots_are_sound_ = false;
};

}  // namespace capdl
