// SPDX-License-Identifier: BSD-2-Clause
// Judges a spec by itself: whether untypeds can hold what they cover.
#include <fmt/format.h>

#include "analysis/checker.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

// The size that the spec itself gives an object; kernel objects have the kernel's, which `build` knows.
uint64_t declared_size(const Model& model, ObjectId id) {
    if (model[id].type == ObjectType::frame) {
        return model.value(id, Parameter::frame_size).value_or(0);
    }
    const std::optional<uint64_t> bits =
        model[id].type == ObjectType::ut ? model.value(id, Parameter::bits) : std::nullopt;
    return bits && *bits < 64 ? uint64_t{1} << *bits : 0;
}

}  // namespace

void Checker::check_memory() {
    each_object([this](ObjectId id) {
        if (model_[id].children.count != 0) {
            check_children(id);
        }
    });
}

// Lays the children out as the loader will: one after the other, each at a multiple of its size.
void Checker::check_children(ObjectId untyped) {
    const uint64_t size = declared_size(model_, untyped);
    const std::optional<uint64_t> base = model_.value(untyped, Parameter::paddr);
    uint64_t used = 0;
    for (const ObjectId child : model_.children_of(untyped)) {
        const uint64_t child_size = declared_size(model_, child);
        const ObjectParameter* address = model_.parameter(child, Parameter::paddr);
        if (address != nullptr && base) {
            if (address->value < *base || (size != 0 && address->value - *base > size - child_size) ||
                child_size > size) {
                diagnostics_.error(address->span, fmt::format("`{}` lies outside of `{}`", name(child), name(untyped)))
                    .note(model_[untyped].span, "which is declared here");
                return;
            }
            used = address->value - *base;
        }
        if (child_size == 0) {
            continue;
        }
        used = (used + child_size - 1) / child_size * child_size + child_size;
        if (size != 0 && used > size) {
            diagnostics_
                .error(model_[child].span, fmt::format("`{}` does not fit into `{}`: up to here {} are needed",
                                                       name(child), name(untyped), size_text(used)))
                .note(model_[untyped].span, fmt::format("`{}` has {}", name(untyped), size_text(size)));
            return;
        }
    }
}

}  // namespace capdl
