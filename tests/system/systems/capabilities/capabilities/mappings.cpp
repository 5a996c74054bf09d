// SPDX-License-Identifier: BSD-2-Clause
// Mapping frames: what is refused, what a mapping allows, and when it ends.

#include "parts.hpp"

namespace capabilities {

using sel::CapIndex;
using sel::abi::ErrorCode;
using sel::abi::FaultKind;
using sel::abi::KeepRoot;
using sel::abi::MemoryKind;
using sel::abi::ObjectType;
using sel::abi::Right;
using sel::abi::RightsMask;
using test::check;
using test::refuses;
using test::Stage;
using test::succeeds;

namespace {

constexpr auto read_write = RightsMask(Right::read) | Right::write;
constexpr auto execute = Right::transfer;

/// What a thread may do with memory, tried out by threads that fault if they may not.
class Probe {
public:
    explicit Probe(Stage& stage)
        : stage_(stage),
          faults_(stage.make<sel::Endpoint>()),
          reply_(stage.make<sel::Reply>()),
          task_(stage.make_task(faults_)) {}

    [[nodiscard]] bool reads(uint64_t address) {
        return tries(address, 0, [address] { (void)*reinterpret_cast<volatile uint64_t*>(address); });
    }
    [[nodiscard]] bool writes(uint64_t address) {
        return tries(address, 1, [address] { *reinterpret_cast<volatile uint64_t*>(address) = 1; });
    }

private:
    template <typename Try>
    bool tries(uint64_t address, uint64_t access, Try attempt) {
        constexpr uint8_t above = 110;
        const auto actor = stage_.start({.priority = above, .task = task_}, attempt);
        const bool done = stage_.has_ended(actor);
        const auto fault = faults_.try_receive(reply_);  // its own one, or that of its end
        check(fault && fault->arrival == sel::Arrival::fault, "a fault is reported");
        if (fault && !done) {
            check(fault->message.label() == static_cast<uint32_t>(FaultKind::page_fault) &&
                      fault->message.word(0) == address && fault->message.word(1) == access,
                  "with address and access");
        }
        (void)reply_.send(sel::Message(1));
        stage_.destroy(actor);
        return done;
    }

