// SPDX-License-Identifier: BSD-2-Clause
// Reads a device tree. What a node means is in the Devicetree Specification and in the bindings of the Linux kernel,
// which are named here.
#include "boot/device_tree.hpp"

#include "core_affinity.hpp"

extern "C" {
#include <libfdt.h>
}

namespace selene::boot {
namespace {

constexpr size_t maximum_serial_lines = 8;

/// "arm,gic.yaml": the first of three cells.
enum class InterruptClass : uint32_t { shared = 0, of_one_core = 1 };
constexpr uint32_t first_shared_line = 32;
constexpr uint32_t first_private_line = 16;
constexpr uint32_t end_of_lines = 1020;

struct SerialCandidate {
    int node;
    SerialKind kind;
    PhysRange registers;
    Property interrupts;
};

/// What a walk over a tree has found so far.
class Reader {
public:
    explicit Reader(const void* tree) : tree_(tree) {}

    std::expected<MachineDescription, TreeRefusal> read();

private:
    using Done = std::expected<void, Refusal>;

    Done collect();
    Done visit(const TreeWalk& walk);
    Done visit_memory(const TreeWalk& walk);
    Done visit_reserved_memory(const TreeWalk& walk);
    Done visit_chosen(const TreeNode& node);
    Done visit_interrupt_controller(const TreeWalk& walk, InterruptControllerKind kind);
    Done visit_core(const TreeWalk& walk);
    void visit_power(const TreeNode& node);
    void visit_timer(const TreeNode& node);
    void visit_serial(const TreeWalk& walk, SerialKind kind);

    Done reserve(uint64_t base, uint64_t size);
    Done read_reservations();
    Done reserve_spin_tables();
    Done check();
    [[nodiscard]] SerialDescription serial_line() const;
    [[nodiscard]] int stdout_node() const;
    /// The interrupt controller's number of the interrupt at `index`; 0, which no device has, if there is none.
    [[nodiscard]] uint32_t line(const Property& interrupts, size_t index) const;

