// SPDX-License-Identifier: BSD-2-Clause
// What a measuring program holds, from its environment.
#include "holdings.hpp"

#include <sel/address_allocator.hpp>
#include <sel/environment.hpp>
#include <sel/slot_allocator.hpp>

namespace bench {

sel::Result<Holdings> Holdings::from_environment() {
    const sel::Environment& given = sel::environment();
    SEL_TRY(table, given.capability<sel::CapTable>("table"));
    SEL_TRY(space, given.capability<sel::AddressSpace>("space"));
    SEL_TRY(thread, given.capability<sel::Thread>("thread"));
    SEL_TRY(memory, given.capability<sel::Untyped>("memory"));
    SEL_TRY(server, given.endpoint("server"));
    SEL_TRY(idler, given.capability<sel::Thread>("idler"));
    SEL_TRY(own_bell, given.notification("own_bell"));
    SEL_TRY(high_bell, given.notification("high_bell"));
    SEL_TRY(low_bell, given.notification("low_bell"));
    SEL_TRY(waker, given.capability<sel::Thread>("waker"));
    SEL_TRY(equal, given.capability<sel::Thread>("equal"));
    SEL_TRY(faults, given.endpoint("faults"));
    SEL_TRY(fault_reply, given.reply("fault_reply"));
    SEL_TRY(empty, sel::own_slots().allocate(empty_slots));
    SEL_TRY(free_address, sel::own_addresses().allocate(leaf_table_bytes, leaf_table_bytes));
    return Holdings{.table = table,
                    .space = space,
                    .thread = thread,
                    .memory = memory,
                    .server = server,
                    .idler = idler,
                    .own_bell = own_bell,
                    .high_bell = high_bell,
                    .low_bell = low_bell,
                    .waker = waker,
                    .equal = equal,
                    .faults = faults,
                    .fault_reply = fault_reply,
                    .empty = empty,
                    .free_address = free_address};
}

sel::Result<uint64_t> Holdings::make(const Objects& objects, sel::CapIndex first) const {
    return memory.retype(
        {.type = objects.type, .size = objects.size, .count = objects.count, .table = table, .first = first.raw()});
}

sel::Result<uint64_t> Holdings::derive(sel::CapIndex child, sel::CapIndex parent, uint64_t badge) const {
    return table.map({.first = child.raw(),
                      .source = table,
                      .source_first = parent.raw(),
                      .count = 1,
                      .rights = abi::Right::write,
                      .badge = badge});
}

sel::Result<uint64_t> Holdings::clear_slots(uint64_t count) const {
    return table.unmap({.first = empty.raw(), .count = count, .root = abi::KeepRoot::self});
}

}  // namespace bench
