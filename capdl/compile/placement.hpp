// SPDX-License-Identifier: BSD-2-Clause
// Numbers the objects and decides what is made from what, in which order.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "compile/kernel_objects.hpp"
#include "compile/plan.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Numbers go by levels: first what has a place in the machine, then the untypeds that the machine's memory is cut
/// into, then, untyped by untyped, what each covers. Within an untyped whose size the compiler chooses, large
/// alignments come first, so that nothing is lost, and objects of one kind lie side by side; an untyped with a size
/// keeps the spec's order, and gets more memory than the spec says where its content would do with that in seL4, whose
/// page tables are half as large and whose untypeds lie at multiples of their sizes. What nothing covers goes into an untyped of its own, the system's.
class Placement {
public:
    Placement(Model& model, Diagnostics& diagnostics);

    /// Says, once for an array, that the kernel has nothing that an object could stand for, and what it has instead.
    static void report_missing(const Model& model, ObjectId id, Diagnostics& diagnostics);

    /// Adds an object that the spec does not name; beside another one, or to the system's.
    uint32_t add(KernelObject object, Name name, ObjectId beside);
    /// Numbers everything and fills the Plan's names, objects, runs and placed objects.
    void arrange(Plan& plan);

    /// After `arrange`: the number of an object; `none` if there is no kernel object for it.
    [[nodiscard]] uint32_t number_of(ObjectId id) const;
    /// The number of an object that `add` returned.
    [[nodiscard]] uint32_t number_of_added(uint32_t added) const { return number_[added]; }
    [[nodiscard]] bool is_folded(ObjectId id) const { return folded_[index_of(id)]; }
    [[nodiscard]] uint64_t placed_count() const {
        return static_cast<uint64_t>(std::ranges::count(items_, true, &Item::is_placed));
    }
    [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(items_.size()); }

private:
    struct Item {
        KernelObject object;
        ObjectId id;
        Name name;
        uint32_t element;
        uint32_t untyped;  ///< an item, or none
        bool is_placed;
    };
    void add_spec_objects();
    void order_children();
    void number_by_levels();
    void choose_sizes();
    void choose_size(uint32_t untyped);
    [[nodiscard]] static uint64_t said_size(const Item& item);
    void write_names(Plan& plan);
    void write_runs(Plan& plan) const;
    [[nodiscard]] std::span<const uint32_t> children(uint32_t untyped) const {
        return Module::part(children_, child_slices_[untyped]);
    }

    Model& model_;
    Diagnostics& diagnostics_;
    std::vector<Item> items_;
    std::vector<uint32_t> item_of_object_;
    std::vector<bool> folded_;
    uint32_t system_ = image::none;    ///< the item of the system's untyped
    std::vector<uint64_t> said_;       ///< by item: its bytes, as far as the spec says
    std::vector<Slice> child_slices_;  ///< by item
    std::vector<uint32_t> children_;
    std::vector<uint32_t> order_;   ///< items by number
    std::vector<uint32_t> number_;  ///< numbers by item
};

}  // namespace capdl
