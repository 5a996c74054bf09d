// SPDX-License-Identifier: BSD-2-Clause
// Finds the serial line's page in the device memory that is left over, makes a frame of it, and speaks.
#include <string_view>

#include <sel/address_allocator.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/handover.hpp>
#include <sel/slot_allocator.hpp>
#include <sel/untyped_allocator.hpp>

#include "../../../../userland/drivers/serial/pl011.hpp"

namespace {

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t pl011_of_virt = 0x900'0000;  // the first UART of QEMU's machine `virt`

/// Maps the first page of a piece of device memory.
sel::Result<std::span<std::byte>> map(const sel::HandedOver& piece, sel::CapTable table,
                                      sel::UntypedAllocator& memory) {
    constexpr uint64_t large_page = uint64_t{1} << 21;
    SEL_TRY(space, sel::environment().capability<sel::AddressSpace>("space"));
    SEL_TRY(address, sel::own_addresses().allocate(large_page, large_page));
    for (uint64_t level = 0; level != 3;) {
        SEL_TRY(made, memory.allocate({sel::abi::ObjectType::page_table}));
        SEL_TRY(hung, space.map_table(made.as<sel::PageTable>(), address));
        level = hung;
    }
    SEL_TRY(slot, sel::own_slots().allocate());
    SEL_TRY_VOID(piece.untyped.retype(
        {.type = sel::abi::ObjectType::frame, .size = 12, .count = 1, .table = table, .first = slot.raw()}));
    SEL_TRY_VOID(space.map({.frames = table,
                            .first = slot.raw(),
                            .count = 1,
                            .address = address,
                            .rights = sel::abi::RightsMask(sel::abi::Right::read) | sel::abi::Right::write,
                            .kind = sel::abi::MemoryKind::device}));
    return std::span(reinterpret_cast<std::byte*>(address), page_bytes);
}

}  // namespace

int main() {
    const auto table = sel::or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the own table");
    const auto pieces = sel::or_abort(sel::take_handed_over("ram", table), "taking it over");
    sel::UntypedAllocator memory(table, sel::own_slots());
    const sel::HandedOver* line = nullptr;
    for (const sel::HandedOver& piece : pieces) {
        if (!piece.device) (void)memory.add(piece.untyped);
        if (piece.device && piece.physical_address == pl011_of_virt && piece.bytes == page_bytes) line = &piece;
    }
    if (line == nullptr) return 1;
    const Pl011 uart(sel::or_abort(map(*line, table, memory), "mapping it"));
    for (const char byte : std::string_view("the line was handed over\nexit 0\n")) uart.put(byte);
    uart.drain();
    (void)sel::or_abort(sel::environment().capability<sel::PowerControl>("power"), "finding power control").off();
}
