// SPDX-License-Identifier: BSD-2-Clause
// Making a crowd, and what its members execute.
#include "crowd.hpp"

#include <cstring>

#include <sel/message.hpp>

namespace test {

namespace {

using sel::abi::ObjectType;
using sel::abi::Right;
using sel::abi::RightsMask;

constexpr Right execute = Right::transfer;  // of a frame
constexpr uint64_t page_bits = 12;
constexpr uint64_t page_bytes = uint64_t{1} << page_bits;
constexpr uint64_t code_address = 0x20'0000;
constexpr uint64_t data_address = code_address + page_bytes;
constexpr uint64_t code_bytes = 128;
static_assert(data_address == 0x20'1000);  // the members say so

/// What a member executes: x0 is the endpoint, x1 the Reply, which it takes for its number, too. The system calls are
/// abi::SystemCall::receive and reply_receive.
[[gnu::naked, gnu::noinline]] void member() {
    asm volatile(
        "mov x19, x0\n\t"
        "mov x20, x1\n\t"
        "mov x21, #0x1000\n\t"
        "movk x21, #0x20, lsl #16\n\t"
        "stp x20, xzr, [x21]\n\t"
        "mov x1, xzr\n\t"
        "mov x10, x20\n\t"
        "svc #3\n"
        "0: ldp x2, x3, [x21]\n\t"
        "add x4, x3, #1\n\t"
        "str x4, [x21, #8]\n\t"
        "mov x0, x19\n\t"
        "mov x1, #2\n\t"
        "mov x10, x20\n\t"
        "svc #1\n\t"
        "b 0b");
}

sel::Result<void> map(sel::AddressSpace space, sel::CapTable table, sel::CapIndex frame, uint64_t address,
                      RightsMask rights) {
    SEL_TRY_VOID(space.map({.frames = table,
                            .first = frame.raw(),
                            .count = 1,
                            .address = address,
                            .rights = rights,
                            .kind = sel::abi::MemoryKind::normal}));
    return {};
}

/// Hangs tables in until pages can be mapped around an address. Where one is enough the second stays empty.
sel::Result<void> hang_tables(sel::AddressSpace space, sel::CapIndex tables, uint64_t address) {
    constexpr uint64_t leaf_level = 3;
    SEL_TRY(level, space.map_table(sel::PageTable(tables), address));
    if (level != leaf_level) {
        SEL_TRY_VOID(space.map_table(sel::PageTable(tables + 1), address));
    }
    return {};
}

}  // namespace

sel::Result<sel::CapIndex> Crowd::make_objects(ObjectType type, uint64_t size, uint64_t count) {
    const sel::CapIndex first = means_.first + used_slots_;
    used_slots_ += count;
    SEL_TRY_VOID(means_.memory.retype(
        {.type = type, .size = size, .count = count, .table = means_.table, .first = first.raw()}));
    return first;
}

sel::Result<void> Crowd::make_code(sel::CapIndex frame) {
    SEL_TRY(tables, make_objects(ObjectType::page_table, 0, 2));
    SEL_TRY_VOID(hang_tables(means_.space, tables, means_.scratch_address));
    SEL_TRY_VOID(map(means_.space, means_.table, frame, means_.scratch_address, Right::read | Right::write));
    std::memcpy(reinterpret_cast<void*>(means_.scratch_address), reinterpret_cast<const void*>(&member), code_bytes);
    SEL_TRY_VOID(sel::Frame(frame).maintain(
        {.operation = sel::abi::CacheOperation::make_executable, .offset = 0, .bytes = code_bytes}));
    SEL_TRY_VOID(means_.space.unmap({.frames = means_.table, .first = frame.raw(), .count = 1}));
    return {};
}

sel::Result<void> Crowd::make_member(uint64_t number, sel::CapIndex code) {
    const sel::AddressSpace space(spaces_ + number);
    SEL_TRY_VOID(hang_tables(space, tables_ + 2 * number, code_address));
    SEL_TRY_VOID(means_.table.map({.first = (codes_ + number).raw(),
                                   .source = means_.table,
                                   .source_first = code.raw(),
                                   .count = 1,
                                   .rights = Right::read | execute,
                                   .badge = 0}));
    SEL_TRY_VOID(map(space, means_.table, codes_ + number, code_address, Right::read | execute));
    SEL_TRY_VOID(map(space, means_.table, frames_ + number, data_address, Right::read | Right::write));
    const sel::Task task(tasks_ + number);
    SEL_TRY_VOID(task.install(sel::abi::TaskSlot::table, means_.table));
    SEL_TRY_VOID(task.install(sel::abi::TaskSlot::space, space));
    return start_member(number);
}

sel::Result<void> Crowd::start_member(uint64_t number) {
    const sel::Thread thread(threads_ + number);
    SEL_TRY_VOID(thread.bind_task(sel::Task(tasks_ + number)));
    SEL_TRY_VOID(thread.set_priority({.priority = means_.priority, .maximum = 0, .authority = means_.thread}));
    SEL_TRY_VOID(means_.time.bind(thread));
    SEL_TRY_VOID(thread.start({.pc = code_address,
                               .sp = 0,
                               .argument0 = (doors_ + number).raw(),
                               .argument1 = (replies_ + number).raw(),
                               .tls = 0,
                               .floating_point = sel::abi::FloatingPoint::refused}));
    return means_.time.unbind();
}

sel::Result<Crowd> Crowd::make(const CrowdMeans& means, uint64_t members) {
    Crowd crowd(means);
    SEL_TRY(doors, crowd.make_objects(ObjectType::endpoint, 0, members));
    SEL_TRY(code, crowd.make_objects(ObjectType::frame, page_bits, 1));
    SEL_TRY(spaces, crowd.make_objects(ObjectType::address_space, 0, members));
    SEL_TRY(tables, crowd.make_objects(ObjectType::page_table, 0, 2 * members));
    SEL_TRY(frames, crowd.make_objects(ObjectType::frame, page_bits, members));
    SEL_TRY(tasks, crowd.make_objects(ObjectType::task, 0, members));
    SEL_TRY(threads, crowd.make_objects(ObjectType::thread, 0, members));
    SEL_TRY(replies, crowd.make_objects(ObjectType::reply, 0, members));
    SEL_TRY_VOID(crowd.make_code(code));
    crowd.doors_ = doors;
    crowd.spaces_ = spaces;
    crowd.tables_ = tables;
    crowd.frames_ = frames;
    crowd.tasks_ = tasks;
    crowd.threads_ = threads;
    crowd.replies_ = replies;
    crowd.codes_ = means.first + crowd.used_slots_;
    crowd.used_slots_ += members;
    for (uint64_t number = 0; number < members; ++number) {
        SEL_TRY_VOID(crowd.make_member(number, code));
    }
    return crowd;
}

sel::Result<Visit> Crowd::visit(uint64_t number) const {
    SEL_TRY(answer, sel::Endpoint(doors_ + number).call(sel::Message(0)));
    return Visit{.member = answer.word(0) - replies_.raw(), .before = answer.word(1)};
}

sel::Result<void> Crowd::clear() const {
    SEL_TRY_VOID(
        means_.table.unmap({.first = means_.first.raw(), .count = used_slots_, .root = sel::abi::KeepRoot::self}));
    return {};
}

}  // namespace test
