// SPDX-License-Identifier: BSD-2-Clause
// Every word of the language that means something, in tables.
#include "language/vocabulary.hpp"

#include <algorithm>

namespace capdl {
namespace {

using enum ObjectType;

template <class Value>
struct Word {
    std::string_view word;
    Value value;
};

template <class Value, size_t size>
std::optional<Value> find(const std::array<Word<Value>, size>& table, std::string_view word) {
    const auto row = std::ranges::find(table, word, &Word<Value>::word);
    return row == table.end() ? std::nullopt : std::optional(row->value);
}

template <class Value, size_t size>
std::string_view word_of(const std::array<Word<Value>, size>& table, Value value) {
    const auto row = std::ranges::find(table, value, &Word<Value>::value);
    return row == table.end() ? std::string_view{} : row->word;
}

// `aarch32` is what some versions of the standard's tools call arm11.
constexpr std::array architectures{Word{"aarch64", Architecture::aarch64}, Word{"arm11", Architecture::arm11},
                                   Word{"aarch32", Architecture::arm11},   Word{"ia32", Architecture::ia32},
                                   Word{"riscv", Architecture::riscv},     Word{"x86_64", Architecture::x86_64}};

struct TypeRow {
    std::string_view word;
    std::string_view description;
};

// In the order of ObjectType.
constexpr std::array<TypeRow, object_type_count> types{{
    {"arm_io_device", "an I/O space (arm_io_device)"},
    {"arm_irq", "an interrupt (arm_irq)"},
    {"arm_sgi_signal", "a software interrupt (arm_sgi_signal)"},
    {"asid_pool", "an ASID pool (asid_pool)"},
    {"cnode", "a capability table (cnode)"},
    {"contextbank", "an SMMU context bank (contextbank)"},
    {"ep", "an endpoint (ep)"},
    {"frame", "a frame (frame)"},
    {"io_device", "an I/O device (io_device)"},
    {"io_ports", "I/O ports (io_ports)"},
    {"io_pt", "an I/O page table (io_pt)"},
    {"ioapic_irq", "an interrupt (ioapic_irq)"},
    {"irq", "an interrupt (irq)"},
    {"msi_irq", "an interrupt (msi_irq)"},
    {"notification", "a notification (notification)"},
    {"pd", "a page directory (pd)"},
    {"pdpt", "a page directory pointer table (pdpt)"},
    {"pgd", "a page global directory (pgd)"},
    {"pml4", "a page map (pml4)"},
    {"pt", "a page table (pt)"},
    {"pud", "a page upper directory (pud)"},
    {"rtreply", "a reply object (rtreply)"},
    {"sc", "a scheduling context (sc)"},
    {"smc", "a secure monitor authority (smc)"},
    {"streamid", "an SMMU stream (streamid)"},
    {"tcb", "a thread (tcb)"},
    {"ut", "an untyped (ut)"},
    {"vcpu", "a virtual core (vcpu)"},
}};

constexpr std::array thread_slots{Word{"cspace", ThreadSlot::cspace},
                                  Word{"vspace", ThreadSlot::vspace},
                                  Word{"reply_slot", ThreadSlot::reply_slot},
                                  Word{"caller_slot", ThreadSlot::caller_slot},
                                  Word{"ipc_buffer_slot", ThreadSlot::ipc_buffer_slot},
                                  Word{"fault_ep_slot", ThreadSlot::fault_ep_slot},
                                  Word{"sc_slot", ThreadSlot::sc_slot},
                                  Word{"temp_fault_ep_slot", ThreadSlot::temp_fault_ep_slot},
                                  Word{"bound_notification", ThreadSlot::bound_notification},
                                  Word{"bound_vcpu", ThreadSlot::bound_vcpu}};

constexpr std::array authorities{
    Word{"asid_control", Authority::asid_control},       Word{"domain", Authority::domain},
    Word{"io_space_master", Authority::io_space_master}, Word{"irq_control", Authority::irq_control},
    Word{"sched_control", Authority::sched_control},     Word{"sgi_signal", Authority::sgi_signal},
    Word{"power_control", Authority::power_control},     Word{"remaining_untyped", Authority::remaining_untyped}};

constexpr std::array fill_sources{
    Word{"CDL_FrameFill_FileData", FillSource::file},      Word{"CDL_FrameFill_BootInfo", FillSource::device_tree},
    Word{"CDL_FrameFill_BootInfo", FillSource::boot_info}, Word{"bytes", FillSource::bytes},
    Word{"device_base", FillSource::device_base},          Word{"device_start", FillSource::device_start},
    Word{"device_models", FillSource::device_models},      Word{"remaining_untyped", FillSource::handed_over},
    Word{"restart_plan", FillSource::restart_plan}};

using Shape = ValueShape;

constexpr std::array object_rules{
    ParameterRule{"N bits", Parameter::bits, Shape::bits, {cnode, ut, sc}},
    ParameterRule{"frame size", Parameter::frame_size, Shape::size, {frame}},
    ParameterRule{"bus:device.function", Parameter::pci_device, Shape::number, {io_device}},
    ParameterRule{"addr", Parameter::addr, Shape::number, {tcb}},
    ParameterRule{"affinity", Parameter::affinity, Shape::number, {tcb}},
    ParameterRule{"asid_high", Parameter::asid_high, Shape::number, {asid_pool}},
    ParameterRule{"bank", Parameter::bank, Shape::number, {contextbank}},
    ParameterRule{"budget", Parameter::budget, Shape::number, {sc}},
    ParameterRule{"data", Parameter::data, Shape::number, {sc}},
    ParameterRule{"device", Parameter::device, Shape::text, {frame, arm_irq}},
    ParameterRule{"dma", Parameter::dma, Shape::boolean, {frame}},
    ParameterRule{"dom", Parameter::dom, Shape::number, {tcb}},
    ParameterRule{"domainID", Parameter::domain_id, Shape::number, {io_device}},
    ParameterRule{"elf", Parameter::elf, Shape::word, {tcb}},
    ParameterRule{"extra_refills", Parameter::extra_refills, Shape::number, {sc}},
    ParameterRule{"fault_ep", Parameter::fault_ep, Shape::number, {tcb}},
    ParameterRule{"fill", Parameter::fill, Shape::fills, {frame}},
    ParameterRule{"flags", Parameter::flags, Shape::number, {sc}},
    ParameterRule{"fpu_disabled", Parameter::fpu_disabled, Shape::boolean, {tcb}},
    ParameterRule{"index", Parameter::index, Shape::number, {frame, arm_irq}},
    ParameterRule{"init", Parameter::init, Shape::numbers, {tcb}},
    ParameterRule{"ioapic_level", Parameter::ioapic_level, Shape::number, {ioapic_irq}},
    ParameterRule{"ioapic_num", Parameter::ioapic_num, Shape::number, {ioapic_irq}},
    ParameterRule{"ioapic_pin", Parameter::ioapic_pin, Shape::number, {ioapic_irq}},
    ParameterRule{"ioapic_polarity", Parameter::ioapic_polarity, Shape::number, {ioapic_irq}},
    ParameterRule{"iospace", Parameter::iospace, Shape::number, {arm_io_device, io_device}},
    ParameterRule{"ip", Parameter::ip, Shape::number, {tcb}},
    ParameterRule{"irq", Parameter::irq, Shape::number, {arm_sgi_signal}},
    ParameterRule{"level", Parameter::level, Shape::number, {io_pt}},
    ParameterRule{"max_prio", Parameter::max_prio, Shape::number, {tcb}},
    ParameterRule{"msi_handle", Parameter::msi_handle, Shape::number, {msi_irq}},
    ParameterRule{"msi_pci_bus", Parameter::msi_pci_bus, Shape::number, {msi_irq}},
    ParameterRule{"msi_pci_dev", Parameter::msi_pci_dev, Shape::number, {msi_irq}},
    ParameterRule{"msi_pci_fun", Parameter::msi_pci_fun, Shape::number, {msi_irq}},
    ParameterRule{"optional", Parameter::optional, Shape::boolean, {frame, arm_irq}},
    ParameterRule{"paddr", Parameter::paddr, Shape::number, {frame, ut}},
    ParameterRule{"period", Parameter::period, Shape::number, {sc}},
    ParameterRule{"ports", Parameter::ports, Shape::port_range, {io_ports}},
    ParameterRule{"prio", Parameter::prio, Shape::number, {tcb}},
    ParameterRule{"resume", Parameter::resume, Shape::boolean, {tcb}},
    ParameterRule{"sp", Parameter::sp, Shape::number, {tcb}},
    ParameterRule{"target", Parameter::target, Shape::number, {arm_irq, arm_sgi_signal}},
    ParameterRule{"tls", Parameter::tls, Shape::number, {tcb}},
    ParameterRule{"trigger", Parameter::trigger, Shape::trigger, {arm_irq}},
};

constexpr std::array component_rules{
    ParameterRule{"affinity", Parameter::affinity, Shape::number, {}},
    ParameterRule{"budget", Parameter::budget, Shape::number, {}},
    ParameterRule{"data", Parameter::data, Shape::number, {}},
    ParameterRule{"extra_refills", Parameter::extra_refills, Shape::number, {}},
    ParameterRule{"flags", Parameter::flags, Shape::number, {}},
    ParameterRule{"fpu_disabled", Parameter::fpu_disabled, Shape::boolean, {}},
    ParameterRule{"links", Parameter::links, Shape::bits, {}},
    ParameterRule{"max_prio", Parameter::max_prio, Shape::number, {}},
    ParameterRule{"period", Parameter::period, Shape::number, {}},
    ParameterRule{"prio", Parameter::prio, Shape::number, {}},
    ParameterRule{"resume", Parameter::resume, Shape::boolean, {}},
    ParameterRule{"slots", Parameter::slots, Shape::bits, {}},
    ParameterRule{"stack", Parameter::stack, Shape::size, {}},
};

constexpr std::array capability_rules{
    ParameterRule{"rights", Parameter::rights, Shape::rights, {ep, notification, frame}},
    ParameterRule{"asid", Parameter::asid, Shape::pair, {frame, asid_pool, pt, pd, pud, pgd, pdpt, pml4}},
    ParameterRule{"at", Parameter::at, Shape::number, {frame}},
    ParameterRule{"badge", Parameter::badge, Shape::number, {ep, notification, smc}},
    ParameterRule{"cached", Parameter::cached, Shape::none, {frame}},
    ParameterRule{"core", Parameter::core, Shape::number, {}},
    ParameterRule{"executable", Parameter::executable, Shape::none, {frame}},
    ParameterRule{"execute_never", Parameter::execute_never, Shape::none, {frame}},
    ParameterRule{"guard", Parameter::guard, Shape::number, {cnode}},
    ParameterRule{"guard_size", Parameter::guard_size, Shape::number, {cnode}},
    ParameterRule{"inspect", Parameter::inspect, Shape::none, {cnode, tcb, sc, ut, frame, pgd, pud, irq, arm_irq}},
    ParameterRule{"irq", Parameter::irq, Shape::number, {}},
    ParameterRule{"mapping", Parameter::mapping, Shape::slot, {frame}},
    ParameterRule{"masked", Parameter::masked, Shape::rights, {}},
    ParameterRule{"master_reply", Parameter::master_reply, Shape::none, {tcb}},
    ParameterRule{"quota", Parameter::quota, Shape::size, {}},
    ParameterRule{"reply", Parameter::reply, Shape::none, {tcb}},
    ParameterRule{"target", Parameter::target, Shape::number, {}},
    ParameterRule{"uncached", Parameter::uncached, Shape::none, {frame}},
};

}  // namespace

std::string_view word(Architecture architecture) { return word_of(architectures, architecture); }
std::optional<Architecture> find_architecture(std::string_view word) { return find(architectures, word); }

std::string_view word(ObjectType type) { return types[static_cast<size_t>(type)].word; }
std::string_view describe(ObjectType type) { return types[static_cast<size_t>(type)].description; }

std::optional<ObjectType> find_object_type(std::string_view word) {
    const auto row = std::ranges::find(types, word, &TypeRow::word);
    return row == types.end() ? std::nullopt : std::optional(static_cast<ObjectType>(row - types.begin()));
}

std::string_view word(ThreadSlot slot) { return word_of(thread_slots, slot); }
std::optional<ThreadSlot> find_thread_slot(std::string_view word) { return find(thread_slots, word); }

std::string_view word(Authority authority) { return word_of(authorities, authority); }
std::optional<Authority> find_authority(std::string_view word) { return find(authorities, word); }

std::string_view word(FillSource source) { return word_of(fill_sources, source); }
std::optional<FillSource> find_fill_source(std::string_view word) { return find(fill_sources, word); }

std::span<const ParameterRule> object_parameters() { return object_rules; }
std::span<const ParameterRule> component_parameters() { return component_rules; }
std::span<const ParameterRule> capability_parameters() { return capability_rules; }

std::string_view word(Parameter parameter) {
    for (const std::span<const ParameterRule> rules :
         {object_parameters(), component_parameters(), capability_parameters()}) {
        if (const auto rule = std::ranges::find(rules, parameter, &ParameterRule::parameter); rule != rules.end()) {
            return rule->word;
        }
    }
    return {};
}

std::optional<Rights> Rights::parse(std::string_view letters) {
    Rights rights;
    for (const char letter : letters) {
        switch (letter) {
        case 'R': rights = rights | Rights(read); break;
        case 'W': rights = rights | Rights(write); break;
        case 'G':
        case 'X': rights = rights | Rights(transfer); break;
        case 'P': rights = rights | Rights(reply); break;
        default: return std::nullopt;
        }
    }
    return rights;
}

}  // namespace capdl
