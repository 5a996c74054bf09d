// SPDX-License-Identifier: BSD-2-Clause
// The word `stat` of `capdl`: memory and slots, part by part.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "analysis/ownership.hpp"
#include "compile/kernel_objects.hpp"
#include "text/sizes.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

struct Figures {
    uint64_t objects = 0;
    uint64_t frames = 0;   // bytes
    uint64_t kernel = 0;   // bytes of kernel objects
    uint64_t untyped = 0;  // bytes of untypeds that cover nothing
    uint64_t slots = 0;
    uint64_t filled = 0;
    uint64_t threads = 0;

    Figures& operator+=(const Figures& other) {
        objects += other.objects;
        frames += other.frames;
        kernel += other.kernel;
        untyped += other.untyped;
        slots += other.slots;
        filled += other.filled;
        threads += other.threads;
        return *this;
    }
};

// Device memory is the machine's, not the system's.
bool is_memory(const Model& model, ObjectId id) {
    return model.parameter(id, Parameter::device) == nullptr && model.parameter(id, Parameter::paddr) == nullptr;
}

Figures figures_of(const Model& model, ObjectId id, bool is_folded) {
    Figures result{.objects = 1};
    const std::optional<KernelObject> object = kernel_object(model, id);
    if (!object || !is_memory(model, id) || is_folded) {
        return result;
    }
    switch (model[id].type) {
    case ObjectType::frame: result.frames = object->bytes(); break;
    case ObjectType::ut: result.untyped = model[id].children.count == 0 ? object->bytes() : 0; break;
    default: result.kernel = object->bytes(); break;
    }
    if (model[id].type == ObjectType::cnode && object->type == abi::ObjectType::cap_table) {
        result.slots = object->size;
        result.filled = model[id].slots.count;
    }
    result.threads = model[id].type == ObjectType::tcb ? 1 : 0;
    return result;
}

void print_row(std::string_view name, const Figures& figures) {
    fmt::print("{:<24} {:>8} {:>8} {:>12} {:>12} {:>12} {:>15}\n", name, figures.objects, figures.threads,
               size_text(figures.frames), size_text(figures.kernel), size_text(figures.untyped),
               fmt::format("{} of {}", figures.filled, figures.slots));
}

}  // namespace

int stat(const Options& options) {
    Session session(options);
    const bool accepted = session.run();
    session.report();
    if (!accepted) {
        return refused;
    }
    const Model& model = session.model();
    const Ownership parts(model);
    std::vector<Figures> by_part(parts.count() + 1);
    std::array<Figures, object_type_count> by_type{};
    const std::vector<bool> is_folded = folded_tables(model);
    Figures all;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const Figures figures = figures_of(model, id, is_folded[index]);
        by_part[std::min<size_t>(parts.part_of(id), parts.count())] += figures;
        by_type[static_cast<size_t>(model[id].type)] += figures;
        all += figures;
    }
    fmt::print("{:<24} {:>8} {:>8} {:>12} {:>12} {:>12} {:>15}\n", "part", "objects", "threads", "frames", "kernel",
               "untyped", "slots in use");
    for (uint32_t part = 0; part < parts.count(); ++part) {
        print_row(parts.name(part), by_part[part]);
    }
    if (by_part.back().objects != 0) {
        print_row("(no part)", by_part.back());
    }
    print_row("all", all);
    fmt::print("\n{:<24} {:>8} {:>12}\n", "type", "objects", "memory");
    for (size_t type = 0; type < by_type.size(); ++type) {
        const Figures& figures = by_type[type];
        if (figures.objects != 0) {
            fmt::print("{:<24} {:>8} {:>12}\n", word(static_cast<ObjectType>(type)), figures.objects,
                       size_text(figures.frames + figures.kernel + figures.untyped));
        }
    }
    return done;
}

}  // namespace capdl
