// SPDX-License-Identifier: BSD-2-Clause
// Which kernel object stands for which object of a spec.
#include "compile/kernel_objects.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace capdl {
namespace {

constexpr uint64_t page_bits = 12;
constexpr uint64_t default_refills = 8;

std::optional<KernelObject> sized(abi::ObjectType type, uint64_t size) {
    return abi::is_valid_size(type, size) ? std::optional(KernelObject{type, size}) : std::nullopt;
}

}  // namespace

std::string reason_without(ObjectType type) {
    switch (type) {
    case ObjectType::cnode: return fmt::format("a table has at most {} slots", abi::CapTableSize::maximum);
    case ObjectType::sc:
        return fmt::format("a budget is given back in at most {} pieces", abi::SchedContextSize::maximum);
    case ObjectType::frame: return "frames have 4 KiB, 2 MiB or 1 GiB";
    case ObjectType::vcpu: return "it runs no virtual machines";
    case ObjectType::smc: return "it calls firmware for nobody; `power_control` switches the machine off";
    case ObjectType::arm_io_device:
    case ObjectType::contextbank:
    case ObjectType::streamid: return "it drives no SMMU: who has a device's registers has the device's reach";
    case ObjectType::io_device:
    case ObjectType::io_ports:
    case ObjectType::io_pt:
    case ObjectType::ioapic_irq:
    case ObjectType::msi_irq:
    case ObjectType::pdpt:
    case ObjectType::pml4: return "it is another architecture's";
    default: return "";
    }
}

bool has_no_object(ObjectType type) { return type == ObjectType::asid_pool || type == ObjectType::arm_sgi_signal; }

std::vector<bool> folded_tables(const Model& model) {
    std::vector<bool> result(model.objects.size(), false);
    for (const Capability& capability : model.capabilities) {
        if (capability.object != ObjectId::none && model[capability.container].type == ObjectType::pgd &&
            model[capability.object].type == ObjectType::pud) {
            result[index_of(capability.object)] = true;
        }
    }
    return result;
}

uint64_t refills_of(const Model& model, ObjectId sched_context) {
    if (const std::optional<uint64_t> extra = model.value(sched_context, Parameter::extra_refills);
        extra && *extra != 0) {
        return abi::SchedContextSize::minimum + *extra;
    }
    const std::optional<uint64_t> bits = model.value(sched_context, Parameter::bits);
    if (!bits || *bits > 32 || uint64_t{1} << *bits < abi::SchedContextSize::fixed) {
        return default_refills;
    }
    const uint64_t room = ((uint64_t{1} << *bits) - abi::SchedContextSize::fixed) / abi::SchedContextSize::each;
    return std::clamp(room, abi::SchedContextSize::minimum, abi::SchedContextSize::maximum);
}

std::optional<KernelObject> kernel_object(const Model& model, ObjectId id) {
    switch (model[id].type) {
    case ObjectType::ep: return KernelObject{abi::ObjectType::endpoint, 0};
    case ObjectType::notification: return KernelObject{abi::ObjectType::notification, 0};
    case ObjectType::rtreply: return KernelObject{abi::ObjectType::reply, 0};
    case ObjectType::tcb: return KernelObject{abi::ObjectType::thread, 0};
    case ObjectType::irq:
    case ObjectType::arm_irq: return KernelObject{abi::ObjectType::interrupt_handler, 0};
    case ObjectType::pt:
    case ObjectType::pd: return KernelObject{abi::ObjectType::page_table, 0};
    case ObjectType::pgd:
    case ObjectType::pud: return KernelObject{abi::ObjectType::address_space, 0};
    case ObjectType::sc: return sized(abi::ObjectType::sched_context, refills_of(model, id));
    case ObjectType::frame:
        return sized(abi::ObjectType::frame,
                     static_cast<uint64_t>(std::countr_zero(model.value(id, Parameter::frame_size).value_or(0))));
    case ObjectType::cnode: {
        const uint64_t bits = model.value(id, Parameter::bits).value_or(0);
        if (bits == 0) {
            return KernelObject{abi::ObjectType::interrupt_handler, 0};
        }
        return bits < 64 ? sized(abi::ObjectType::cap_table, uint64_t{1} << bits) : std::nullopt;
    }
    case ObjectType::ut: {
        const std::optional<uint64_t> bits = model.value(id, Parameter::bits);
        if (bits && *bits >= 64) {
            return std::nullopt;
        }
        return KernelObject{abi::ObjectType::untyped,
                            bits ? uint64_t{1} << (std::max(*bits, page_bits) - page_bits) : 0};
    }
    case ObjectType::arm_io_device:
    case ObjectType::arm_sgi_signal:
    case ObjectType::asid_pool:
    case ObjectType::contextbank:
    case ObjectType::io_device:
    case ObjectType::io_ports:
    case ObjectType::io_pt:
    case ObjectType::ioapic_irq:
    case ObjectType::msi_irq:
    case ObjectType::pdpt:
    case ObjectType::pml4:
    case ObjectType::smc:
    case ObjectType::streamid:
    case ObjectType::vcpu: return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace capdl
