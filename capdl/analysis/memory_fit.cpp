// SPDX-License-Identifier: BSD-2-Clause
// Whether a system fits into a machine's memory.
#include "analysis/memory_fit.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "analysis/ownership.hpp"
#include "compile/kernel_objects.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

constexpr size_t most_lines = 6;

struct Share {
    std::string name;
    uint64_t bytes = 0;
    uint64_t count = 0;
};

void note_largest(Diagnostic& error, std::vector<Share> shares) {
    std::ranges::sort(shares, [](const Share& a, const Share& b) { return a.bytes > b.bytes; });
    uint64_t rest = 0;
    for (size_t index = 0; index < shares.size(); ++index) {
        const Share& share = shares[index];
        if (index < most_lines && share.bytes != 0) {
            error.note({}, fmt::format("{}: {}, {} object{}", share.name, size_text(share.bytes), share.count,
                                       share.count == 1 ? "" : "s"));
        } else {
            rest += share.bytes;
        }
    }
    if (rest != 0) {
        error.note({}, fmt::format("all others: {}", size_text(rest)));
    }
}

bool is_placed(const Model& model, ObjectId id) {
    return model.parameter(id, Parameter::paddr) != nullptr || model.parameter(id, Parameter::device) != nullptr;
}

}  // namespace

uint64_t memory_needed(const Plan& plan) {
    uint64_t pages = 0;
    for (const image::RunRecord& run : plan.runs) {
        if (run.untyped == image::none && run.type == static_cast<uint32_t>(abi::ObjectType::untyped)) {
            pages += run.size * run.count;
        }
    }
    return pages * image::page_size;
}

void check_memory_fit(const Model& model, const Plan& plan, uint64_t memory, Diagnostics& diagnostics) {
    const uint64_t needed = memory_needed(plan);
    if (needed <= memory) {
        return;
    }
    const Ownership parts(model);
    std::vector<Share> by_part(parts.count() + 1);
    std::vector<Share> by_type(object_type_count);
    uint64_t sum = 0;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const std::optional<KernelObject> object = kernel_object(model, id);
        const bool covers = model[id].type == ObjectType::ut && model[id].children.count != 0;
        if (!object || covers || is_placed(model, id)) {
            continue;
        }
        for (Share* share : {&by_part[std::min<size_t>(parts.part_of(id), parts.count())],
                             &by_type[static_cast<size_t>(model[id].type)]}) {
            share->bytes += object->bytes();
            ++share->count;
        }
        sum += object->bytes();
    }
    for (uint32_t part = 0; part < parts.count(); ++part) {
        by_part[part].name = parts.name(part);
    }
    by_part.back().name = "no part";
    for (size_t type = 0; type < by_type.size(); ++type) {
        by_type[type].name = word(static_cast<ObjectType>(type));
    }
    Diagnostic& error =
        diagnostics.error({}, fmt::format("the system needs {}, {} more than the machine's {}", size_text(needed),
                                          size_text(needed - memory), size_text(memory)));
    note_largest(error, std::move(by_part));
    note_largest(error, std::move(by_type));
    if (needed > sum) {
        error.note({},
                   fmt::format("untypeds' own sizes, alignment and what the loader adds: {}", size_text(needed - sum)));
    }
}

}  // namespace capdl
