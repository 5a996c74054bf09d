// SPDX-License-Identifier: BSD-2-Clause
// What an object is worth, apart from who holds it, as lines that can be compared with those of another spec.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace capdl {

struct Trait {
    std::string text;  ///< "4 KiB of the device "stdout"", "priority 100, at most 200"
    bool is_place;     ///< it says where in the machine the object is
};

/// By the name of an object, or of an array of them: size and place of memory, the number of an interrupt, priorities of a
/// thread, time of a scheduling context, slots of a table. Defaults are said like what is written.
using ObjectTraits = std::map<std::string, Trait>;

[[nodiscard]] ObjectTraits object_traits(const Model& model);

/// What objects of both have only in the second, and where in the machine those are that only the second has: a line each,
/// "serial has 4 KiB of the device "stdout"".
[[nodiscard]] std::vector<std::string> gained(const ObjectTraits& before, const ObjectTraits& after);

}  // namespace capdl
