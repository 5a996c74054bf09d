// SPDX-License-Identifier: BSD-2-Clause
// What a measuring program holds, from its environment.
#include "holdings.hpp"

#include <sel/address_allocator.hpp>
#include <sel/environment.hpp>
#include <sel/slot_allocator.hpp>

namespace bench {

sel::Result<Holdings> Holdings::from_environment() {
    constexpr uint64_t leaf_table_bytes = uint64_t{2} << 20;
    const sel::Environment& given = sel::environment();
    SEL_TRY(table, given.capability<sel::CapTable>("table"));
    SEL_TRY(space, given.capability<sel::AddressSpace>("space"));
    SEL_TRY(thread, given.capability<sel::Thread>("thread"));
    SEL_TRY(memory, given.capability<sel::Untyped>("memory"));
    SEL_TRY(server, given.endpoint("server"));
    SEL_TRY(empty, sel::own_slots().allocate(empty_slots));
    SEL_TRY(free_address, sel::own_addresses().allocate(leaf_table_bytes, leaf_table_bytes));
    return Holdings{.table = table,
                    .space = space,
                    .thread = thread,
                    .memory = memory,
                    .server = server,
                    .empty = empty,
                    .free_address = free_address};
}

}  // namespace bench
