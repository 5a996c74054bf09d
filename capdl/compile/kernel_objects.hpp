// SPDX-License-Identifier: BSD-2-Clause
// Which kernel object stands for which object of a spec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "abi/object_sizes.hpp"
#include "model/model.hpp"

namespace capdl {

namespace abi = selene::abi;

/// A kernel object as retype makes it.
struct KernelObject {
    abi::ObjectType type;
    uint64_t size;  ///< size argument of retype

    [[nodiscard]] uint64_t bytes() const { return abi::object_bytes(type, size); }
    [[nodiscard]] uint64_t alignment() const { return abi::object_alignment(type, size); }
};

/// The kernel object that stands for an object, or nothing if the kernel has none of that type or of that size. An
/// untyped without a size has size 0 until its content is known.
[[nodiscard]] std::optional<KernelObject> kernel_object(const Model& model, ObjectId id);

/// Why there is no kernel object for one of a type: what the kernel does in its place, or how large one can be.
[[nodiscard]] std::string reason_without(ObjectType type);

/// Objects that the kernel has none for and that take no memory: capabilities to an asid_pool stand for nothing and are
/// left out, those to an arm_sgi_signal are authorities.
[[nodiscard]] bool has_no_object(ObjectType type);

/// By object: whether it is a pud below a pgd, which the kernel has as one root table with it.
[[nodiscard]] std::vector<bool> folded_tables(const Model& model);

/// How many pieces a scheduling context's budget may fall into.
[[nodiscard]] uint64_t refills_of(const Model& model, ObjectId sched_context);

}  // namespace capdl
