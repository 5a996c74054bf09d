// SPDX-License-Identifier: BSD-2-Clause
// Makes the page tables of a component's address space.
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace capdl {

/// Collects what is mapped where, then declares the tables that it takes and fills them. An aarch64 space of 39 bits:
///
///   pgd[0] -> pud: 1 GiB an entry -> pd: 2 MiB an entry -> pt: 4 KiB an entry
class SpaceBuilder {
public:
    /// Tables are declared as `prefix.pud`, `prefix.pd.0`, `prefix.pt.0` and so on, covered by `home`.
    SpaceBuilder(Model& model, std::string prefix, uint32_t component, ObjectId home, ObjectId root)
        : model_(model), prefix_(std::move(prefix)), component_(component), home_(home), root_(root) {}

    /// Puts a frame at an address that is a multiple of its size. The capability says rights and caching.
    void map(uint64_t address, const Capability& frame);
    void build();

private:
    struct Mapping {
        uint64_t address;
        uint64_t size;
        Capability frame;
    };
    ObjectId declare_table(ObjectType type, std::string_view suffix);
    void hang(ObjectId table, uint64_t slot, ObjectId child);

    Model& model_;
    std::string prefix_;
    uint32_t component_;
    ObjectId home_;
    ObjectId root_;
    std::vector<Mapping> mappings_;
};

}  // namespace capdl
