// SPDX-License-Identifier: BSD-2-Clause
// Numbers the objects and decides what is made from what, in which order.
#include "compile/placement.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "text/sizes.hpp"

namespace capdl {
namespace {

constexpr uint64_t round_up(uint64_t value, uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

Placement::Placement(Model& model, Diagnostics& diagnostics) : model_(model), diagnostics_(diagnostics) {
    folded_ = folded_tables(model);
    system_ = add({abi::ObjectType::untyped, 0}, model.names().intern("system"), ObjectId::none);
    items_[system_].untyped = image::none;
    add_spec_objects();
}

void Placement::report_missing(const Model& model, ObjectId id, Diagnostics& diagnostics) {
    const Object& object = model[id];
    if (object.element == no_index || object.element == 0) {
        diagnostics
            .error(object.span, fmt::format("`{}` cannot be built: the kernel has no {} like it", model.name_of(id),
                                            word(object.type)))
            .help(reason_without(object.type));
    }
}

void Placement::add_spec_objects() {
    item_of_object_.assign(model_.objects.size(), image::none);
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const Object& object = model_[id];
        if (has_no_object(object.type) || is_folded(id)) {
            continue;
        }
        const std::optional<KernelObject> kernel = kernel_object(model_, id);
        if (!kernel) {
            report_missing(model_, id, diagnostics_);
            continue;
        }
        item_of_object_[index] = static_cast<uint32_t>(items_.size());
        items_.push_back({.object = *kernel,
                          .id = id,
                          .name = object.name,
                          .element = object.element,
                          .untyped = image::none,
                          .is_placed = model_.has_place(id)});
    }
    for (Item& item : items_) {
        if (item.id == ObjectId::none || item.is_placed) {
            continue;
        }
        const ObjectId untyped = model_[item.id].untyped;
        if (untyped != ObjectId::none) {
            item.untyped = item_of_object_[index_of(untyped)];
        } else if (item.object.type != abi::ObjectType::untyped) {
            item.untyped = system_;
        }
    }
}

uint32_t Placement::add(KernelObject object, Name name, ObjectId beside) {
    const uint32_t neighbour = beside == ObjectId::none ? image::none : item_of_object_[index_of(beside)];
    const uint32_t untyped = neighbour == image::none ? system_ : items_[neighbour].untyped;
    items_.push_back({.object = object,
                      .id = ObjectId::none,
                      .name = name,
                      .element = no_index,
                      .untyped = untyped,
                      .is_placed = false});
    return static_cast<uint32_t>(items_.size() - 1);
}

uint32_t Placement::number_of(ObjectId id) const {
    const uint32_t item = item_of_object_[index_of(id)];
    return item == image::none ? image::none : number_[item];
}

// --- Arranging -----------------------------------------------------------------------------------------------------

void Placement::arrange(Plan& plan) {
    order_children();
    number_by_levels();
    choose_sizes();
    write_names(plan);
    write_runs(plan);
}

// Spec's order first (children as they were covered, then what was added), then by alignment where the compiler may
// choose.
void Placement::order_children() {
    std::vector<uint32_t> in_order;
    for (uint32_t item = 0; item < items_.size(); ++item) {
        if (items_[item].object.type == abi::ObjectType::untyped && items_[item].id != ObjectId::none) {
            for (const ObjectId child : model_.children_of(items_[item].id)) {
                const uint32_t child_item = item_of_object_[index_of(child)];
                if (child_item != image::none && items_[child_item].untyped == item) {
                    in_order.push_back(child_item);
                }
            }
        }
    }
    for (uint32_t item = 0; item < items_.size(); ++item) {
        if (items_[item].untyped != image::none &&
            (items_[item].id == ObjectId::none || items_[item].untyped == system_)) {
            in_order.push_back(item);
        }
    }
    child_slices_.assign(items_.size(), {});
    for (const uint32_t item : in_order) {
        ++child_slices_[items_[item].untyped].count;
    }
    uint32_t next = 0;
    for (Slice& slice : child_slices_) {
        slice.first = next;
        next += slice.count;
        slice.count = 0;
    }
    children_.resize(in_order.size());
    for (const uint32_t item : in_order) {
        Slice& slice = child_slices_[items_[item].untyped];
        children_[slice.first + slice.count++] = item;
    }
    std::vector<uint32_t> place(items_.size(), 0);
    for (uint32_t index = 0; index < children_.size(); ++index) {
        place[children_[index]] = index;
    }
    for (uint32_t untyped = 0; untyped < items_.size(); ++untyped) {
        const Slice slice = child_slices_[untyped];
        if (slice.count > 1 && items_[untyped].object.size == 0) {
            const auto begin = children_.begin() + slice.first;
            std::ranges::sort(begin, begin + slice.count, {}, [&](uint32_t item) {
                const KernelObject& object = items_[item].object;
                return std::tuple(~object.alignment(), object.type, object.size, place[item]);
            });
        }
    }
}

void Placement::number_by_levels() {
    for (uint32_t item = 0; item < items_.size(); ++item) {
        if (items_[item].is_placed) {
            order_.push_back(item);
        }
    }
    for (uint32_t item = 0; item < items_.size(); ++item) {
        if (!items_[item].is_placed && items_[item].untyped == image::none) {
            order_.push_back(item);
        }
    }
    for (size_t at = 0; at < order_.size(); ++at) {
        const std::span<const uint32_t> below = children(order_[at]);
        order_.insert(order_.end(), below.begin(), below.end());
    }
    number_.assign(items_.size(), image::none);
    for (uint32_t number = 0; number < order_.size(); ++number) {
        number_[order_[number]] = number;
    }
}

// From the innermost untypeds outwards.
void Placement::choose_sizes() {
    said_.resize(items_.size());
    for (uint32_t item = 0; item < items_.size(); ++item) {
        said_[item] = said_size(items_[item]);
    }
    for (auto item = order_.rbegin(); item != order_.rend(); ++item) {
        if (items_[*item].object.type == abi::ObjectType::untyped) {
            choose_size(*item);
        }
    }
}

// What the spec says of an object's size, in every kernel: tables at least have slots. 0 for all else, and for untypeds
// without a size.
uint64_t Placement::said_size(const Item& item) {
    constexpr uint64_t table_bytes = 4096;
    if (item.id == ObjectId::none) {
        return 0;
    }
    switch (item.object.type) {
    case abi::ObjectType::address_space:
    case abi::ObjectType::page_table: return table_bytes;
    case abi::ObjectType::cap_table: return item.object.size * abi::CapTableSize::each;
    case abi::ObjectType::frame:
    case abi::ObjectType::untyped: return item.object.bytes();
    default: return 0;
    }
}

void Placement::choose_size(uint32_t untyped) {
    Item& item = items_[untyped];
    uint64_t used = 0;
    uint64_t said = 0;
    uint64_t largest_alignment = image::page_size;
    for (const uint32_t child : children(untyped)) {
        const KernelObject& object = items_[child].object;
        used = round_up(used, object.alignment()) + object.bytes();
        largest_alignment = std::max(largest_alignment, object.alignment());
        said = said_[child] == 0 ? said : round_up(said, std::bit_ceil(said_[child])) + said_[child];
    }
    // Where the untyped will lie is known only to be a multiple of a page.
    const bool has_address = item.id != ObjectId::none && model_.parameter(item.id, Parameter::paddr) != nullptr;
    const uint64_t slack = has_address ? 0 : largest_alignment - image::page_size;
    const uint64_t needed = round_up(used, image::page_size) + slack;
    const bool is_said = item.object.size != 0;
    said_[untyped] = is_said ? item.object.bytes() : said;
    if (is_said && needed <= item.object.bytes()) {
        return;
    }
    if (!is_said || (!has_address && said <= item.object.bytes())) {
        // Where it has a size, that would do in a kernel whose objects are smaller, or whose untypeds are aligned.
        item.object.size = std::max<uint64_t>(needed / image::page_size, 1);
        if (!abi::is_valid_size(abi::ObjectType::untyped, item.object.size)) {
            const Span span = item.id == ObjectId::none ? Span() : model_[item.id].span;
            diagnostics_.error(span, fmt::format("the content of `{}` needs {}, more than one untyped can have",
                                                 model_.text(item.name), size_text(needed)));
        }
    } else {
        diagnostics_.error(model_[item.id].span,
                           fmt::format("`{}` has {}, but its content needs {}", model_.name_of(item.id),
                                       size_text(item.object.bytes()), size_text(needed)));
    }
}

// --- Writing -------------------------------------------------------------------------------------------------------

void Placement::write_names(Plan& plan) {
    std::vector<uint32_t> offset(model_.names().size(), image::none);
    for (const uint32_t item : order_) {
        uint32_t& name = offset[static_cast<size_t>(items_[item].name)];
        if (name == image::none) {
            name = static_cast<uint32_t>(plan.names.size());
            plan.names += model_.text(items_[item].name);
            plan.names += '\0';
        }
        plan.objects.push_back({name, items_[item].element == no_index ? image::none : items_[item].element});
    }
}

void Placement::write_runs(Plan& plan) const {
    for (uint32_t number = 0; number < order_.size(); ++number) {
        const Item& item = items_[order_[number]];
        const auto type = static_cast<uint32_t>(item.object.type);
        if (item.is_placed) {
            image::PlacedRecord record{
                .object = number,
                .type = type,
                .size = item.object.size,
                .address = model_.value(item.id, Parameter::paddr).value_or(0),
                .device = image::none,
                .index = static_cast<uint32_t>(model_.value(item.id, Parameter::index).value_or(0)),
                .optional = static_cast<uint32_t>(model_.value(item.id, Parameter::optional).value_or(0)),
                .reserved = 0};
            if (const ObjectParameter* device = model_.parameter(item.id, Parameter::device)) {
                record.device = static_cast<uint32_t>(plan.names.size());
                plan.names += model_.text(device->text);
                plan.names += '\0';
            }
            plan.placed.push_back(record);
            continue;
        }
        const uint32_t untyped = item.untyped == image::none ? image::none : number_[item.untyped];
        if (!plan.runs.empty()) {
            image::RunRecord& run = plan.runs.back();
            if (run.untyped == untyped && run.type == type && run.size == item.object.size &&
                run.first + run.count == number) {
                ++run.count;
                continue;
            }
        }
        plan.runs.push_back({.first = number, .count = 1, .untyped = untyped, .type = type, .size = item.object.size});
    }
}

}  // namespace capdl
