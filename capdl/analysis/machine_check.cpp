// SPDX-License-Identifier: BSD-2-Clause
// Whether a machine has the devices, interrupts and cores that a system wants.
#include "analysis/machine_check.hpp"

#include <fmt/format.h>
#include <map>

#include "text/near_miss.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

constexpr uint64_t page_size = 4096;

class MachineCheck {
public:
    MachineCheck(const Model& model, const Machine& machine, Diagnostics& diagnostics)
        : model_(model), machine_(machine), diagnostics_(diagnostics) {}

    void run() {
        for (uint32_t index = 0; index < model_.objects.size(); ++index) {
            const auto id = static_cast<ObjectId>(index);
            switch (model_[id].type) {
            case ObjectType::frame: check_frame(id); break;
            case ObjectType::arm_irq: check_device_interrupt(id); break;
            case ObjectType::tcb: check_core(id); break;
            default: break;
            }
        }
        for (const InterruptMapping& mapping : model_.interrupts) {
            if (!machine_.has_interrupt(mapping.number)) {
                diagnostics_.warning(Warning::no_device, mapping.span,
                                     fmt::format("no device of this machine has interrupt {}", mapping.number));
            }
            take_line(mapping.number, mapping.object, mapping.span);
        }
    }

private:
    [[nodiscard]] bool is_optional(ObjectId id) const { return model_.value(id, Parameter::optional).value_or(0) != 0; }
    [[nodiscard]] uint32_t index_in_device(ObjectId id) const {
        return static_cast<uint32_t>(model_.value(id, Parameter::index).value_or(0));
    }

    void report_missing(const ObjectParameter& device, uint32_t index, std::string_view what) {
        const std::string_view name = model_.text(device.text);
        if (machine_.has_device(name)) {
            diagnostics_.error(device.span, fmt::format("this machine's device `{}` has no {} {}", name, what, index));
            return;
        }
        NearMiss meant(name);
        for (const std::string& known : machine_.names()) {
            meant.offer(known);
        }
        diagnostics_.error(device.span, fmt::format("this machine has no device `{}`", name))
            .help("`optional: True` lets the system do without")
            .suggest(meant.best());
    }

    void check_frame(ObjectId id) {
        const uint64_t size = model_.value(id, Parameter::frame_size).value_or(page_size);
        if (const ObjectParameter* device = model_.parameter(id, Parameter::device)) {
            const auto registers = machine_.registers(model_.text(device->text), index_in_device(id));
            if (registers) {
                check_place(id, {registers->base / page_size * page_size, size}, device->span);
            } else if (!is_optional(id)) {
                report_missing(*device, index_in_device(id), "register range");
            }
        } else if (const ObjectParameter* address = model_.parameter(id, Parameter::paddr)) {
            const MemoryRange place{address->value, size};
            check_place(id, place, address->span);
            if (machine_.can_have(place) && !machine_.is_memory(place) && !machine_.has_registers_in(place)) {
                diagnostics_.warning(Warning::no_device, address->span,
                                     fmt::format("no device of this machine has registers at {:#x}", place.base));
            }
        }
    }

    void check_place(ObjectId id, MemoryRange place, Span span) {
        if (place.base % place.size != 0) {
            diagnostics_.error(span, fmt::format("on this machine these registers are at {:#x}, where no frame of {} "
                                                 "begins",
                                                 place.base, size_text(place.size)));
            return;
        }
        if (!machine_.can_have(place)) {
            diagnostics_
                .error(span, fmt::format("on this machine nobody can have the {} at {:#x}", size_text(place.size),
                                         place.base))
                .help("the kernel or the firmware keeps it, or it is partly memory");
        }
        // Only the two neighbours can overlap with it.
        const auto after = places_.upper_bound(place.base);
        if (after != places_.begin() && std::prev(after)->second.end > place.base) {
            report_shared(id, std::prev(after)->second.id, "registers", span);
        } else if (after != places_.end() && after->first < place.end()) {
            report_shared(id, after->second.id, "registers", span);
        }
        places_.emplace(place.base, Place{place.end(), id});
    }

    void check_device_interrupt(ObjectId id) {
        const ObjectParameter* device = model_.parameter(id, Parameter::device);
        if (device == nullptr) {
            return;
        }
        if (const auto line = machine_.interrupt(model_.text(device->text), index_in_device(id))) {
            take_line(*line, id, device->span);
        } else if (!is_optional(id)) {
            report_missing(*device, index_in_device(id), "interrupt");
        }
    }

    void take_line(uint64_t line, ObjectId id, Span span) {
        if (machine_.is_kernels(line)) {
            diagnostics_.error(span, fmt::format("on this machine interrupt {} is the kernel's timer", line));
        }
        if (const auto [first, is_new] = lines_.emplace(line, id); !is_new) {
            report_shared(id, first->second, "interrupt", span);
        }
    }

    void report_shared(ObjectId id, ObjectId first, std::string_view what, Span span) {
        diagnostics_
            .error(span, fmt::format("on this machine `{}` and `{}` are the same {}", model_.name_of(id),
                                     model_.name_of(first), what))
            .note(model_[first].span, "declared here")
            .help("declare one object, and give its capability to both");
    }

    void check_core(ObjectId id) {
        const ObjectParameter* core = model_.parameter(id, Parameter::affinity);
        if (core != nullptr && core->value >= machine_.cores()) {
            diagnostics_.error(core->span.exists() ? core->span : model_[id].span,
                               fmt::format("this machine has {} core{}, and none of number {}", machine_.cores(),
                                           machine_.cores() == 1 ? "" : "s", core->value));
        }
    }

    struct Place {
        uint64_t end;
        ObjectId id;
    };
    const Model& model_;
    const Machine& machine_;
    Diagnostics& diagnostics_;
    std::map<uint64_t, Place> places_;    ///< by where they begin
    std::map<uint64_t, ObjectId> lines_;  ///< by the interrupt controller's number
};

}  // namespace

void check_machine(const Model& model, const Machine& machine, Diagnostics& diagnostics) {
    MachineCheck(model, machine, diagnostics).run();
}

}  // namespace capdl
