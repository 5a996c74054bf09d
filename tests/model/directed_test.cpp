// SPDX-License-Identifier: BSD-2-Clause
// What random sequences seldom come to, in lock step: the depth limit, links of tables, frames of every size, tables that
// are cut off.
#include <catch2/catch_test_macros.hpp>

#include "abi/names.hpp"
#include "lock_step.hpp"

namespace selene::model {

namespace {

constexpr uint64_t own_table = 1;
constexpr uint64_t own_space = 3;
constexpr uint64_t all = abi::all_rights;
constexpr uint64_t gibi = uint64_t{1} << 30;
constexpr uint64_t mebi = uint64_t{1} << 20;
constexpr uint64_t read = bit(Right::read);
constexpr uint64_t device = static_cast<uint64_t>(abi::MemoryKind::device);

/// Kernel and model, and operations whose outcome is known. Slots are counted from the playground's first one.
class Script {
public:
    explicit Script(Preemption preemption) : both_({.preemption = preemption, .mistake = {}}) {}

    [[nodiscard]] uint64_t slot(uint64_t number) const { return both_.playground().first + number; }
    /// A slot that is free and not one of the playground.
    uint64_t other_slot() { return --next_other_; }
    [[nodiscard]] uint64_t memory() const { return slot(0); }
    [[nodiscard]] uint64_t large_memory() const { return slot(1); }
    [[nodiscard]] uint64_t device_memory() const { return slot(2); }

    void obeyed(const Operation& operation) { expect(operation, 0); }
    void refused(const Operation& operation, ErrorCode code) { expect(operation, static_cast<uint64_t>(code)); }

    uint64_t make(uint64_t untyped, ObjectType type, uint64_t size, uint64_t count = 1) {
        next_other_ -= count;
        obeyed({.self = untyped, .method = 1, .words = {number(type), size, count, own_table, next_other_}});
        return next_other_;
    }
    uint64_t derive(uint64_t source, uint64_t badge = 0) {
        const uint64_t to = other_slot();
        obeyed(map(to, source, badge));
        return to;
    }
    void destroy(uint64_t slot) { obeyed({.self = own_table, .method = 3, .words = {slot, 1, 1}}); }
    static Operation map(uint64_t to, uint64_t source, uint64_t badge = 0) {
        return {.self = own_table, .method = 1, .words = {to, own_table, source, 1, all, badge}};
    }

    LockStep& both() { return both_; }

private:
    void expect(const Operation& operation, uint64_t code) {
        const auto difference = both_.step(operation);
        INFO(difference.value_or("no difference") << "\n" << as_source({operation}));
        REQUIRE(!difference.has_value());
        CHECK(both_.last().code == code);
    }

