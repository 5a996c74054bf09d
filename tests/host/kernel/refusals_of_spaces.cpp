// SPDX-License-Identifier: BSD-2-Clause
// How methods of address spaces and frames are refused.
#include "object/page_table.hpp"
#include "refusals.hpp"

namespace selene::test {

namespace {

using enum ErrorCode;
using Type = ObjectType;
using abi::AddressSpaceMethod;
using abi::FrameMethod;

constexpr uint64_t own_space = static_cast<uint64_t>(BootSlot::space);
constexpr uint64_t place = 0x40'0000'0000;
constexpr uint64_t read = static_cast<uint64_t>(Right::read);
constexpr uint64_t read_write = read | static_cast<uint64_t>(Right::write);
constexpr uint64_t executable = read | static_cast<uint64_t>(Right::transfer);
constexpr uint64_t device = static_cast<uint64_t>(abi::MemoryKind::device);
constexpr uint64_t page_bits = 12;

Registers map(uint64_t frame, uint64_t address, uint64_t rights = read, uint64_t kind = 0, uint64_t space = own_space) {
    return invoke(space, AddressSpaceMethod::map, {own_slot, frame, 1, address, rights, kind});
}
Registers unmap(uint64_t frame) { return invoke(own_space, AddressSpaceMethod::unmap, {own_slot, frame, 1}); }
Registers protect(uint64_t frame, uint64_t rights, uint64_t space = own_space) {
    return invoke(space, AddressSpaceMethod::protect, {own_slot, frame, 1, rights});
}
Registers map_table(uint64_t table, uint64_t address) {
    return invoke(own_space, AddressSpaceMethod::map_table, {table, address});
}
uint64_t hang(Scene& s, uint64_t address) {
    const uint64_t table = s.make(Type::page_table);
    REQUIRE(!map_table(table, address).tag.error());
    return table;
}
/// A capability to the own space without the right to map what can be both written and executed.
uint64_t strict_space(Scene& s) {
    return s.world.derive(own_space, abi::RightsMask(all_rights & ~static_cast<uint64_t>(Right::write_execute)));
}

constexpr MethodRefusal refusals[] = {
    // --- map_table ----------------------------------------------------------------------------------------------
    {Type::address_space, AddressSpaceMethod::map_table, already_mapped,
     [](Scene& s) {
         s.mapped_frame(place);
         s.refuse([table = s.make(Type::page_table)] { return map_table(table, place); });
     }},
    {Type::address_space, AddressSpaceMethod::map_table, already_bound,
     [](Scene& s) { s.refuse([table = hang(s, place)] { return map_table(table, place + (uint64_t{1} << 30)); }); }},
    {Type::address_space, AddressSpaceMethod::map_table, misaligned,
     [](Scene& s) { s.refuse([table = s.make(Type::page_table)] { return map_table(table, place + page_bytes); }); }},
    {Type::address_space, AddressSpaceMethod::map_table, closing,
     [](Scene& s) {
         const uint64_t upper = hang(s, place);
         const uint64_t table = s.make(Type::page_table);
         s.refuse_while_unmapping(upper, [=] { return map_table(table, place); });
     }},

    // --- map ----------------------------------------------------------------------------------------------------
    {Type::address_space, AddressSpaceMethod::map, empty_slot,
     [](Scene& s) { s.refuse([slot = s.empty()] { return map(slot, place); }); }},
    {Type::address_space, AddressSpaceMethod::map, index_out_of_range,
     [](Scene& s) { s.refuse([beyond = s.world.table().count()] { return map(beyond, place); }); }},
    {Type::address_space, AddressSpaceMethod::map, already_mapped,
     [](Scene& s) {
         s.mapped_frame(place);
         s.refuse([frame = s.make(Type::frame, page_bits)] { return map(frame, place); });
     }},
    {Type::address_space, AddressSpaceMethod::map, missing_table,
     [](Scene& s) { s.refuse([frame = s.make(Type::frame, page_bits)] { return map(frame, place); }); }},
    {Type::address_space, AddressSpaceMethod::map, write_execute,
     [](Scene& s) {
         const uint64_t frame = s.make(Type::frame, page_bits);
         s.refuse([=, space = strict_space(s)] { return map(frame, place, read_write | executable, 0, space); });
     }},
    {Type::address_space, AddressSpaceMethod::map, misaligned,
     [](Scene& s) { s.refuse([frame = s.make(Type::frame, page_bits)] { return map(frame, place + 1); }); }},
    {Type::address_space, AddressSpaceMethod::map, already_bound,
     [](Scene& s) { s.refuse([frame = s.mapped_frame(place)] { return map(frame, place + page_bytes); }); }},
    {Type::address_space, AddressSpaceMethod::map, missing_right,
     [](Scene& s) {
         const uint64_t frame = s.world.derive(s.make(Type::frame, page_bits), Right::read);
         s.refuse([=] { return map(frame, place, read_write); });
     }},
    {Type::address_space, AddressSpaceMethod::map, device_memory,
     [](Scene& s) { s.refuse([frame = s.device_frame()] { return map(frame, place); }); }},
    {Type::address_space, AddressSpaceMethod::map, closing,
     [](Scene& s) {
         const Actor other = s.world.spawn();
         const uint64_t frame = s.make(Type::frame, page_bits);
         s.refuse_while_unmapping(other.space, [=] { return map(frame, place, read, 0, other.space); });
     }},

    // --- unmap, protect -----------------------------------------------------------------------------------------
    {Type::address_space, AddressSpaceMethod::unmap, empty_slot,
     [](Scene& s) { s.refuse([slot = s.empty()] { return unmap(slot); }); }},
    {Type::address_space, AddressSpaceMethod::unmap, index_out_of_range,
     [](Scene& s) { s.refuse([beyond = s.world.table().count()] { return unmap(beyond); }); }},
    {Type::address_space, AddressSpaceMethod::protect, empty_slot,
     [](Scene& s) { s.refuse([slot = s.empty()] { return protect(slot, read); }); }},
    {Type::address_space, AddressSpaceMethod::protect, index_out_of_range,
     [](Scene& s) { s.refuse([beyond = s.world.table().count()] { return protect(beyond, read); }); }},
    {Type::address_space, AddressSpaceMethod::protect, not_bound,
     [](Scene& s) { s.refuse([frame = s.make(Type::frame, page_bits)] { return protect(frame, read); }); }},
    {Type::address_space, AddressSpaceMethod::protect, write_execute,
     [](Scene& s) {
         const uint64_t frame = s.mapped_frame(place);
         s.refuse([=, space = strict_space(s)] { return protect(frame, read_write | executable, space); });
     }},
    {Type::address_space, AddressSpaceMethod::protect, missing_right,
     [](Scene& s) {
         hang(s, place);
         hang(s, place);
         const uint64_t frame = s.world.derive(s.make(Type::frame, page_bits), Right::read);
         REQUIRE(!map(frame, place).tag.error());
         s.refuse([=] { return protect(frame, read_write); });
     }},
    {Type::address_space, AddressSpaceMethod::protect, device_memory,
     [](Scene& s) {
         hang(s, place);
         hang(s, place);
         const uint64_t frame = s.device_frame();
         REQUIRE(!map(frame, place, read, device).tag.error());
         s.refuse([=] { return protect(frame, executable); });
     }},

    // --- Frames -------------------------------------------------------------------------------------------------
    {Type::frame, FrameMethod::maintain, device_memory,
     [](Scene& s) {
         s.refuse([frame = s.device_frame()] { return invoke(frame, FrameMethod::maintain, {0, 0, 1}); });
     }},
};

}  // namespace

std::span<const MethodRefusal> refusals_of_spaces() { return refusals; }

}  // namespace selene::test
