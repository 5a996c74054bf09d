// SPDX-License-Identifier: BSD-2-Clause
// Operation: one step of a sequence that kernel and model carry out, as data.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "model.hpp"

namespace selene::model {

/// Indices are those of the acting thread's table. What an operation does not need stays 0.
struct Operation {
    enum class Kind : uint8_t { retype, map, grant, unmap, install, remove, bind_task, set_buffer, deliver };

    Kind kind = Kind::unmap;
    uint64_t self = 0;   ///< the capability whose method it is
    uint64_t other = 0;  ///< the capability argument: a table, a task, a frame
    uint64_t first = 0;  ///< slot where it begins, in the table that it fills or empties
    uint64_t from = 0;   ///< slot where a source range begins
    uint64_t count = 0;
    uint64_t type = 0;
    uint64_t size = 0;
    uint64_t rights = 0;
    uint64_t badge = 0;
    uint64_t where = 0;  ///< a task's slot, or an offset, or 1 if unmap takes its root, too
    std::vector<Item> items = {};
};

/// The part of the acting thread's table that operations use: slots [first, table's end), and the slot of the table
/// itself.
struct Playground {
    uint64_t first;
    uint64_t own_table;
};

/// An operation that is likely to meet trouble: nearly full tables, self-reference, ancestors.
Operation random_operation(std::mt19937_64& random, const Model& model, const Playground& playground);

/// Whether it can be tried: what `self` names is of the method's type, or nothing at all. Else the call would be
/// another method's, or a message.
bool is_meant(const Model& model, const Operation& operation);

/// What the model says to it.
Outcome apply(Model& model, const Operation& operation);

/// C++ that makes these operations again.
std::string as_source(const std::vector<Operation>& operations);

}  // namespace selene::model
