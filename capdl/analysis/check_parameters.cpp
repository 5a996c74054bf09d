// SPDX-License-Identifier: BSD-2-Clause
// Judges a spec by itself: the parameters of each object.
#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include <sel/handover_format.hpp>

#include "analysis/checker.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

// No machine has more memory than this.
constexpr uint64_t most_size_bits = 48;
// Register ranges or interrupts of one device: more than a device tree could list.
constexpr uint64_t most_device_parts = 0xffff;

}  // namespace

// Elements of an array share their parameters; one message for all is enough.
bool Checker::is_first_with_parameters(ObjectId id) const {
    const Object& object = model_[id];
    return object.element == no_index || object.element == 0 ||
           object.parameters.first != model_.objects[index_of(id) - 1].parameters.first;
}

void Checker::check_parameters() {
    each_object([this](ObjectId id) {
        if (!is_first_with_parameters(id)) {
            return;
        }
        switch (model_[id].type) {
        case ObjectType::cnode:
            if (!model_.value(id, Parameter::bits)) {
                diagnostics_.error(model_[id].span, fmt::format("`{}` does not say how many slots it has", name(id)))
                    .help("`cnode (8 bits)` has 256");
            }
            check_limit(id, Parameter::bits, most_size_bits - 5, "bits; no machine holds a larger table");
            break;
        case ObjectType::ut:
            check_limit(id, Parameter::bits, most_size_bits, "bits; no machine has more memory");
            break;
        case ObjectType::frame: check_frame(id); break;
        case ObjectType::tcb:
            check_limit(id, Parameter::prio, highest_priority, "priorities are 0 to 255");
            check_limit(id, Parameter::max_prio, highest_priority, "priorities are 0 to 255");
            check_limit(id, Parameter::dom, 255, "domains are 0 to 255");
            break;
        case ObjectType::sc: check_sched_context(id); break;
        case ObjectType::arm_irq:
            check_limit(id, Parameter::trigger, 1, "0 is level, 1 is edge");
            check_limit(id, Parameter::index, most_device_parts, "no device has as many interrupts");
            check_optional(id);
            break;
        case ObjectType::arm_sgi_signal:
            check_limit(id, Parameter::irq, 15, "software raises the interrupts 0 to 15 only");
            break;
        default: break;
        }
    });
}

void Checker::check_limit(ObjectId id, Parameter parameter, uint64_t limit, std::string_view why) {
    const ObjectParameter* found = model_.parameter(id, parameter);
    if (found != nullptr && found->value > limit) {
        diagnostics_.error(found->span, fmt::format("{} is more than {}", found->value, limit)).help(std::string(why));
    }
}

void Checker::check_frame(ObjectId id) {
    check_limit(id, Parameter::index, most_device_parts, "no device has as many ranges of registers");
    check_optional(id);
    const ObjectParameter* size = model_.parameter(id, Parameter::frame_size);
    if (size == nullptr) {
        diagnostics_.error(model_[id].span, fmt::format("`{}` does not say how large it is", name(id)))
            .help("`frame (4k)`");
        return;
    }
    const std::span<const uint8_t> sizes = frame_size_bits(model_.architecture);
    const bool exists = std::ranges::any_of(sizes, [&](uint8_t bits) { return size->value == uint64_t{1} << bits; });
    if (!exists) {
        std::string known;
        for (const uint8_t bits : sizes) {
            known += fmt::format("{}{}", known.empty() ? "" : ", ", size_text(uint64_t{1} << bits));
        }
        diagnostics_
            .error(size->span, fmt::format("{} has no frames of {}", word(model_.architecture), size_text(size->value)))
            .help(fmt::format("there are {}", known));
        return;
    }
    if (const ObjectParameter* address = model_.parameter(id, Parameter::paddr)) {
        if (address->value % size->value != 0) {
            diagnostics_.error(address->span,
                               fmt::format("a frame of {} begins at a multiple of its size", size_text(size->value)));
        }
        if (const ObjectParameter* device = model_.parameter(id, Parameter::device)) {
            diagnostics_.error(device->span, "a frame has its place from `paddr` or from `device`, not from both")
                .note(address->span, "the other");
        }
    }
    for (const Fill& fill : model_.fills_of(id)) {
        check_fill(id, size->value, fill);
    }
}

void Checker::check_optional(ObjectId id) {
    const ObjectParameter* optional = model_.parameter(id, Parameter::optional);
    if (optional != nullptr && model_.parameter(id, Parameter::device) == nullptr) {
        diagnostics_.error(optional->span, "only what belongs to a device can be optional")
            .help("`device: \"NAME\"` names one");
    }
}

void Checker::check_fill(ObjectId id, uint64_t frame_size, const Fill& fill) {
    if (fill.offset > frame_size || fill.length > frame_size - fill.offset) {
        diagnostics_.error(fill.span,
                           fmt::format("this content ends beyond the frame, which has {}", size_text(frame_size)));
    }
    if (fill.source == FillSource::bytes) {
        const std::string_view digits = model_.text(fill.text);
        if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
            diagnostics_.error(fill.span, "bytes are written as hexadecimal digits");
        } else if (digits.size() != 2 * fill.length) {
            diagnostics_.error(fill.span, fmt::format("{} digits are {} bytes, not {}", digits.size(),
                                                      digits.size() / 2, fill.length));
        }
    }
    const bool is_address = fill.source == FillSource::device_base || fill.source == FillSource::device_start;
    const bool about_device = is_address || fill.source == FillSource::device_models;
    if (is_address && fill.length != sizeof(uint64_t)) {
        diagnostics_.error(fill.span, "an address has 8 bytes");
    }
    if (fill.source == FillSource::handed_over && fill.length != sel::handed_over_bytes) {
        diagnostics_.error(fill.span, fmt::format("this description has {} bytes", sel::handed_over_bytes));
    }
    if (fill.source == FillSource::restart_plan && fill.frame != ObjectId::none &&
        model_[fill.frame].type != ObjectType::ut) {
        diagnostics_.error(fill.span, fmt::format("`{}` is not an untyped", name(fill.frame)))
            .note(model_[fill.frame].span, "declared here");
    }
    if (about_device && fill.frame != ObjectId::none && model_[fill.frame].type != ObjectType::frame) {
        diagnostics_.error(fill.span, fmt::format("`{}` is not a frame", name(fill.frame)))
            .note(model_[fill.frame].span, "declared here");
    }
    if (model_.parameter(id, Parameter::device) != nullptr) {
        diagnostics_.error(fill.span, "the registers of a device cannot be filled");
    }
}

void Checker::check_sched_context(ObjectId id) {
    const ObjectParameter* budget = model_.parameter(id, Parameter::budget);
    const ObjectParameter* period = model_.parameter(id, Parameter::period);
    if ((budget == nullptr) != (period == nullptr)) {
        diagnostics_.error(budget == nullptr ? period->span : budget->span,
                           fmt::format("`{}` has no {}", name(id), budget == nullptr ? "budget" : "period"));
        return;
    }
    if (budget == nullptr) {
        return;
    }
    if (budget->value > period->value) {
        diagnostics_.error(budget->span, "the budget is more than the period").note(period->span, "the period");
    }
    if (budget->value == 0) {
        diagnostics_.error(budget->span, "with this budget nothing ever runs");
    }
}

}  // namespace capdl
