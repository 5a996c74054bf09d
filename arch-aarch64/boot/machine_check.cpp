// SPDX-License-Identifier: BSD-2-Clause
// Looks at what the device tree names, before the kernel relies on it.
#include "boot/machine_check.hpp"

#include "boot/boot_report.hpp"
#include "boot/current_level.hpp"
#include "core_affinity.hpp"
#include "gic_redistributors.hpp"
#include "psci.hpp"
#include "register_block.hpp"

namespace selene::boot {
namespace {

/// Arm Generic Interrupt Controller Architecture Specification, "Identification registers": in the last page of a
/// distributor, and of the first frame of a redistributor. Its architecture is 2 in GICv2, 3 or 4 in GICv3.
enum class IdentityRegister : uint32_t { peripheral_2 = 0xfe8 };
using Architecture = Field<7, 4>;

/// GICC_IIDR, CPU Interface Identification Register; of GICv2 alone.
enum class InterfaceRegister : uint32_t { identity = 0x00fc };
using InterfaceArchitecture = Field<19, 16>;

constexpr uint64_t last_page_of_v3 = redistributor::frame_bytes - page_bytes;

/// The registers in a page of a device.
template <class Register>
RegisterBlock<Register> registers(uint64_t page, IdentityMap& map) {
    return RegisterBlock<Register>(map.include_page(page, kernel_attributes().device));
}

uint64_t architecture(uint64_t last_page, IdentityMap& map) {
    return Architecture::of(registers<IdentityRegister>(last_page, map).read(IdentityRegister::peripheral_2));
}

std::expected<void, Refusal> check_v2(const InterruptControllerDescription& controller, IdentityMap& map) {
    const Refusal no_distributor{"there is no such interrupt controller where the device tree says",
                                 controller.distributor.base};
    const Refusal no_interface{"the interrupt controller has no interface where the device tree says",
                               controller.interface.base};
    constexpr uint64_t v2 = 2;
    {
        const Suspicion suspicion(no_distributor);
        if (architecture(controller.distributor.base, map) != v2) return std::unexpected(no_distributor);
    }
    const Suspicion suspicion(no_interface);
    const auto interface = registers<InterfaceRegister>(controller.interface.base, map);
    if (InterfaceArchitecture::of(interface.read(InterfaceRegister::identity)) != v2)
        return std::unexpected(no_interface);
    return {};
}

std::expected<void, Refusal> check_v3(const InterruptControllerDescription& controller, IdentityMap& map) {
    const Refusal no_distributor{"there is no such interrupt controller where the device tree says",
                                 controller.distributor.base};
    const Refusal no_redistributor{"no redistributor of the interrupt controller belongs to this core",
                                   controller.interface.base};
    const auto is_v3 = [&](uint64_t base) {
        const uint64_t found = architecture(base + last_page_of_v3, map);
        return found == 3 || found == 4;
    };
    {
        const Suspicion suspicion(no_distributor);
        if (!is_v3(controller.distributor.base)) return std::unexpected(no_distributor);
    }
    const Suspicion suspicion(no_redistributor);
    if (!is_v3(controller.interface.base)) return std::unexpected(no_redistributor);
    const auto own = redistributor::find(controller.interface.size, [&](uint64_t offset) {
        return registers<redistributor::Register>(controller.interface.base + offset, map)
            .read64(redistributor::Register::type);
    });
    if (!own) return std::unexpected(no_redistributor);
    return {};
}

}  // namespace

std::expected<void, Refusal> check_devices(const MachineDescription& machine, PowerConduit conduit, IdentityMap& map) {
    const InterruptControllerDescription& controller = machine.interrupt_controller;
    const auto checked =
        controller.kind == InterruptControllerKind::gic_v3 ? check_v3(controller, map) : check_v2(controller, map);
    if (!checked || conduit == PowerConduit::none) return checked;
    const Refusal no_firmware{"there is no firmware that is called as the device tree says"};
    const Suspicion suspicion(no_firmware);
    if (psci_call(conduit, PsciFunction::version) < 0) return std::unexpected(no_firmware);
    return {};
}

void check_memory(const MemoryList& memory, IdentityMap& map) {
    for (const PhysRange range : memory.view()) {
        for (const uint64_t page : {range.base, end_of(range) - page_bytes}) {
            const Suspicion suspicion({"there is no memory where the device tree says", page});
            (void)*reinterpret_cast<const volatile uint64_t*>(map.include_page(page, kernel_attributes().read));
        }
    }
}

}  // namespace selene::boot
