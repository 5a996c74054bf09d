// SPDX-License-Identifier: BSD-2-Clause
// How methods of untyped memory, tables and tasks are refused.
#include "refusals.hpp"

namespace selene::test {

namespace {

using enum ErrorCode;
using Type = ObjectType;
using abi::CapTableMethod;
using abi::TaskMethod;
using abi::UntypedMethod;

constexpr uint64_t number(Type type) { return static_cast<uint64_t>(type); }
constexpr uint64_t page_bits = 12;

Registers retype(uint64_t self, Type type, uint64_t size, uint64_t count, uint64_t first) {
    return invoke(self, UntypedMethod::retype, {number(type), size, count, own_slot, first});
}
Registers map(uint64_t first, uint64_t source, uint64_t badge = 0) {
    return invoke(own_slot, CapTableMethod::map, {first, own_slot, source, 1, all_rights, badge});
}
Registers grant(uint64_t first, uint64_t source) {
    return invoke(own_slot, CapTableMethod::grant, {first, own_slot, source, 1});
}
Registers install(uint64_t task, abi::TaskSlot where, uint64_t capability) {
    return invoke(task, TaskMethod::install, {static_cast<uint64_t>(where), capability});
}

constexpr MethodRefusal refusals[] = {
    // --- Untyped ------------------------------------------------------------------------------------------------
    {Type::untyped, UntypedMethod::retype, occupied_slot,
     [](Scene& s) {
         const uint64_t untyped = s.make(Type::untyped, 1);
         s.refuse([=] { return retype(untyped, Type::reply, 0, 1, untyped); });
     }},
    {Type::untyped, UntypedMethod::retype, index_out_of_range,
     [](Scene& s) {
         const uint64_t untyped = s.make(Type::untyped, 1);
         const uint64_t beyond = s.world.table().count();
         s.refuse([=] { return retype(untyped, Type::reply, 0, 1, beyond); });
     }},
    {Type::untyped, UntypedMethod::retype, out_of_memory,
     [](Scene& s) {
         const uint64_t untyped = s.make(Type::untyped, 1);
         const uint64_t to = s.empty();
         s.refuse([=] { return retype(untyped, Type::frame, page_bits, 2, to); });
     }},
    {Type::untyped, UntypedMethod::retype, device_memory,
     [](Scene& s) {
         const uint64_t to = s.empty();
         s.refuse([&, to] { return retype(s.device_untyped(), Type::endpoint, 0, 1, to); });
     }},
    {Type::untyped, UntypedMethod::retype, depth_exceeded,
     [](Scene& s) {
         const uint64_t untyped = s.deepest(s.make(Type::untyped, 1));
         const uint64_t to = s.empty();
         s.refuse([=] { return retype(untyped, Type::reply, 0, 1, to); });
     }},
    {Type::untyped, UntypedMethod::retype, closing,
     [](Scene& s) {
         const uint64_t untyped = s.make(Type::untyped, 4);
         const uint64_t children = s.world.take_slots(40);
         REQUIRE(!retype(untyped, Type::reply, 0, 40, children).tag.error());
         const uint64_t to = s.empty();
         s.refuse_while_unmapping(untyped, [=] { return retype(untyped, Type::reply, 0, 1, to); });
     }},

    // --- Tables -------------------------------------------------------------------------------------------------
    {Type::cap_table, CapTableMethod::inspect, index_out_of_range,
     [](Scene& s) {
         s.refuse([end = s.world.table().count()] { return invoke(own_slot, CapTableMethod::inspect, {end}); });
     }},
    {Type::cap_table, CapTableMethod::map, empty_slot,
     [](Scene& s) { s.refuse([from = s.empty(), to = s.empty()] { return map(to, from); }); }},
    {Type::cap_table, CapTableMethod::map, occupied_slot,
     [](Scene& s) { s.refuse([from = s.make(Type::reply)] { return map(from, from); }); }},
    {Type::cap_table, CapTableMethod::map, index_out_of_range,
     [](Scene& s) {
         s.refuse([from = s.make(Type::reply), beyond = s.world.table().count()] { return map(beyond, from); });
     }},
    {Type::cap_table, CapTableMethod::map, closing,
     [](Scene& s) {
         const uint64_t endpoint = s.make(Type::endpoint);
         for (unsigned i = 0; i < 40; ++i) s.world.derive(endpoint, every_right);
         s.refuse_while_unmapping(endpoint, [=, to = s.empty()] { return map(to, endpoint); });
     }},
    {Type::cap_table, CapTableMethod::map, depth_exceeded,
     [](Scene& s) {
         const uint64_t deep = s.deepest(s.make(Type::endpoint));
         s.refuse([=, to = s.empty()] { return map(to, deep); });
     }},
    {Type::cap_table, CapTableMethod::map, badge_set,
     [](Scene& s) {
         const uint64_t badged = s.world.derive(s.make(Type::endpoint), every_right, 5);
         s.refuse([=, to = s.empty()] { return map(to, badged, 6); });
     }},
    {Type::cap_table, CapTableMethod::map, has_children,
     [](Scene& s) {
         const uint64_t untyped = s.make(Type::untyped, 1);
         REQUIRE(!retype(untyped, Type::reply, 0, 1, s.empty()).tag.error());
         s.refuse([=, to = s.empty()] { return map(to, untyped); });
     }},
    {Type::cap_table, CapTableMethod::grant, empty_slot,
     [](Scene& s) { s.refuse([from = s.empty(), to = s.empty()] { return grant(to, from); }); }},
    {Type::cap_table, CapTableMethod::grant, occupied_slot,
     [](Scene& s) { s.refuse([from = s.make(Type::reply)] { return grant(own_slot, from); }); }},
    {Type::cap_table, CapTableMethod::grant, index_out_of_range,
     [](Scene& s) { s.refuse([to = s.empty(), beyond = s.world.table().count()] { return grant(to, beyond); }); }},
    {Type::cap_table, CapTableMethod::grant, closing,
     [](Scene& s) {
         const uint64_t endpoint = s.make(Type::endpoint);
         for (unsigned i = 0; i < 40; ++i) s.world.derive(endpoint, every_right);
         s.refuse_while_unmapping(endpoint, [=, to = s.empty()] { return grant(to, endpoint); });
     }},
    {Type::cap_table, CapTableMethod::unmap, index_out_of_range,
     [](Scene& s) {
         s.refuse(
             [beyond = s.world.table().count()] { return invoke(own_slot, CapTableMethod::unmap, {beyond, 1, 1}); });
     }},
    {Type::cap_table, CapTableMethod::cancel_sends, index_out_of_range,
     [](Scene& s) {
         s.refuse([beyond = s.world.table().count()] {
             return invoke(own_slot, CapTableMethod::cancel_sends, {beyond, 1});
         });
     }},
    {Type::cap_table, CapTableMethod::cancel_sends, empty_slot,
     [](Scene& s) {
         s.refuse([slot = s.empty()] { return invoke(own_slot, CapTableMethod::cancel_sends, {slot, 1}); });
     }},
    {Type::cap_table, CapTableMethod::cancel_sends, wrong_type,
     [](Scene& s) {
         s.refuse([slot = s.make(Type::reply)] { return invoke(own_slot, CapTableMethod::cancel_sends, {slot, 1}); });
     }},
    {Type::cap_table, CapTableMethod::cancel_sends, missing_right,
     [](Scene& s) {
         const uint64_t deaf = s.world.derive(s.make(Type::endpoint), abi::RightsMask(Right::write));
         s.refuse([=] { return invoke(own_slot, CapTableMethod::cancel_sends, {deaf, 1}); });
     }},

    // --- Tasks --------------------------------------------------------------------------------------------------
    {Type::task, TaskMethod::install, occupied_slot,
     [](Scene& s) {
         s.refuse([task = s.world.spawn().task] { return install(task, abi::TaskSlot::table, own_slot); });
     }},
    {Type::task, TaskMethod::install, wrong_type,
     [](Scene& s) { s.refuse([task = s.make(Type::task)] { return install(task, abi::TaskSlot::space, own_slot); }); }},
    {Type::task, TaskMethod::install, missing_right,
     [](Scene& s) {
         const uint64_t weak = s.world.derive(s.make(Type::endpoint), Right::read);
         s.refuse([=, task = s.make(Type::task)] { return install(task, abi::TaskSlot::fault_endpoint, weak); });
     }},
    {Type::task, TaskMethod::install, closing,
     [](Scene& s) {
         const uint64_t endpoint = s.make(Type::endpoint);
         const uint64_t task = s.make(Type::task);
         for (unsigned i = 0; i < 40; ++i) s.world.derive(endpoint, every_right);
         s.refuse_while_unmapping(endpoint, [=] { return install(task, abi::TaskSlot::fault_endpoint, endpoint); });
     }},
    {Type::task, TaskMethod::install, depth_exceeded,
     [](Scene& s) {
         const uint64_t deep = s.deepest(s.make(Type::endpoint));
         s.refuse([=, task = s.make(Type::task)] { return install(task, abi::TaskSlot::fault_endpoint, deep); });
     }},
    {Type::task, TaskMethod::remove, empty_slot,
     [](Scene& s) { s.refuse([task = s.make(Type::task)] { return invoke(task, TaskMethod::remove, {0}); }); }},
};

}  // namespace

std::span<const MethodRefusal> refusals_of_capabilities() { return refusals; }

}  // namespace selene::test
