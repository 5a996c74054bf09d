// SPDX-License-Identifier: BSD-2-Clause
// What is read from trees of real machines and from plain ones with a twist.
#include <catch2/catch_test_macros.hpp>

#include "tree_builder.hpp"

using namespace selene;
using namespace selene::boot;

namespace {

constexpr uint64_t mib = 1 << 20;

bool same(PhysRange a, PhysRange b) { return a.base == b.base && a.size == b.size; }

MachineDescription must_read(const Tree& tree) {
    const auto machine = read(tree);
    if (!machine) FAIL(machine.error().refusal.reason);
    return *machine;
}
MachineDescription must_read(const PlainMachine& machine) { return must_read(machine.tree()); }

}  // namespace

TEST_CASE("QEMU's virt with a GICv2") {
    const MachineDescription machine = must_read(stored_tree("virt_gic2.dtb"));
    REQUIRE(machine.memory.view().size() == 1);
    CHECK(same(machine.memory.view()[0], {0x4000'0000, 256 * mib}));
    CHECK(machine.reserved.view().empty());
    CHECK(machine.core_count == 4);
    CHECK(machine.cores[3].affinity == 3);
    CHECK(machine.cores[3].release_address == 0);
    CHECK(machine.power_conduit == PowerConduit::hvc);
    CHECK(machine.timer_line == 27);
    CHECK(machine.hypervisor_timer_line == 26);
    CHECK(machine.interrupt_controller.kind == InterruptControllerKind::gic_v2);
    CHECK(same(machine.interrupt_controller.distributor, {0x0800'0000, 0x1'0000}));
    CHECK(same(machine.interrupt_controller.interface, {0x0801'0000, 0x1'0000}));
    CHECK(machine.serial.kind == SerialKind::pl011);
    CHECK(machine.serial.line == 33);
    CHECK(same(machine.serial.registers, {0x0900'0000, 0x1000}));
}

TEST_CASE("QEMU's virt with a GICv3") {
    const MachineDescription machine = must_read(stored_tree("virt_gic3.dtb"));
    CHECK(machine.memory.bytes() == 8192 * mib);
    CHECK(machine.core_count == 1);
    CHECK(machine.interrupt_controller.kind == InterruptControllerKind::gic_v3);
    CHECK(same(machine.interrupt_controller.interface, {0x080a'0000, 0xf6'0000}));
}

TEST_CASE("QEMU's virt with EL2 is called by smc") {
    const MachineDescription machine = must_read(stored_tree("virt_el2.dtb"));
    CHECK(machine.power_conduit == PowerConduit::smc);
    CHECK(machine.core_count == 8);
}

TEST_CASE("QEMU's virt with two memory nodes that touch has one range") {
    const MachineDescription machine = must_read(stored_tree("virt_two_nodes.dtb"));
    CHECK(machine.memory.view().size() == 1);
    CHECK(machine.memory.bytes() == 1024 * mib);
}

TEST_CASE("cores beyond those the kernel can use are left alone") {
    CHECK(must_read(stored_tree("virt_twelve_cores.dtb")).core_count == BootDescription::maximum_cores);
}

TEST_CASE("a secure serial line is not chosen") {
    CHECK(must_read(stored_tree("virt_secure.dtb")).serial.registers.base == 0x0900'0000);
}

TEST_CASE("a Raspberry Pi 4 with the Linux kernel's tree, as QEMU starts it") {
    const MachineDescription machine = must_read(stored_tree("board_rpi4.dtb"));
    REQUIRE(machine.memory.view().size() == 1);
    CHECK(same(machine.memory.view()[0], {0, 960 * mib}));
    REQUIRE(!machine.reserved.view().empty());
    CHECK(same(machine.reserved.view()[0], {0, 0x1000}));
    REQUIRE(machine.core_count == 4);
    for (unsigned core = 0; core < 4; core++) {
        CHECK(machine.cores[core].start == CoreStart::spin_table);
        CHECK(machine.cores[core].release_address == 0xd8 + 8 * core);
    }
    CHECK(machine.power_conduit == PowerConduit::none);
    CHECK(same(machine.interrupt_controller.distributor, {0xff84'1000, 0x1000}));
    CHECK(same(machine.interrupt_controller.interface, {0xff84'2000, 0x2000}));
    CHECK(machine.serial.kind == SerialKind::mini_uart);
    CHECK(same(machine.serial.registers, {0xfe21'5000, 0x1000}));
}

TEST_CASE("an i.MX 8M Plus, whose serial line is unknown here") {
    const MachineDescription machine = must_read(stored_tree("board_imx8mp.dtb"));
    CHECK(machine.memory.bytes() == 6144 * mib);
    CHECK(machine.core_count == 4);
    CHECK(machine.power_conduit == PowerConduit::smc);
    CHECK(machine.interrupt_controller.kind == InterruptControllerKind::gic_v3);
    CHECK(same(machine.interrupt_controller.interface, {0x3888'0000, 0xc'0000}));
    CHECK(machine.serial.kind == SerialKind::none);
}

TEST_CASE("memory of three nodes") {
    const MachineDescription machine = must_read(stored_tree("virt_three_nodes.dtb"));
    CHECK(machine.memory.view().size() == 1);
    CHECK(machine.memory.bytes() == 768 * mib);
    CHECK(machine.core_count == 3);
}

TEST_CASE("a Raspberry Pi 4") {
    const MachineDescription machine = must_read(stored_tree("raspberry_pi_4.dtb"));
    REQUIRE(machine.memory.view().size() == 3);
    CHECK(same(machine.memory.view()[2], {0x1'0000'0000, 2048 * mib}));
    REQUIRE(machine.reserved.view().size() == 2);
    CHECK(same(machine.reserved.view()[0], {0, 0x1000}));
    CHECK(same(machine.reserved.view()[1], {0x3ef6'4000, 0x1000}));
    CHECK(same(machine.initrd, {0x2eff'e000, 0x2000}));
    CHECK(machine.core_count == 4);
    CHECK(machine.cores[2].release_address == 0xe8);
    CHECK(machine.power_conduit == PowerConduit::none);
    CHECK(machine.interrupt_controller.kind == InterruptControllerKind::gic_v2);
    CHECK(same(machine.interrupt_controller.distributor, {0xff84'1000, 0x1000}));
    CHECK(same(machine.interrupt_controller.interface, {0xff84'2000, 0x2000}));
    CHECK(machine.serial.kind == SerialKind::mini_uart);
    CHECK(same(machine.serial.registers, {0xfe21'5000, 0x1000}));
    CHECK(machine.serial.line == 125);
}

TEST_CASE("memory counts by whole pages, ordered, joined where it touches or overlaps") {
    const MachineDescription machine =
        must_read(PlainMachine{.memory = {0, 0x8000'0800, 0, 0x1'0000,   // half a page lost at each end
                                          0, 0x4000'0000, 0, 0x10'0000,  //
                                          0, 0x4008'0000, 0, 0x10'0000}});
    REQUIRE(machine.memory.view().size() == 2);
    CHECK(same(machine.memory.view()[0], {0x4000'0000, 0x18'0000}));
    CHECK(same(machine.memory.view()[1], {0x8000'1000, 0xf000}));
}

TEST_CASE("memory beyond 39 bits is left alone") {
    const MachineDescription machine =
        must_read(PlainMachine{.memory = {0x7f, 0xf000'0000, 1, 0, 0xffff'ffff, 0xffff'0000, 0, 0xffff}});
    REQUIRE(machine.memory.view().size() == 1);
    CHECK(same(machine.memory.view()[0], {0x7f'f000'0000, 0x1000'0000}));
}

TEST_CASE("reservations of both kinds are joined, and grow to whole pages") {
    const MachineDescription machine = must_read(
        PlainMachine{.reserved_by_block = {{0x4000'0800, 0x1000}}, .reserved_by_node = {0, 0x4000'2000, 0, 0x10}});
    REQUIRE(machine.reserved.view().size() == 1);
    CHECK(same(machine.reserved.view()[0], {0x4000'0000, 0x3000}));
}

TEST_CASE("an initial RAM disk has addresses of one or two cells") {
    CHECK(must_read(PlainMachine{.initrd_start = {0x4800'0000}, .initrd_end = {0x4800'1234}}).initrd.size == 0x1234);
    const MachineDescription machine =
        must_read(PlainMachine{.initrd_start = {1, 0x4800'0000}, .initrd_end = {1, 0x4800'1234}});
    CHECK(same(machine.initrd, {0x1'4800'0000, 0x1234}));
}

TEST_CASE("seeds are found where they stand in the tree, so that they can be erased") {
    const Tree tree = PlainMachine{.rng_seed = {0x01020304, 0x05060708, 0x090a0b0c}, .kaslr_seed = {1, 2}}.tree();
    const auto bytes = std::as_bytes(std::span(tree));
    const MachineDescription machine = must_read(tree);
    REQUIRE((machine.seeds[0].size() == 12 && machine.seeds[1].size() == 8));
    for (const auto seed : machine.seeds) {
        CHECK((seed.data() >= bytes.data() && seed.data() + seed.size() <= bytes.data() + bytes.size()));
    }
    CHECK((machine.seeds[0].front() == std::byte{1} && machine.seeds[0].back() == std::byte{0x0c}));
    for (const auto seed : must_read(PlainMachine{}).seeds) CHECK(seed.empty());
}

TEST_CASE("cores that wait at an address say so, and nobody else gets the page") {
    const MachineDescription machine = must_read(PlainMachine{.cores = {0, 1}, .core_method = "spin-table"});
    CHECK(machine.cores[1].start == CoreStart::spin_table);
    CHECK(machine.cores[1].release_address == 0x4000'00e0);
    REQUIRE(machine.reserved.view().size() == 1);
    CHECK(same(machine.reserved.view()[0], {0x4000'0000, page_bytes}));
    CHECK(must_read(PlainMachine{}).cores[1].start == CoreStart::firmware);
    CHECK(must_read(PlainMachine{}).reserved.view().empty());
}

TEST_CASE("cores that wait in a way that is unknown are not started") {
    const MachineDescription machine = must_read(PlainMachine{.core_method = "acme,smoke-signals"});
    CHECK(machine.core_count == 2);
    CHECK(machine.cores[1].start == CoreStart::unknown);
    CHECK(must_read(PlainMachine{.core_method = "spin-table", .core_release = {}}).cores[1].start ==
          CoreStart::unknown);
}

TEST_CASE("firmware without the standard's function numbers cannot switch off") {
    CHECK(must_read(PlainMachine{.power = {"arm,psci"}}).power_conduit == PowerConduit::none);
    CHECK(must_read(PlainMachine{.conduit = "carrier pigeon"}).power_conduit == PowerConduit::none);
}

TEST_CASE("the timer's interrupts go by name where they have one") {
    const MachineDescription machine =
        must_read(PlainMachine{.timer_interrupts = {1, 14, 4, 1, 9, 4}, .timer_names = {"phys", "virt"}});
    CHECK(machine.timer_line == 25);
    CHECK(machine.hypervisor_timer_line == 0);
    const MachineDescription hypervised = must_read(
        PlainMachine{.timer_interrupts = {1, 14, 4, 1, 9, 4, 1, 8, 4}, .timer_names = {"phys", "hyp-phys", "virt"}});
    CHECK(hypervised.timer_line == 24);
    CHECK(hypervised.hypervisor_timer_line == 25);
}

TEST_CASE("interrupts of four cells") {
    const MachineDescription machine = must_read(PlainMachine{
        .controller_cells = {4},
        .timer_interrupts = {1, 13, 4, 0, 1, 14, 4, 0, 1, 11, 4, 0},
        .serial_interrupts = {0, 1, 4, 0},
    });
    CHECK(machine.timer_line == 27);
    CHECK(machine.serial.line == 33);
}

TEST_CASE("the serial line is found by path, by alias, and without being named") {
    for (const char* path : {"/bus/uart@1000000", "/bus/uart", "console", "console:9600", "", "/nowhere", "nobody"}) {
        const MachineDescription machine = must_read(PlainMachine{.stdout_path = path});
        CHECK(machine.serial.kind == SerialKind::pl011);
        CHECK(machine.serial.registers.base == 0x0900'0000);
    }
}

TEST_CASE("a serial line that cannot be used is none, and no reason to refuse") {
    const auto kind = [](const PlainMachine& machine) { return must_read(machine).serial.kind; };
    CHECK(kind({.bus_ranges = {}}) == SerialKind::none);
    CHECK(kind({.bus_ranges = {0x200'0000, 0, 0x0900'0000, 0x10'0000}}) == SerialKind::none);
    CHECK(kind({.bus_ranges = {0x100'0000, 0, 0x0900'0000, 0x800}}) == SerialKind::none);
    CHECK(kind({.bus_ranges = {0x100'0000, 0x80, 0, 0x10'0000}}) == SerialKind::none);
    CHECK(kind({.bus_ranges = {0x100'0000, 0xffff'ffff, 0xffff'0000, 0x10'0000}}) == SerialKind::none);
    CHECK(kind({.bus_ranges = {0x100'0000, 0, 0x4100'0000, 0x10'0000}}) == SerialKind::none);  // memory
    CHECK(kind({.serial = "a lamp"}) == SerialKind::none);
    CHECK(kind({.serial_status = "disabled"}) == SerialKind::none);
    CHECK(kind({.serial_registers = {}}) == SerialKind::none);
    CHECK(kind({.serial_registers = {0x100'0000, 0}}) == SerialKind::none);
}

TEST_CASE("a bus of three address cells, as PCI's, has nothing for us") {
    CHECK(must_read(PlainMachine{.bus_cells = {3, 2}, .serial_registers = {0, 0, 0x100'0000, 0, 0x1000}}).serial.kind ==
          SerialKind::none);
}

TEST_CASE("a serial line may be without interrupt") {
    CHECK(must_read(PlainMachine{.serial_interrupts = {}}).serial.line == 0);
    CHECK(must_read(PlainMachine{.serial_interrupts = {0, 5000, 4}}).serial.line == 0);
    CHECK(must_read(PlainMachine{.serial_interrupts = {7, 1, 4}}).serial.line == 0);
}

TEST_CASE("the size of a tree, and how much of it is used") {
    const Tree tree = stored_tree("virt_gic2.dtb");
    CHECK(tree_size(tree.data()) == tree.size() * sizeof(uint64_t));
    const uint64_t used = used_tree_size(tree.data());
    CHECK(used < 16384);
    // What was cut off was not needed.
    Tree cut(tree.begin(), tree.begin() + static_cast<ptrdiff_t>((used + 7) / 8));
    const auto big_endian = __builtin_bswap32(static_cast<uint32_t>(used));
    __builtin_memcpy(reinterpret_cast<char*>(cut.data()) + 4, &big_endian, 4);
    CHECK(must_read(cut).core_count == 4);
}

TEST_CASE("the timer's frequency is the tree's, if it has one, otherwise the firmware's") {
    constexpr uint64_t by_firmware = 62'500'000;
    const auto frequency = [](const Cells& cells, uint64_t in_register) {
        return timer_frequency(must_read(PlainMachine{.timer_frequency = cells}), in_register);
    };
    CHECK(frequency({}, by_firmware) == by_firmware);
    CHECK(frequency({54'000'000}, by_firmware) == 54'000'000);
    CHECK(frequency({54'000'000}, 0) == 54'000'000);
    CHECK(frequency({0, 54'000'000}, 1) == 54'000'000);
    CHECK(frequency({0}, by_firmware) == by_firmware);
    CHECK(frequency({1, 2, 3}, by_firmware) == by_firmware);
    CHECK(!frequency({}, 0));
    CHECK(!frequency({}, 999'999));
    CHECK(!frequency({32'768}, by_firmware));
    CHECK(!frequency({1, 0}, by_firmware));
}