    LockStep both_;
    uint64_t next_other_ = both_.playground().first;
};

constexpr Preemption preemptions[] = {Preemption::never, Preemption::at_every_poll};

Operation map_frames(uint64_t first, uint64_t count, uint64_t address, uint64_t rights = read, uint64_t kind = 0) {
    return {.self = own_space, .method = 2, .words = {own_table, first, count, address, rights, kind}};
}
Operation unmap_frames(uint64_t first, uint64_t count) {
    return {.self = own_space, .method = 3, .words = {own_table, first, count}};
}
Operation map_table(uint64_t table, uint64_t address) {
    return {.self = own_space, .method = 1, .words = {table, address}};
}

}  // namespace

TEST_CASE("nothing is derived below the depth limit, in any way") {
    for (const Preemption preemption : preemptions) {
        Script script(preemption);
        const uint64_t endpoint = script.make(script.memory(), ObjectType::endpoint, 0);
        const uint64_t task = script.make(script.memory(), ObjectType::task, 0);
        uint64_t deep = endpoint;
        while (
            script.both().model().depth(
                *find(script.both().model(), *script.both().actors().threads[0], 0, deep, std::nullopt, 0).capability) <
            System::deepest)
            deep = script.derive(deep);
        script.refused(Script::map(script.other_slot(), deep), ErrorCode::depth_exceeded);
        script.refused({.self = task, .method = 1, .words = {2, deep}}, ErrorCode::depth_exceeded);
        // To move it is no derivation.
        const uint64_t moved = script.other_slot();
        script.obeyed({.self = own_table, .method = 2, .words = {moved, own_table, deep, 1}});
        // What is unmapped in between takes along what hangs below.
        script.destroy(endpoint);
        script.refused(Script::map(script.other_slot(), moved), ErrorCode::empty_slot);
    }
}

TEST_CASE("a look-up passes eight tables and no more") {
    Script script(Preemption::never);
    constexpr uint64_t guard_of_two = 2;
    const uint64_t table = script.make(script.memory(), ObjectType::cap_table, 4);
    const uint64_t notification = script.make(script.memory(), ObjectType::notification, 0);
    // Slot 3 leads on to the same table, slot 0 ends.
    const auto put = [&](uint64_t slot, uint64_t source, uint64_t guard) {
        script.obeyed({.self = table, .method = 1, .words = {slot, own_table, source, 1, all, guard}});
    };
    put(3, table, guard_of_two);
    put(0, notification, 0);
    const uint64_t second_task = script.both().second_task();
    script.obeyed({.self = second_task, .method = 2, .words = {0}});
    script.obeyed({.self = second_task, .method = 1, .words = {0, script.derive(table, guard_of_two)}});
    // Each link takes four bits: two of the guard, two that choose the slot.
    uint64_t index = 0;
    for (unsigned links = 1; links <= abi::table_links; ++links) {
        script.obeyed({.kind = Operation::Kind::signal, .actor = 1, .self = index});
        index |= uint64_t{3} << (64 - 4 * links);
    }
    script.refused({.kind = Operation::Kind::signal, .actor = 1, .self = index}, ErrorCode::too_many_links);
    script.refused({.kind = Operation::Kind::signal, .actor = 1, .self = uint64_t{1} << 63},
                   ErrorCode::index_out_of_range);
    script.obeyed({.kind = Operation::Kind::poll, .self = notification});
}

/// A frame's own report, its slot's, and that of the space at an address are what the model says, names included.
void look(Script& script, uint64_t frame, uint64_t address) {
    script.obeyed({.self = frame, .method = static_cast<uint32_t>(abi::FrameMethod::inspect)});
    script.obeyed({.self = own_table, .method = static_cast<uint32_t>(abi::CapTableMethod::inspect), .words = {frame}});
    script.obeyed(
        {.self = own_space, .method = static_cast<uint32_t>(abi::AddressSpaceMethod::inspect), .words = {address}});
}

TEST_CASE("a thread that unmaps what it is made of leaves no more work than the next unmap does") {
    for (const Preemption preemption : preemptions) {
        for (const uint64_t root : {0u, 1u}) {
            Script script(preemption);
            // Of the first actor's table the second one has a capability, in the fourth slot of its own.
            script.obeyed({.actor = 1, .self = 0x8800000000000003, .method = 3, .words = {script.memory(), 1, root}});
            CHECK(!script.both().can_act(1));
            CHECK(!script.both().over());
            script.obeyed({.kind = Operation::Kind::poll,
                           .self = script.make(script.large_memory(), ObjectType::notification, 0)});
        }
    }
}

TEST_CASE("frames of every size are mapped, moved, protected and unmapped from either side") {
    for (const Preemption preemption : preemptions) {
        Script script(preemption);
        const uint64_t huge = script.make(script.device_memory(), ObjectType::frame, 30);
        const uint64_t large = script.make(script.large_memory(), ObjectType::frame, 21);
        const uint64_t small = script.make(script.memory(), ObjectType::frame, 12, 3);
        const uint64_t tables = script.make(script.memory(), ObjectType::page_table, 0, 2);
        constexpr uint64_t place = 40 * gibi;
        script.obeyed(map_frames(huge, 1, place, read, device));
        script.refused(map_table(tables, place), ErrorCode::already_mapped);
        script.refused(map_frames(small, 1, place), ErrorCode::already_mapped);
        script.refused(map_frames(large, 1, place + gibi), ErrorCode::missing_table);
        script.obeyed(map_table(tables, place + gibi));
        script.obeyed(map_frames(large, 1, place + gibi));
        script.refused(map_table(tables + 1, place + gibi), ErrorCode::already_mapped);
        script.obeyed(map_table(tables + 1, place + gibi + 2 * mebi));
        script.obeyed(map_frames(small, 3, place + gibi + 2 * mebi));
        look(script, huge, place + 12345);
        look(script, large, place + gibi);
        look(script, small + 2, place + gibi + 2 * mebi + 8192);
        // A capability maps once; another one to the same frame maps it again.
        const uint64_t twin = script.derive(large);
        script.refused(map_frames(large, 1, place + gibi + 4 * mebi), ErrorCode::already_bound);
        script.obeyed(map_frames(twin, 1, place + gibi + 4 * mebi, read, 1));
        look(script, twin, place + gibi + 4 * mebi);
        const uint64_t moved = script.other_slot();
        script.obeyed({.self = own_table, .method = 2, .words = {moved, own_table, small, 1}});
        script.obeyed({.self = own_space, .method = 4, .words = {own_table, moved, 1, 3}});
        look(script, moved, place + gibi + 2 * mebi);
        script.refused(unmap_frames(small, 3), ErrorCode::empty_slot);
        script.obeyed(unmap_frames(small + 1, 1));
        script.obeyed(unmap_frames(moved, 1));
        script.destroy(large);
        script.refused(unmap_frames(twin, 1), ErrorCode::empty_slot);
        script.obeyed(unmap_frames(huge, 1));
    }
}

TEST_CASE("writable and executable at once is for who may") {
    Script script(Preemption::never);
    constexpr uint64_t place = 60 * gibi;
    constexpr uint64_t both_rights = 11;
    const uint64_t tables = script.make(script.memory(), ObjectType::page_table, 0, 2);
    const uint64_t frames = script.make(script.memory(), ObjectType::frame, 12, 2);
    const uint64_t strict = script.other_slot();
    script.obeyed({.self = own_table,
                   .method = 1,
                   .words = {strict, own_table, own_space, 1, all & ~bit(Right::write_execute), 0}});
    script.obeyed(map_table(tables, place));
    script.obeyed(map_table(tables + 1, place));
    script.refused({.self = strict, .method = 2, .words = {own_table, frames, 1, place, both_rights, 0}},
                   ErrorCode::write_execute);
    script.obeyed({.self = strict, .method = 2, .words = {own_table, frames, 1, place, 3, 0}});
    script.refused({.self = strict, .method = 4, .words = {own_table, frames, 1, both_rights}},
                   ErrorCode::write_execute);
    script.obeyed({.self = own_space, .method = 4, .words = {own_table, frames, 1, both_rights}});
    script.obeyed(map_frames(frames + 1, 1, place + 4096, both_rights));
}

TEST_CASE("a table that is cut off keeps its mappings until it is hung in again, or its frames are unmapped") {
    for (const Preemption preemption : preemptions) {
        Script script(preemption);
        const uint64_t tables = script.make(script.memory(), ObjectType::page_table, 0, 3);
        const uint64_t frames = script.make(script.memory(), ObjectType::frame, 12, 2);
        constexpr uint64_t place = 50 * gibi;
        script.obeyed(map_table(tables, place));
        script.obeyed(map_table(tables + 1, place));
        script.obeyed(map_frames(frames, 2, place));
        script.destroy(tables);
        look(script, frames, place);
        script.refused(map_frames(frames, 1, place), ErrorCode::already_bound);
        script.refused({.self = own_space, .method = 4, .words = {own_table, frames, 1, 1}}, ErrorCode::not_bound);
        // To pass a frame over is not to refuse it.
        script.obeyed(unmap_frames(frames, 2));
        script.refused(map_frames(frames, 1, place), ErrorCode::already_bound);
        script.destroy(frames);
        script.obeyed(map_table(tables + 2, place));
        script.obeyed(map_table(tables + 1, place));
        script.obeyed(map_frames(frames + 1, 1, place));
    }
}

TEST_CASE("an untyped is whole again when nothing made from it is left") {
    for (const Preemption preemption : preemptions) {
        Script script(preemption);
        const uint64_t untyped = script.make(script.memory(), ObjectType::untyped, 4);
        const auto fill = [&](uint64_t count, uint64_t first) {
            return Operation{
                .self = untyped, .method = 1, .words = {number(ObjectType::frame), 12, count, own_table, first}};
        };
        const uint64_t first = script.other_slot() - 4;
        script.obeyed(fill(3, first));
        script.refused(fill(2, first), ErrorCode::out_of_memory);
        script.destroy(first);
        script.destroy(first + 1);
        // There is room, but above it something is left.
        script.refused(fill(2, first), ErrorCode::out_of_memory);
        script.refused(Script::map(first, untyped), ErrorCode::has_children);
        script.destroy(first + 2);
        script.obeyed(fill(4, first));
        script.obeyed({.self = own_table, .method = 3, .words = {untyped, 1, 0}});
        const uint64_t all_of_it = script.derive(untyped);
        script.refused(fill(1, first), ErrorCode::out_of_memory);
        script.destroy(all_of_it);
        script.obeyed(fill(1, first));
    }
}

}  // namespace selene::model
