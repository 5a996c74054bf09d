// SPDX-License-Identifier: BSD-2-Clause
// For each invariant of capabilities, memory and mappings a state that is corrupt in one place, which this invariant
// reports and no other.
#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"
#include "object/untyped.hpp"
#include "victim.hpp"

namespace selene::test {

namespace {

constexpr size_t slot_previous = 2;

void map_frame(uint64_t frame, uint64_t address) {
    REQUIRE(cap<stub::AddressSpace>(BootSlot::space)
                .map({.frames = own_table(),
                      .first = frame,
                      .count = 1,
                      .address = address,
                      .rights = Right::read,
                      .kind = abi::MemoryKind::normal})
                .has_value());
}

/// Frames from the largest device range; the slot of the first.
uint64_t make_device_frames(World& world, uint64_t size, uint64_t count) {
    const uint64_t untyped = world.info().untypeds[world.info().untyped_count - 1].slot;
    const uint64_t first = world.take_slots(count);
    REQUIRE(cap<stub::Untyped>(untyped)
                .retype({.type = ObjectType::frame, .size = size, .count = count, .table = own_table(), .first = first})
                .has_value());
    return first;
}

/// The slot of the untyped that the world makes its objects from.
uint64_t memory_slot(World& world) { return world.memory().index().raw(); }

constexpr uint64_t address = Board::data_address + 2 * page_bytes;

}  // namespace

TEST_CASE("a slot whose successor does not name it") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    word(&victim.world.slot(endpoint), slot_previous) = reinterpret_cast<uint64_t>(&victim.world.slot(endpoint)) |
                                                        (word(&victim.world.slot(endpoint), slot_previous) & 31);
    victim.check_breaks(invariant::links_are_inverse);
}

TEST_CASE("a root that is no origin") {
    Victim victim;
    DerivationTree& tree = victim.world.kernel().tree;
    // Below the last root, so that it takes nobody else's place.
    Slot& last = *tree.anchor().previous();
    const auto index = static_cast<uint64_t>(&last - victim.world.table().slots());
    Slot* child = nullptr;
    if (last.type() != CapType::untyped) {
        child = &victim.world.slot(victim.world.derive(index, every_right));
    } else {
        child = &last;
    }
    REQUIRE(child == tree.anchor().previous());
    word(child, slot_previous) &= ~uint64_t{31};
    word(child, slot_previous + 1) &= ~uint64_t{15};
    victim.check_breaks(invariant::depths_are_legal);
}

TEST_CASE("a capability in a slot that is not in the tree") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    word(&victim.world.slot(victim.world.next_empty()), 0) = victim.world.slot(endpoint).capability().word0();
    victim.check_breaks(invariant::slots_have_homes);
}

TEST_CASE("a table that dies outside of its refuge") {
    Victim victim;
    const uint64_t table = victim.world.make(ObjectType::cap_table, 4);
    const RingNode alone{};
    RingNode queue = alone;
    victim.world.object<CapTable>(table).begin_dying(queue);
    victim.check_breaks(invariant::refuges_hold_dying_tables);
}

TEST_CASE("a child with a right that its parent lacks") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    const uint64_t narrow = victim.world.derive(endpoint, Right::read);
    Slot& child = victim.world.slot(victim.world.derive(narrow, every_right));
    child.update(child.capability().with_rights(rights::read | rights::write));
    victim.check_breaks(invariant::child_is_within_parent);
}

TEST_CASE("a child with another badge than its parent's") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    Slot& child = victim.world.slot(victim.world.derive(victim.world.derive(endpoint, every_right, 5), every_right));
    child.update(child.capability().with_word1(6));
    victim.check_breaks(invariant::child_is_within_parent);
}

TEST_CASE("an object beyond its untyped's watermark") {
    Victim victim;
    const uint64_t untyped = victim.world.make(ObjectType::untyped, 4);
    const uint64_t child = victim.world.take_slot();
    REQUIRE(cap<stub::Untyped>(untyped)
                .retype({.type = ObjectType::reply, .size = 0, .count = 1, .table = own_table(), .first = child})
                .has_value());
    Slot& slot = victim.world.slot(untyped);
    slot.update(Untyped(slot).at(0, 0));
    victim.check_breaks(invariant::objects_lie_in_untyped);
}

TEST_CASE("two objects in the same memory") {
    Victim victim;
    Slot& first = victim.world.slot(victim.world.make(ObjectType::frame, 12));
    Slot& second = victim.world.slot(victim.world.make(ObjectType::frame, 12));
    second.update(first.capability());
    victim.check_breaks(invariant::objects_are_disjoint);
}

TEST_CASE("an entry that maps other memory than its frame's") {
    Victim victim;
    const uint64_t frame = victim.world.make(ObjectType::frame, 12);
    map_frame(frame, address);
    uint64_t* entry = Frame(victim.world.slot(frame)).entry();
    *entry = machine::PageEntry::page(Frame(victim.world.slot(frame)).base() + page_bytes, 3, rights::read,
                                      abi::MemoryKind::normal);
    victim.check_breaks(invariant::entries_agree_with_shadows);
}