    const void* tree_;
    MachineDescription machine_;
    Property stdout_path_;
    Property timer_interrupts_;
    size_t timer_index_ = 0;
    size_t hypervisor_timer_index_ = 0;
    unsigned interrupt_cells_ = 0;
    bool has_controller_ = false;
    std::array<SerialCandidate, maximum_serial_lines> serial_{};
    size_t serial_count_ = 0;
};

std::unexpected<Refusal> refuse(const char* reason, uint64_t detail = 0) {
    return std::unexpected(Refusal{reason, detail});
}

/// The name of a node without the address behind "@".
std::string_view base_name(const TreeNode& node) { return node.name.substr(0, node.name.find('@')); }

enum class Device { gic_v2, gic_v3, timer, power, pl011, mini_uart };

struct KnownDevice {
    KnownName compatible;
    Device device;
};

constexpr KnownDevice known[] = {
    {"arm,armv8-timer", Device::timer}, {"arm,cortex-a15-gic", Device::gic_v2},
    {"arm,gic-400", Device::gic_v2},    {"arm,gic-v3", Device::gic_v3},
    {"arm,pl011", Device::pl011},       {"arm,psci-0.2", Device::power},
    {"arm,psci-1.0", Device::power},    {"brcm,bcm2835-aux-uart", Device::mini_uart},
};

/// What a node is, if it is something we know.
std::optional<Device> device(const TreeNode& node) {
    for (size_t place = 0; place < node.compatible.size();) {
        const std::string_view name = node.compatible.string_at(place);
        for (const KnownDevice& candidate : known) {
            if (candidate.compatible == name) return candidate.device;
        }
    }
    return std::nullopt;
}

/// The pages of a device's registers, if we can access them.
std::optional<PhysRange> registers(const TreeWalk& walk, size_t index) {
    const auto range = walk.physical_reg(index);
    if (!range || range->size == 0 || end_of(*range) > window_end) return std::nullopt;
    return pages_around(range->base, end_of(*range));
}

std::expected<MachineDescription, TreeRefusal> Reader::read() {
    Done done = collect();
    machine_.serial = serial_line();
    if (done) done = check();
    if (!done) return std::unexpected(TreeRefusal{done.error(), machine_.serial});
    return machine_;
}

/// Goes on after a refusal, to find the serial line to say it on.
Reader::Done Reader::collect() {
    TreeWalk walk(tree_);
    Done result = read_reservations();
    while (true) {
        const auto more = walk.advance();
        if (!more) return std::unexpected(more.error());
        if (!*more) return result;
        const Done done = visit(walk);
        if (result) result = done;
    }
}

Reader::Done Reader::visit(const TreeWalk& walk) {
    const TreeNode& node = walk.node();
    if (walk.depth() == 1) {
        if (node.device_type.string() == "memory") return visit_memory(walk);
        if (node.name == "chosen") return visit_chosen(node);
    }
    if (walk.depth() == 2) {
        if (walk.parent().name == "reserved-memory") return visit_reserved_memory(walk);
        if (walk.parent().name == "cpus" && base_name(node) == "cpu") return visit_core(walk);
    }
    const auto known_device = device(node);
    if (!known_device || !node.enabled()) return {};
    switch (*known_device) {
    case Device::gic_v2: return visit_interrupt_controller(walk, InterruptControllerKind::gic_v2);
    case Device::gic_v3: return visit_interrupt_controller(walk, InterruptControllerKind::gic_v3);
    case Device::timer: visit_timer(node); break;
    case Device::power: visit_power(node); break;
    case Device::pl011: visit_serial(walk, SerialKind::pl011); break;
    case Device::mini_uart: visit_serial(walk, SerialKind::mini_uart); break;
    }
    return {};
}

/// Devicetree Specification, "/memory node".
Reader::Done Reader::visit_memory(const TreeWalk& walk) {
    for (size_t index = 0; index < walk.reg_count(); index++) {
        const auto range = walk.reg(index);
        if (!range) return refuse("a range of memory wraps around", index);
        const uint64_t end = std::min(end_of(*range), physical_end);
        if (!machine_.memory.add(pages_inside(range->base, end))) return refuse("there are too many ranges of memory");
    }
    return {};
}

/// Devicetree Specification, "/reserved-memory node". A child without `reg` asks for memory anywhere, for drivers that
/// we do not have.
Reader::Done Reader::visit_reserved_memory(const TreeWalk& walk) {
    for (size_t index = 0; index < walk.reg_count(); index++) {
        const auto range = walk.reg(index);
        if (!range) return refuse("a range of reserved memory wraps around", index);
        if (const Done done = reserve(range->base, range->size); !done) return done;
    }
    return {};
}

/// Devicetree Specification, "/chosen node"; for the initial RAM disk "Documentation/arch/arm64/booting.rst"; for the
/// seeds dt-schema, "chosen.yaml".
Reader::Done Reader::visit_chosen(const TreeNode& node) {
    stdout_path_ = node.stdout_path;
    machine_.seeds = {node.rng_seed.bytes(), node.kaslr_seed.bytes()};
    const auto address = [](const Property& property) -> uint64_t {
        const size_t cells = property.cells();
        return cells == 1 || cells == 2 ? property.number(0, static_cast<unsigned>(cells)) : 0;
    };
    const uint64_t start = address(node.initrd_start);
    const uint64_t end = address(node.initrd_end);
    if (end < start || end > physical_end) return refuse("the initial RAM disk has no place in memory", start);
    machine_.initrd = {start, end - start};
    return {};
}

/// "arm,gic.yaml", "arm,gic-v3.yaml".
Reader::Done Reader::visit_interrupt_controller(const TreeWalk& walk, InterruptControllerKind kind) {
    if (has_controller_) return {};  // a second one hangs below the first
    const auto distributor = registers(walk, 0);
    const auto interface = registers(walk, 1);
    if (!distributor || !interface) return refuse("the interrupt controller has no registers");
    const Property& cells = walk.node().interrupt_cells;
    interrupt_cells_ = cells.cells() == 1 ? cells.cell(0) : 0;
    if (interrupt_cells_ < 3 || interrupt_cells_ > 4)
        return refuse("the interrupt controller numbers its lines in an unknown way", interrupt_cells_);
    machine_.interrupt_controller = {kind, 0, *distributor, *interface};
    has_controller_ = true;
    return {};
}

/// "arm/cpus.yaml". Cores beyond those the kernel can use are left alone.
Reader::Done Reader::visit_core(const TreeWalk& walk) {
    const TreeNode& node = walk.node();
    const auto number = walk.reg(0);
    if (!number || node.status.string() == "fail" || machine_.core_count == machine_.cores.size()) return {};
    if ((number->base & ~CoreAffinity::mask) != 0) return refuse("no core can have such a number", number->base);
    const auto known_cores = std::span(machine_.cores).first(machine_.core_count);
    if (std::ranges::find(known_cores, number->base, &CoreDescription::affinity) != known_cores.end())
        return refuse("the device tree names a core twice", number->base);
    CoreDescription& core = machine_.cores[machine_.core_count++];
    core.affinity = number->base;
    const std::string_view method = node.enable_method.string();
    const Property& release = node.cpu_release_address;
    if (method == "psci") core.start = CoreStart::firmware;
    if (method == "spin-table" && (release.cells() == 1 || release.cells() == 2)) {
        core.start = CoreStart::spin_table;
        core.release_address = release.number(0, static_cast<unsigned>(release.cells()));
    }
    return {};
}

/// What is written to start a core must not be anything else.
Reader::Done Reader::reserve_spin_tables() {
    for (const CoreDescription& core : std::span(machine_.cores).first(machine_.core_count)) {
        if (core.start != CoreStart::spin_table) continue;
        const uint64_t address = core.release_address;
        if (!is_aligned(address, sizeof(uint64_t)) || address >= window_end ||
            !machine_.memory.holds(core.release_page()))
            return refuse("a core waits for its start where there is no memory", address);
        if (const Done done = reserve(address, sizeof(uint64_t)); !done) return done;
    }
    return {};
}

/// "arm/psci.yaml".
void Reader::visit_power(const TreeNode& node) {
    if (node.method.string() == "hvc") machine_.power_conduit = PowerConduit::hvc;
    if (node.method.string() == "smc") machine_.power_conduit = PowerConduit::smc;
}

/// "timer/arm,arch_timer.yaml": without names the interrupts are those of the secure, the physical, the virtual and the
/// hypervisor's timer.
void Reader::visit_timer(const TreeNode& node) {
    constexpr size_t place_of_virtual_timer = 2;
    constexpr size_t place_of_hypervisor_timer = 3;
    timer_interrupts_ = node.interrupts;
    const size_t cells = node.clock_frequency.cells();
    machine_.timer_frequency =
        cells == 1 || cells == 2 ? node.clock_frequency.number(0, static_cast<unsigned>(cells)) : 0;
    timer_index_ = node.interrupt_names.find("virt").value_or(place_of_virtual_timer);
    hypervisor_timer_index_ = node.interrupt_names.find("hyp-phys").value_or(place_of_hypervisor_timer);
}

void Reader::visit_serial(const TreeWalk& walk, SerialKind kind) {
    const auto pages = registers(walk, 0);
    if (!pages || serial_count_ == serial_.size()) return;
    serial_[serial_count_++] = {walk.node().offset, kind, *pages, walk.node().interrupts};
}

Reader::Done Reader::reserve(uint64_t base, uint64_t size) {
    const uint64_t end = std::min(base + size, physical_end);
    if (!machine_.reserved.add(pages_around(base, end))) return refuse("there are too many ranges of reserved memory");
    return {};
}

/// Devicetree Specification, "Memory Reservation Block".
Reader::Done Reader::read_reservations() {
    for (int index = 0;; index++) {
        uint64_t base = 0;
        uint64_t size = 0;
        if (fdt_get_mem_rsv(tree_, index, &base, &size) != 0) return refuse("the list of reserved memory is broken");
        if (size == 0) return {};
        if (size > ~base) return refuse("a range of reserved memory wraps around", base);
        if (const Done done = reserve(base, size); !done) return done;
    }
}

uint32_t Reader::line(const Property& interrupts, size_t index) const {
    const size_t at = index * interrupt_cells_;
    if (interrupt_cells_ == 0 || at + 2 > interrupts.cells()) return 0;
    const uint32_t number = interrupts.cell(at + 1);
    switch (static_cast<InterruptClass>(interrupts.cell(at))) {
    case InterruptClass::shared: return number < end_of_lines - first_shared_line ? number + first_shared_line : 0;
    case InterruptClass::of_one_core: return number < first_private_line ? number + first_private_line : 0;
    }
    return 0;
}

/// The node that `stdout-path` names, by path or alias, options behind ":" left out; negative if there is none.
int Reader::stdout_node() const {
    const std::string_view path = stdout_path_.string();
    const std::string_view name = path.substr(0, path.find(':'));
    return name.empty() ? -1 : fdt_path_offset_namelen(tree_, name.data(), static_cast<int>(name.size()));
}

/// The line the tree chooses; otherwise the first.
SerialDescription Reader::serial_line() const {
    if (serial_count_ == 0) return {};
    const int chosen = stdout_node();
    const SerialCandidate* found = &serial_[0];
    for (const SerialCandidate& candidate : std::span(serial_).first(serial_count_)) {
        if (candidate.node == chosen) found = &candidate;
    }
    if (machine_.memory.touches(found->registers)) return {};
    return {found->kind, line(found->interrupts, 0), found->registers};
}

Reader::Done Reader::check() {
    if (machine_.memory.view().empty()) return refuse("the device tree names no memory");
    if (machine_.core_count == 0) return refuse("the device tree names no core");
    if (const Done done = reserve_spin_tables(); !done) return done;
    if (!has_controller_) return refuse("the device tree names no interrupt controller that is known here");
    const InterruptControllerDescription& controller = machine_.interrupt_controller;
    const bool v3 = controller.kind == InterruptControllerKind::gic_v3;
    constexpr uint64_t frame = 0x10000;
    if (controller.distributor.size < (v3 ? frame : page_bytes) ||
        controller.interface.size < (v3 ? 2 * frame : 2 * page_bytes))
        return refuse("the interrupt controller has too few registers", controller.distributor.base);
    for (const PhysRange pages : {controller.distributor, controller.interface}) {
        if (machine_.memory.touches(pages) || overlap(pages, machine_.serial.registers))
            return refuse("the interrupt controller overlaps with something else", pages.base);
    }
    if (overlap(controller.distributor, controller.interface))
        return refuse("the interrupt controller overlaps with itself", controller.distributor.base);
    machine_.timer_line = line(timer_interrupts_, timer_index_);
    machine_.hypervisor_timer_line = line(timer_interrupts_, hypervisor_timer_index_);
    if (machine_.timer_line == 0) return refuse("the device tree names no timer that is known here");
    return {};
}

}  // namespace

uint64_t tree_size(const void* header) {
    if (fdt_magic(header) != FDT_MAGIC) return 0;
    const uint64_t size = fdt_totalsize(header);
    return size >= tree_header_size && size <= maximum_tree_size ? size : 0;
}

uint64_t used_tree_size(const void* tree) {
    const uint64_t structure_end = uint64_t{fdt_off_dt_struct(tree)} + fdt_size_dt_struct(tree);
    const uint64_t strings_end = uint64_t{fdt_off_dt_strings(tree)} + fdt_size_dt_strings(tree);
    const auto reservations = static_cast<uint64_t>(fdt_num_mem_rsv(tree)) + 1;
    const uint64_t reservations_end = fdt_off_mem_rsvmap(tree) + reservations * sizeof(fdt_reserve_entry);
    return std::max({structure_end, strings_end, reservations_end});
}

std::expected<uint64_t, Refusal> timer_frequency(const MachineDescription& machine, uint64_t by_firmware) {
    constexpr uint64_t slowest = 1'000'000;
    constexpr uint64_t fastest = uint64_t{1} << 32;
    const uint64_t frequency = machine.timer_frequency != 0 ? machine.timer_frequency : by_firmware;
    if (frequency == 0) return refuse("neither the firmware nor the device tree tells the frequency of the timer");
    if (frequency < slowest || frequency >= fastest) return refuse("no timer has such a frequency", frequency);
    return frequency;
}

std::expected<MachineDescription, TreeRefusal> read_device_tree(std::span<const std::byte> tree) {
    const void* blob = tree.data();
    constexpr uint32_t layout = 17;
    if (tree.size() < tree_header_size || fdt_totalsize(blob) > tree.size() || fdt_check_header(blob) != 0 ||
        fdt_version(blob) < layout || fdt_last_comp_version(blob) > layout ||
        !is_aligned(fdt_off_dt_struct(blob), alignof(fdt32_t)) ||
        !is_aligned(fdt_off_mem_rsvmap(blob), alignof(fdt64_t))) {
        return std::unexpected(TreeRefusal{{"the device tree has a broken header"}, {}});
    }
    return Reader(blob).read();
}

}  // namespace selene::boot
