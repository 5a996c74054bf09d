// SPDX-License-Identifier: BSD-2-Clause
// The boot stage, in order: from what a loader leaves behind to a kernel that runs.
#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

#include "base/config.hpp"
#include "boot/boot_report.hpp"
#include "boot/cache_check.hpp"
#include "boot/current_level.hpp"
#include "boot/device_tree.hpp"
#include "boot/first_task_needs.hpp"
#include "boot/identity_map.hpp"
#include "boot/kernel_map.hpp"
#include "boot/machine_check.hpp"
#include "boot/placement.hpp"
#include "boot/system_search.hpp"
#include "boot/trace_block.hpp"
#include "core_affinity.hpp"
#include "counter.hpp"

namespace selene::boot {

extern "C" {
extern const char image_header[], el1_kernel_image[], el2_kernel_image[], kernel_part_end[];  // boot.ld
}

namespace {

/// The interrupt controller's two, the serial line's, the trace's, and one for each core that waits in a spin table.
using DeviceList = RangeList<4 + BootDescription::maximum_cores>;

/// Lies in the image, so in RAM that the kernel sees.
constinit BootDescription description{};

/// A value, or the end.
template <class Value>
Value need(std::expected<Value, Refusal> result) {
    if (!result) refuse(result.error());
    if constexpr (!std::is_void_v<Value>) return *result;
}

/// The image as the loader has it in memory: the header of the kernel part tells the size of the whole.
PhysRange loaded_image() {
    constexpr size_t image_size_offset = 16;
    const auto base = reinterpret_cast<uint64_t>(image_header);
    const uint64_t size = *reinterpret_cast<const uint64_t*>(base + image_size_offset);
    if (size > window_end) refuse({"the image has no such size", size});
    return {base, round_up(size, page_bytes)};
}

/// Makes the tree that the loader left at `address` accessible.
std::span<const std::byte> loaded_tree(uint64_t address, IdentityMap& map) {
    const auto* tree = reinterpret_cast<const std::byte*>(address);
    const uint64_t size = tree_size(tree);
    if (size == 0 || address + size > window_end) refuse({"there is no device tree", address});
    map.include({address, size});
    return {tree, size};
}

/// The machine, its serial line open for reports.
MachineDescription read_machine(std::span<const std::byte> tree, PhysRange image, IdentityMap& map) {
    const auto open = [&](const SerialDescription& serial) {
        if (serial.kind == SerialKind::none || overlap(serial.registers, image)) return;
        report_line = SerialLine(serial.kind, map.include_page(serial.registers.base, kernel_attributes().device));
    };
    const auto machine = read_device_tree(tree);
    open(machine ? machine->serial : machine.error().serial);
    if (!machine) refuse(machine.error().refusal);
    return *machine;
}

/// The system part: behind the kernel part, or where a loader has put it as initial RAM disk.
SystemPart find_system_part(PhysRange image, const MachineDescription& machine, IdentityMap& map) {
    const auto behind = reinterpret_cast<uint64_t>(kernel_part_end);
    if (end_of(image) > behind) return need(read_system_part({behind, end_of(image) - behind}));
    const PhysRange initrd = pages_around(machine.initrd.base, end_of(machine.initrd));
    if (initrd.size == 0) refuse({"there is no system, neither in the image nor as initial RAM disk"});
    if (!machine.memory.holds(initrd) || end_of(initrd) > window_end)
        refuse({"the initial RAM disk does not lie in memory", initrd.base});
    map.include({initrd.base, page_bytes});
    return need(read_system_part(initrd));
}

/// This core first.
void describe_cores(MachineDescription& machine) {
    const auto cores = std::span(machine.cores).first(machine.core_count);
    const auto own = std::ranges::find(cores, CoreAffinity::own(), &CoreDescription::affinity);
    if (own == cores.end()) refuse({"the device tree does not name the core that boots", CoreAffinity::own()});
    std::swap(cores.front(), *own);
    for (const CoreDescription& core : cores) {
        description.core_affinity[description.core_count] = core.affinity;
        description.core_release[description.core_count] = core.release_address;
        description.core_start[description.core_count] = core.start;
        description.core_count++;
    }
}

/// All that could not be known before this boot, or little of it if the tree has no random bytes.
void describe_seed(const MachineDescription& machine) {
    description.seed[0] = VirtualCount::read();
    unsigned place = 0;
    for (const auto bytes : machine.seeds) {
        for (const std::byte byte : bytes) {
            uint64_t& word = description.seed[place++ % std::size(description.seed)];
            word = std::rotl(word, CHAR_BIT) ^ static_cast<uint64_t>(byte);
        }
    }
}

/// A kernel at EL2 has a timer of its own, and nobody below to call.
void describe_level(const MachineDescription& machine) {
    description.timer_line = machine.timer_line;
    description.power_conduit = machine.power_conduit;
    if (current_level() == ExceptionLevel::el1) return;
    description.timer_line = machine.hypervisor_timer_line;
    if (description.timer_line == 0) refuse({"the device tree does not name the hypervisor's timer"});
    if (machine.power_conduit == PowerConduit::hvc) description.power_conduit = PowerConduit::none;
}

void describe_machine(const MachineDescription& machine) {
    describe_level(machine);
    description.timer_frequency = need(timer_frequency(machine, CounterFrequency::read()));
    describe_seed(machine);
    description.interrupt_controller = machine.interrupt_controller;
    description.serial = machine.serial;
}

void describe_system(const SystemPart& system) {
    description.system_part = system.pages;
    description.first_task_entry = system.entry;
    description.first_task_slots = system.slots;
    description.segment_count = system.segment_count;
    std::ranges::copy(system.segments, description.segments);
}

/// The kernel makes the first task of one range of memory; it cannot say any more that there is none.
void check_first_task() {
    const FirstTaskNeeds needs = FirstTaskNeeds::of(description);
    if (!abi::is_valid_size(abi::ObjectType::cap_table, needs.slots))
        refuse({"the first task needs too many slots", needs.slots});
    if (FirstTaskNeeds::place(description, needs.bytes).size == 0)
        refuse({"no range of memory has room for the first task", needs.bytes});
}

void keep(PhysRange range) { description.kept[description.kept_count++] = range; }

/// A copy that ends where the tree's contents do, for user level: without the seeds.
void copy_tree(std::span<const std::byte> tree, const MachineDescription& machine, PhysRange pages) {
    constexpr size_t total_size_offset = 4;
    const auto used = static_cast<uint32_t>(used_tree_size(tree.data()));
    const uint32_t big_endian = std::byteswap(used);
    auto* copy = reinterpret_cast<std::byte*>(pages.base);
    std::memcpy(copy, tree.data(), used);
    std::memcpy(copy + total_size_offset, &big_endian, sizeof(big_endian));
    for (const auto bytes : machine.seeds) {
        if (!bytes.empty()) std::memset(copy + (bytes.data() - tree.data()), 0, bytes.size());
    }
    description.device_tree = pages;
}

/// What the kernel accesses beside RAM. Where the debug kernel reports, the release kernel sees nothing.
DeviceList kernel_devices(const MachineDescription& machine) {
    DeviceList devices;
    bool fits =
        devices.add(machine.interrupt_controller.distributor) && devices.add(machine.interrupt_controller.interface);
    if constexpr (config::debug) fits = fits && devices.add(machine.serial.registers);
    for (const CoreDescription& core : std::span(machine.cores).first(machine.core_count)) {
        if (core.start == CoreStart::spin_table) fits = fits && devices.add(core.release_page());
    }
    if (!fits) refuse({"devices are in too many pieces"});
    return devices;
}

/// The debug kernel's place for its trace, past the caches, and where it finds that.
PhysRange make_trace_block(Survey& survey, const KernelParts& parts, const KernelHeader& kernel, DeviceList& devices,
                           IdentityMap& map) {
#if SELENE_DEBUG
    const auto block = trace_block::take(survey, map);
    if (!block) return {};
    if (!devices.add(*block)) refuse({"devices are in too many pieces"});
    keep(*block);
    const uint64_t offset = reinterpret_cast<uint64_t>(kernel.trace) - parts.base;
    *reinterpret_cast<uint64_t*>(parts.text.base + offset) = kernel.window_base + block->base;
    return *block;
#else
    (void)survey, (void)parts, (void)kernel, (void)devices, (void)map;
    return {};
#endif
}

/// Everything the kernel needs room for, and its address space. The root of that.
uint64_t build(const MachineDescription& machine, std::span<const std::byte> tree, const Occupied& occupied,
               const KernelHeader& kernel, IdentityMap& map) {
    Survey survey = need(survey_memory(machine, occupied));
    check_memory(survey.usable, map);
    DeviceList devices = kernel_devices(machine);
    const PhysRange trace = make_trace_block(survey, occupied.kernel, kernel, devices, map);
    const KernelView view{
        .window_base = kernel.window_base,
        .attributes = kernel_attributes(),
        .memory = survey.window.view(),
        .devices = devices.view(),
        .kernel = occupied.kernel,
    };

    const uint64_t areas_size = machine.core_count * kernel.core_area_size;
    const uint64_t tree_size = round_up(used_tree_size(tree.data()) + trace_block::node_bytes_of(trace), page_bytes);
    const uint64_t most = areas_size + tree_size + view.table_bound() * page_bytes;
    const auto workspace = survey.empty.find(most, kernel.core_area_size);
    if (!workspace) refuse({"there is too little memory", survey.empty.bytes()});
    map.include(*workspace);

    PagePool pool(*workspace);
    description.core_areas = pool.take(areas_size);
    const auto root = build_kernel_map(view, pool);
    if (!root) refuse({"there is too little memory for the kernel's tables", most});
    keep(occupied.kernel.whole());
    keep({workspace->base, pool.next() - workspace->base});
    copy_tree(tree, machine, {pool.take(tree_size), tree_size});
    need(describe_memory(machine, occupied, survey.usable, {workspace->base, pool.next() - workspace->base},
                         description));
#if SELENE_DEBUG
    if (trace.size != 0 && trace_block::list(trace, description))
        trace_block::describe(trace, reinterpret_cast<void*>(description.device_tree.base), tree_size);
#endif
    check_first_task();
    return *root;
}

[[noreturn]] void enter(const KernelHeader& kernel, uint64_t root) {
    const uint64_t window = kernel.window_base;
    const uint64_t stack = window + description.core_areas + kernel.stack_top;
    kernel.entry(reinterpret_cast<const BootDescription*>(window + reinterpret_cast<uint64_t>(&description)), root,
                 stack);
    __builtin_unreachable();
}

}  // namespace

extern "C" [[noreturn]] void boot_main(uint64_t tree_address) {
    const PhysRange image = loaded_image();
    constexpr uint64_t tree_alignment = 8;
    if (end_of(image) > window_end || tree_address == 0 || !is_aligned(tree_address, tree_alignment) ||
        tree_address > window_end - tree_header_size) {
        refuse({"there is no device tree", tree_address});
    }
    IdentityMap map;
    map.include(image);
    map.include({tree_address, tree_header_size});
    map.turn_on();

    const std::span<const std::byte> tree = loaded_tree(tree_address, map);
    MachineDescription machine = read_machine(tree, image, map);
    need(check_caches(CacheType::read(), ZeroingBlock::read()));
    const SystemPart system = find_system_part(image, machine, map);
    const char* const kernel_image = current_level() == ExceptionLevel::el2 ? el2_kernel_image : el1_kernel_image;
    const auto& kernel = *reinterpret_cast<const KernelHeader*>(kernel_image + KernelHeader::offset);
    const Occupied occupied{
        .image = image,
        .system_part = system.pages,
        .device_tree = {tree_address, tree.size()},
        .kernel = KernelParts::of(kernel, reinterpret_cast<uint64_t>(kernel_image)),
    };

    description.magic = BootDescription::expected_magic;
    const auto own = reinterpret_cast<uint64_t>(&description);
    description.own = pages_around(own, own + sizeof(description));
    describe_cores(machine);
    describe_machine(machine);
    need(check_devices(machine, description.power_conduit, map));
    describe_system(system);
    const uint64_t root = build(machine, tree, occupied, kernel, map);
    if constexpr (config::debug) {
        report_line.print("selene: ", machine.memory.bytes() >> 20, " MiB, ", machine.core_count,
                          machine.core_count == 1 ? " core, GICv" : " cores, GICv",
                          std::to_underlying(machine.interrupt_controller.kind), ", debug kernel at EL",
                          std::to_underlying(current_level()), "\n");
    }
    map.include_kernel(occupied.kernel);
    map.let_kernel_in(root);
    enter(kernel, root);
}

}  // namespace selene::boot
