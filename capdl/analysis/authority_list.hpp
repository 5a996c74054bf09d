// SPDX-License-Identifier: BSD-2-Clause
// What a spec gives to whom, as lines that can be compared with those of another spec.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace capdl {

/// What one gives the other: "a.cnode holds requests, badge 7", and with which rights. Slots do not count: a capability
/// that only moved within its table is no change.
using AuthorityList = std::map<std::string, Rights>;

[[nodiscard]] AuthorityList authority_list(const Model& model);

/// What the second has and the first has not, a line each: new entries, and entries with more rights.
[[nodiscard]] std::vector<std::string> gained(const AuthorityList& before, const AuthorityList& after);

/// Which threads can affect which, as lines "A can affect B": what only one of two systems has.
struct InfluenceChange {
    static constexpr size_t most_lines = 10'000;  ///< of each
    std::vector<std::string> lost = {};
    std::vector<std::string> gained = {};
    size_t more_lost = 0;  ///< how many more lines there would be
    size_t more_gained = 0;
    std::optional<std::string> refusal = std::nullopt;  ///< why nothing of this can be said: a limit
};
[[nodiscard]] InfluenceChange influence_change(const Model& before, const Model& after);

}  // namespace capdl