TEST_CASE("a frame that records an entry of another") {
    Victim victim;
    const uint64_t frame = victim.world.make(ObjectType::frame, 12);
    map_frame(frame, address);
    Slot& other = victim.world.slot(victim.world.make(ObjectType::frame, 12));
    other.update(other.capability().with_word1(victim.world.slot(frame).capability().word1()));
    victim.check_breaks(invariant::frames_agree_with_entries);
}

TEST_CASE("a task with a register value that its space does not know of") {
    Victim victim;
    victim.world.object<Task>(victim.world.make(ObjectType::task)).root = 1;
    victim.check_breaks(invariant::tags_are_injective);
}

TEST_CASE("a page table that believes to hang where it does not") {
    Victim victim;
    auto& table = victim.world.object<PageTable>(victim.world.make(ObjectType::page_table));
    auto& space = victim.world.object<PageTable>(static_cast<uint64_t>(BootSlot::space));
    table.set_level(2);
    table.set_parent_entry(&space.entries[PageTable::entry_count - 1]);
    victim.check_breaks(invariant::tables_record_where_they_hang);
}

TEST_CASE("a mapped frame of the core's own memory") {
    Victim victim;
    victim.world.check_always(false);
    const Capability frame = Frame::make(machine::physical(&victim.world.core()), 12, 0, rights::read);
    map_frame(victim.add_root(frame), address);
    victim.check_breaks(invariant::no_kernel_memory_is_mapped);
}

TEST_CASE("a second authority over interrupts") {
    Victim victim;
    victim.add_root(victim.world.slot(static_cast<uint64_t>(BootSlot::interrupt_control)).capability());
    victim.check_breaks(invariant::objects_have_one_origin);
}

TEST_CASE("a capability of a kind that only tasks hold, in a table") {
    Victim victim;
    Slot& child = victim.world.slot(victim.world.derive(victim.world.make(ObjectType::endpoint), every_right));
    child.update(child.capability().with_type(CapType::installed_endpoint));
    victim.check_breaks(invariant::types_agree_with_objects);
}

TEST_CASE("a thread in a state that there is not") {
    Victim victim;
    const Actor actor = victim.world.spawn({.started = false});
    actor.object->set_state(static_cast<ThreadState>(static_cast<unsigned>(ThreadState::inactive) + 2));
    victim.check_breaks(invariant::types_agree_with_objects);
}

TEST_CASE("a frame of 2 MiB that begins at an odd page") {
    Victim victim;
    const uint64_t first = make_device_frames(victim.world, 21, 3);
    // A hole behind the first, so that it does not touch another.
    destroy(first + 1);
    Slot& slot = victim.world.slot(first);
    slot.update(Frame::make(Frame(slot).base() + page_bytes, 21, 1, slot.capability().rights()));
    victim.check_breaks(invariant::objects_are_aligned);
}

TEST_CASE("two untyped ranges in the same memory, neither made from the other") {
    Victim victim;
    const Untyped memory(victim.world.slot(memory_slot(victim.world)));
    victim.add_root(Untyped::make(memory.base() + (memory.bytes() - page_bytes), 1, 0, rights::read));
    victim.check_breaks(invariant::untypeds_are_nested);
}

TEST_CASE("an untyped range across the end of another") {
    Victim victim;
    const Untyped memory(victim.world.slot(memory_slot(victim.world)));
    victim.add_root(Untyped::make(memory.base() + (memory.bytes() - page_bytes), 2, 0, rights::read));
    victim.check_breaks(invariant::untypeds_are_nested);
}

TEST_CASE("a device's frame that passes for memory") {
    Victim victim;
    Slot& slot = victim.world.slot(make_device_frames(victim.world, 12, 1));
    slot.update(Frame::make(Frame(slot).base(), 12, 0, slot.capability().rights()));
    victim.check_breaks(invariant::device_memory_is_frames);
}

TEST_CASE("free memory said to be zero that is not") {
    Victim victim;
    Slot& slot = victim.world.slot(memory_slot(victim.world));
    const Untyped memory(slot);
    slot.update(memory.at(memory.watermark(), Untyped::zeroed_grain));
    victim.check_breaks(invariant::zeroed_memory_is_zero);
}

TEST_CASE("a translation of a page that the tables no longer have") {
    Victim victim;
    const uint64_t frame = victim.world.make(ObjectType::frame, 12);
    map_frame(frame, address);
    Slot& slot = victim.world.slot(frame);
    uint64_t* entry = Frame(slot).entry();
    PageTable& table = PageTable::of_entry(entry);
    machine::write_entry(entry, 0);
    table.clear_shadow(table.index_of(entry));
    slot.update(Frame(slot).mapped_by(nullptr));
    victim.check_breaks_only_the_machines();
}

}  // namespace selene::test