    Stage& stage_;
    sel::Endpoint faults_;
    sel::Reply reply_;
    sel::Task task_;
};

sel::Result<uint64_t> map(Stage& stage, CapIndex first, uint64_t count, uint64_t address, RightsMask rights) {
    return stage.space().map({.frames = stage.table(),
                              .first = first.raw(),
                              .count = count,
                              .address = address,
                              .rights = rights,
                              .kind = MemoryKind::normal});
}

/// Addresses for four pages, with page tables for them.
uint64_t addresses(Stage& stage) {
    const auto frame = stage.make_objects(ObjectType::frame, page_bits, 4);
    const sel::Frames frames{.first = frame.first, .count = 4};
    const uint64_t address = sel::or_abort(stage.mapper().map(frames), "supplying page tables");
    sel::or_abort(stage.mapper().unmap_at(frames), "unmapping");
    return address;
}

}  // namespace

void check_mappings(Stage& stage) {
    const uint64_t address = addresses(stage);
    const CapIndex frames = stage.make_objects(ObjectType::frame, page_bits, 3).first;
    check(map(stage, frames, 3, address, read_write) == 3U, "mapping a range");
    refuses(map(stage, frames, 1, address + 3 * page_bytes, read_write), ErrorCode::already_bound,
            "mapping a capability that is mapped");
    const auto other = stage.make<sel::Frame>(page_bits);
    const auto over = map(stage, other.index(), 1, address, read_write);
    refuses(over, ErrorCode::already_mapped, "mapping over a mapping");
    check(!over && over.error().details[1] == address, "the error has the address");
    refuses(map(stage, other.index(), 1, address + 3 * page_bytes + 8, read_write), ErrorCode::misaligned,
            "an address in the middle of a page");
    refuses(map(stage, other.index(), 1, uint64_t{1} << 39, read_write), ErrorCode::argument_out_of_range,
            "an address beyond user space");
    refuses(map(stage, other.index(), 1, 0xffff'ff80'4000'0000, read_write), ErrorCode::argument_out_of_range,
            "an address of the kernel's");
    const auto no_table = map(stage, other.index(), 1, uint64_t{300} << 30, read_write);
    refuses(no_table, ErrorCode::missing_table, "an address without page table");
    check(!no_table && no_table.error().details[1] == uint64_t{300} << 30, "the error has the address");
    refuses(map(stage, other.index(), 1, address + 3 * page_bytes, read_write | execute), ErrorCode::write_execute,
            "writable and executable at once");
    const auto read_only = stage.derive(other, Right::read);
    refuses(map(stage, read_only.index(), 1, address + 3 * page_bytes, read_write), ErrorCode::missing_right,
            "more than the capability allows");

    // A range that meets a mapping has done what came before it.
    check(stage.space().unmap({.frames = stage.table(), .first = frames.raw(), .count = 2}) == 2U, "unmapping two");
    const auto partial = map(stage, frames, 3, address, read_write);
    check(!partial && partial.error().done == 2, "a range that meets a mapping says how far it came");
    check(stage.space().unmap({.frames = stage.table(), .first = frames.raw(), .count = 3}) == 3U, "unmapping all");
    check(stage.space().unmap({.frames = stage.table(), .first = frames.raw(), .count = 3}) == 3U,
          "what is not mapped is passed over");
    refuses(stage.space().protect({.frames = stage.table(), .first = frames.raw(), .count = 1, .rights = Right::read}),
            ErrorCode::not_bound, "protecting what is not mapped");
}

void check_mapped_memory(Stage& stage) {
    Probe probe(stage);
    const uint64_t address = addresses(stage);
    check(!probe.reads(address), "nothing can be read where nothing is mapped");
    const auto frame = stage.make<sel::Frame>(page_bits);
    succeeds(map(stage, frame.index(), 1, address, Right::read), "mapping for reading");
    check(probe.reads(address) && !probe.writes(address), "only reading is allowed");
    const auto protect = [&](RightsMask rights) {
        return stage.space().protect(
            {.frames = stage.table(), .first = frame.index().raw(), .count = 1, .rights = rights});
    };
    succeeds(protect(read_write), "allowing writing");
    check(probe.writes(address), "writing is allowed");
    succeeds(protect(Right::read), "forbidding it");
    check(!probe.writes(address), "writing is forbidden again");
    refuses(protect(read_write | execute), ErrorCode::write_execute, "allowing all at once");

    // A mapping goes with its capability, and moves with it.
    const auto child = stage.derive(frame, read_write);
    succeeds(map(stage, child.index(), 1, address + page_bytes, read_write), "mapping a child");
    check(probe.writes(address + page_bytes), "the child's mapping");
    check(*reinterpret_cast<volatile uint64_t*>(address) == 1, "is of the same memory");
    const CapIndex place = slots(1);
    succeeds(stage.table().grant(
                 {.first = place.raw(), .source = stage.table(), .source_first = child.index().raw(), .count = 1}),
             "moving the child");
    check(probe.reads(address + page_bytes), "the mapping stays");
    stage.unmap(sel::Frame(place), KeepRoot::self);
    check(!probe.reads(address + page_bytes), "and goes with the child");
    check(probe.reads(address), "its parent's stays");

    // Code that was written here runs where it may.
    const auto code = stage.make<sel::Frame>(page_bits);
    const auto writable = stage.derive(code, read_write);
    const auto executable = stage.derive(code, RightsMask(Right::read) | execute);
    succeeds(map(stage, writable.index(), 1, address + 2 * page_bytes, read_write), "mapping for writing");
    auto* const instructions = reinterpret_cast<volatile uint32_t*>(address + 2 * page_bytes);
    instructions[0] = 0xd2800540;  // mov x0, #42
    instructions[1] = 0xd65f03c0;  // ret
    succeeds(code.maintain({.operation = sel::abi::CacheOperation::make_executable, .offset = 0, .bytes = 8}),
             "making it executable");
    succeeds(map(stage, executable.index(), 1, address + 3 * page_bytes, RightsMask(Right::read) | execute),
             "mapping for executing");
    check(reinterpret_cast<uint64_t (*)()>(address + 3 * page_bytes)() == 42, "executing what was written");
    check(!probe.writes(address + 3 * page_bytes), "not writing what is executed");
    stage.unmap(code, KeepRoot::self);
    check(!probe.reads(address + 2 * page_bytes) && !probe.reads(address + 3 * page_bytes),
          "both mappings go with the frame");
}

}  // namespace capabilities
