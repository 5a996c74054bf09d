// SPDX-License-Identifier: BSD-2-Clause
// Runs the compiler on a text, as far as a test wants.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compile/plan.hpp"

namespace capdl::test {

/// What became of a spec.
struct SpecRun {
    bool accepted;
    std::string messages;  ///< as a person sees them
    std::string expanded;  ///< only if accepted
    Plan plan;             ///< only if accepted and built
};

/// `machine`: whether the machine of machine.dts has what the spec wants, without components.
enum class Until : uint8_t { check, build, machine };

/// Compiles a text that is called "spec.cdl". Components come from the folder, if there is one.
[[nodiscard]] SpecRun run_spec(std::string text, Until until = Until::check,
                               const std::optional<std::filesystem::path>& components = std::nullopt);

}  // namespace capdl::test
