// SPDX-License-Identifier: BSD-2-Clause
// Which part of a system each object belongs to.
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace capdl {

/// The parts of a system: its components; where a plain spec has none, the outermost untypeds (a component's home is
/// called as the component), or what the names of objects have before their first dot. What is left belongs to no part.
class Ownership {
public:
    explicit Ownership(const Model& model);

    static constexpr uint32_t nobody = no_index;

    [[nodiscard]] uint32_t part_of(ObjectId id) const { return part_[index_of(id)]; }
    [[nodiscard]] size_t count() const { return names_.size(); }
    [[nodiscard]] const std::string& name(uint32_t part) const { return names_[part]; }

private:
    uint32_t part_named(std::string_view name);
    [[nodiscard]] std::string_view natural_name(ObjectId id) const;

    const Model& model_;
    std::vector<std::string> names_;
    std::vector<uint32_t> part_;  ///< by object
    std::unordered_map<std::string, uint32_t> known_;
};

}  // namespace capdl
