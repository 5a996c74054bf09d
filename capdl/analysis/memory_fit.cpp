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

struct Share {
    std::string name;
    uint64_t bytes = 0;
    uint64_t count = 0;
};

void note_shares(Diagnostic& error, std::vector<Share> shares) {
    std::ranges::sort(shares, [](const Share& a, const Share& b) { return a.bytes > b.bytes; });
    for (const Share& share : shares) {
        if (share.bytes != 0) {
            error.note({}, fmt::format("{}: {}, {} object{}", share.name, size_text(share.bytes), share.count,
                                       share.count == 1 ? "" : "s"));
        }
    }
}

bool is_placed(const Model& model, ObjectId id) {
    return model.parameter(id, Parameter::paddr) != nullptr || model.parameter(id, Parameter::device) != nullptr;
}

bool is_untyped(const image::RunRecord& run) { return run.type == static_cast<uint32_t>(abi::ObjectType::untyped); }

uint64_t bytes_each(const image::RunRecord& run) {
    return abi::object_bytes(static_cast<abi::ObjectType>(run.type), run.size);
}

// Bytes of all objects that are not there to be cut into others.
uint64_t object_bytes(const Plan& plan) {
    std::vector<bool> is_cut(plan.objects.size(), false);
    for (const image::RunRecord& run : plan.runs) {
        if (run.untyped != image::none) {
            is_cut[run.untyped] = true;
        }
    }
    uint64_t bytes = 0;
    for (const image::RunRecord& run : plan.runs) {
        for (uint32_t number = run.first; number < run.first + run.count; ++number) {
            bytes += is_untyped(run) && is_cut[number] ? 0 : bytes_each(run);
        }
    }
    return bytes;
}

/// What the loader could not place.
struct Misfit {
    uint64_t bytes = 0;    ///< of all those that found no room
    uint64_t largest = 0;  ///< of them
    uint64_t stretch = 0;  ///< the largest that is left then
};

Misfit place(const Plan& plan, std::span<const MemoryRange> memory, uint64_t taken) {
    std::vector<uint64_t> free;
    for (const MemoryRange range : memory) {
        const uint64_t here = std::min(taken, range.size);
        taken -= here;
        free.push_back(range.size - here);
    }
    Misfit misfit;
    for (const image::RunRecord& run : plan.runs) {
        for (uint32_t count = run.untyped == image::none && is_untyped(run) ? run.count : 0; count != 0; --count) {
            const uint64_t bytes = bytes_each(run);
            const auto room = std::ranges::find_if(free, [bytes](uint64_t each) { return each >= bytes; });
            if (room != free.end()) {
                *room -= bytes;
            } else {
                misfit.bytes += bytes;
                misfit.largest = std::max(misfit.largest, bytes);
            }
        }
    }
    for (const uint64_t each : free) {
        misfit.stretch = std::max(misfit.stretch, each);
    }
    return misfit;
}

std::string sentence(uint64_t needed, uint64_t has, const TakenMemory& taken, const Misfit& misfit) {
    std::string beside = taken.image == 0 ? "" : fmt::format(" beside its image of {}", size_text(taken.image));
    if (const uint64_t kept = taken.kept.kernel + taken.kept.loader; kept != 0) {
        beside += fmt::format(" and {} for kernel and loader", size_text(kept));
    }
    if (needed + taken.bytes() > has) {
        return fmt::format("the system needs {}{}, {} more than the machine's {}", size_text(needed), beside,
                           size_text(needed + taken.bytes() - has), size_text(has));
    }
    return fmt::format(
        "the system needs {}{} of the machine's {}, but {} of it find no place: the largest piece has {}, "
        "the largest stretch that is left {}",
        size_text(needed), beside, size_text(has), size_text(misfit.bytes), size_text(misfit.largest),
        size_text(misfit.stretch));
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

void check_memory_fit(const Model& model, const Plan& plan, std::span<const MemoryRange> memory,
                      const TakenMemory& taken, Diagnostics& diagnostics) {
    const Misfit misfit = place(plan, memory, taken.bytes());
    if (misfit.bytes == 0) {
        return;
    }
    const Ownership parts(model);
    std::vector<Share> by_part(parts.count() + 1);
    std::vector<Share> by_type(object_type_count);
    const std::vector<bool> is_folded = folded_tables(model);
    uint64_t sum = 0;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const std::optional<KernelObject> object = kernel_object(model, id);
        const bool covers = model[id].type == ObjectType::ut && model[id].children.count != 0;
        if (!object || covers || is_folded[index] || is_placed(model, id)) {
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
    uint64_t has = 0;
    for (const MemoryRange range : memory) {
        has += range.size;
    }
    const uint64_t needed = memory_needed(plan);
    const uint64_t objects = object_bytes(plan);
    Diagnostic& error = diagnostics.error({}, sentence(needed, has, taken, misfit));
    note_shares(error, std::move(by_part));
    note_shares(error, std::move(by_type));
    if (taken.kept.kernel != 0) {
        error.note({},
                   fmt::format("kernel, with its copy of the device tree: at most {}", size_text(taken.kept.kernel)));
        error.note({}, fmt::format("loader: at most {}", size_text(taken.kept.loader)));
    }
    if (objects > sum) {
        error.note({}, fmt::format("tasks, the table of all origins, and what else the compiler adds: {}",
                                   size_text(objects - sum)));
    }
    if (needed > objects) {
        error.note({}, fmt::format("lost to alignment, or left over in untypeds of a given size: {}",
                                   size_text(needed - objects)));
    }
}

}  // namespace capdl
