// SPDX-License-Identifier: BSD-2-Clause
// Pictures of a system, as input for Graphviz.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/model.hpp"

namespace capdl {

/// The whole system: a box for each part, an ellipse for what several parts share, an arrow for who can do what to whom.
/// Where there are more than can be read, those that are alike are drawn as one; see Picture.
[[nodiscard]] std::string draw_system(const Model& model);

/// One part with all its objects but frames, and what it shares with others. Folded like the whole. Nothing if there is no part of that name.
[[nodiscard]] std::optional<std::string> draw_surroundings(const Model& model, std::string_view part);

/// What is made from which untyped: a box for each, which says what else is made from it.
[[nodiscard]] std::string draw_memory(const Model& model);

}  // namespace capdl
