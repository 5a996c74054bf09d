// SPDX-License-Identifier: BSD-2-Clause
// Taking down what tasks can do and see, and by which ways the one that acts is joined to others.
#include "observation.hpp"

#include <algorithm>
#include <string_view>

#include "invariants/object_walk.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"

namespace selene::test {

namespace {

using change::Channel;
using invariant::Extent;
using invariant::extent_of;
using invariant::named_type;

uint64_t hash_of(const void* from, size_t bytes) {
    return std::hash<std::string_view>{}({static_cast<const char*>(from), bytes});
}

/// Call `visit(slot)` for every frame capability mapped in a space.
template <class Visit>
void each_mapped(const PageTable& table, const Visit& visit) {
    for (unsigned i = 0; i < PageTable::entry_count; ++i) {
        if (table.entries[i] == 0) continue;
        if (machine::PageEntry::is_table(table.entries[i], table.level())) {
            each_mapped(*table.shadow_of<PageTable>(i), visit);
        } else {
            visit(*table.shadow_of<Slot>(i), table.entries[i]);
        }
    }
}

Rights rights_of(uint64_t entry) {
    Rights rights = rights::read;
    if (machine::PageEntry::Write::of(entry) != 0) rights = rights | rights::write;
    if (machine::PageEntry::Execute::of(entry) != 0) rights = rights | rights::execute;
    return rights;
}

template <class Visit>
void each_thread(Kernel& kernel, const Visit& visit) {
    (void)invariant::each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        visit(thread);
        return {};
    });
}

}  // namespace

Observation::Observation(World& world, const Thread* actor)
    : world_(world), actor_(actor != nullptr ? actor->task : nullptr) {
    find_tasks();
    if (actor_ != nullptr) add_channels();
    add_sights();
    add_contents();
}

void Observation::find_tasks() {
    (void)invariant::each_object<Task>(world_.kernel().tree, CapType::task, [&](Task& task) -> Violation {
        if (&task == world_.first().task) return {};
        if (!task.table_slot.empty()) reach(task, *task.table_slot.object<CapTable>());
        if (task.space != nullptr) add_mapped(task);
        return {};
    });
}

/// All capabilities that a task finds from a table on.
void Observation::reach(Task& task, CapTable& table) {
    if (table.dying() || !tables_[&task].insert(&table).second) return;
    for (Slot* slot = table.slots(); slot != table.slots() + table.count(); ++slot) {
        if (slot->empty()) continue;
        const Capability capability = slot->capability();
        const Extent extent = extent_of(*slot);
        const bool badged = carries_badge(slot->type());
        const uint64_t object = invariant::is_authority(slot->type()) && !badged ? capability.word1() : extent.base;
        powers_.push_back(
            {&task, slot->type(), object, extent.bytes, badged ? capability.word1() : 0, capability.rights()});
        held_.push_back({&task, slot});
        if (&task == actor_) {
            slots_.insert(slot);
            if (invariant::is_kernel_object(slot->type())) objects_.insert(slot->object<void>());
        }
        const bool opens = capability.allows(rights::read) || capability.allows(rights::write);
        if (slot->type() == CapType::cap_table && opens) reach(task, *slot->object<CapTable>());
    }
}

void Observation::add_mapped(const Task& task) {
    each_mapped(*task.space, [&](const Slot& slot, uint64_t entry) {
        powers_.push_back(
            {&task, CapType::frame, Frame(slot).base().value(), Frame(slot).bytes(), 0, rights_of(entry)});
    });
}

void Observation::add_channel(const Task* task, Carries carries, bool towards_actor) {
    if (task == nullptr || task == actor_) return;
    channels_.push_back(towards_actor ? Channel{task, actor_, carries} : Channel{actor_, task, carries});
}
void Observation::add_channel(const WaitQueue& queue, Carries carries, bool towards_actor) {
    invariant::each_waiter(queue, [&](const Thread& thread) { add_channel(thread.task, carries, towards_actor); });
}

void Observation::add_channels() {
    for (const Held& held : held_) {
        if (held.task == actor_) add_channels_through(*held.slot);
    }
    // A fault says to whoever handles it where it was.
    if (const Slot& fault = actor_->fault_slot; !fault.empty()) {
        const Endpoint& endpoint = *fault.object<Endpoint>();
        for (const WaitQueue* queue : {&endpoint.passive_receivers, &endpoint.active_receivers})
            add_channel(*queue, Carries::words, false);
    }
}

void Observation::add_channels_through(const Slot& slot) {
    const Rights rights = slot.capability().rights();
    const bool writes = rights.include(rights::write);
    switch (slot.type()) {
    case CapType::cap_table:
        for (const auto& [task, tables] : tables_) {
            if (writes && tables.contains(slot.object<CapTable>())) add_channel(task, Carries::capabilities, false);
        }
        break;
    case CapType::task:
        if (writes) add_channel(slot.object<Task>(), Carries::capabilities, false);
        break;
    case CapType::address_space:
        for (const auto& [task, tables] : tables_) {
            if (writes && task->space == slot.object<PageTable>()) add_channel(task, Carries::capabilities, false);
        }
        break;
    case CapType::thread:
        if (writes) add_channel(slot.object<Thread>()->task, Carries::words, false);
        break;
    case CapType::endpoint: {
        const Endpoint& endpoint = *slot.object<Endpoint>();
        const Carries sends = rights.include(rights::transfer) ? Carries::capabilities : Carries::words;
        for (const WaitQueue* queue :
             {&endpoint.passive_receivers, &endpoint.active_receivers, &endpoint.plain_receivers}) {
            if (writes) add_channel(*queue, sends, false);
        }
        for (const WaitQueue* queue : {&endpoint.donors, &endpoint.senders}) {
            if (rights.include(rights::read)) add_channel(*queue, Carries::capabilities, true);
        }
        break;
    }
    case CapType::reply:
        if (const Thread* caller = slot.object<Reply>()->caller; writes && caller != nullptr)
            add_channel(caller->task, Carries::capabilities, false);
        break;
    case CapType::notification: {
        const Notification& notification = *slot.object<Notification>();
        if (writes) add_channel(notification.waiters, Carries::words, false);
        if (writes && notification.bound != nullptr) add_channel(notification.bound->task, Carries::words, false);
        break;
    }
    default: break;
    }
}

// --- What is seen ----------------------------------------------------------------------------------------------

void Observation::add_words(const Task& task, const uint64_t* words, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        if (words[i] >= telling) sights_.push_back({words[i], &task});
    }
}

void Observation::add_sights() {
    for (const auto& [task, tables] : tables_) {
        // What the kernel itself says in a tag.
        for (const Tag tag : {Tag{}.with_error(), Tag{}.with_signal()}) sights_.push_back({tag.raw(), task});
        if (task->space == nullptr) continue;
        each_mapped(*task->space, [&](const Slot& slot, uint64_t) {
            if (!Frame(slot).device())
                add_words(*task, machine::window<uint64_t>(Frame(slot).base()), Frame(slot).bytes() / sizeof(uint64_t));
        });
    }
    for (const change::Power& power : powers_) {
        if (power.badge >= telling) sights_.push_back({power.badge, power.task});
    }
    each_thread(world_.kernel(), [&](const Thread& thread) {
        if (thread.task == nullptr || thread.task == world_.first().task) return;
        add_words(*thread.task, thread.registers.x, std::size(thread.registers.x));
        add_words(*thread.task, thread.preserved, std::size(thread.preserved));
        add_words(*thread.task, &thread.sp, 3);
        if (thread.buffer != nullptr) add_words(*thread.task, thread.buffer, sizeof(abi::IpcBuffer) / sizeof(uint64_t));
    });
    std::ranges::sort(sights_);
}
static_assert(offsetof(Thread, tls) - offsetof(Thread, sp) == 2 * sizeof(uint64_t));

// --- What there is ---------------------------------------------------------------------------------------------

bool Observation::partner(const Task* task) const {
    if (actor_ == nullptr) return false;
    return task == actor_ || std::ranges::any_of(channels_, [&](const Channel& channel) {
               return channel.from == task || channel.to == task;
           });
}

/// Whether the actor has a capability to the object or to memory that it was made from.
bool Observation::within_reach(const void* object) const {
    if (object == nullptr || actor_ == nullptr) return false;
    if (objects_.contains(object)) return true;
    const uint64_t place = machine::physical(object).value();
    return std::ranges::any_of(powers_, [&](const change::Power& power) {
        return power.task == actor_ && power.type == CapType::untyped && place - power.object < power.bytes;
    });
}

/// Whether a capability hangs below one of the actor's.
bool Observation::descends_from_reach(const Slot& slot) const {
    unsigned depth = slot.depth() + 1;
    for (const Slot* above = &slot; above != &world_.kernel().tree.anchor(); above = above->previous()) {
        if (above->depth() >= depth) continue;
        depth = above->depth();
        if (slots_.contains(above)) return true;
    }
    return false;
}

void Observation::add_pages() {
    std::set<uint64_t> open;
    each_thread(world_.kernel(), [&](const Thread& thread) {
        if (thread.buffer != nullptr && partner(thread.task))
            open.insert(machine::physical(thread.buffer).value() / page_bytes);
    });
    (void)invariant::each_origin(world_.kernel().tree, [&](Slot& slot) -> Violation {
        if (slot.type() != CapType::frame || Frame(slot).device()) return {};
        const Extent extent = extent_of(slot);
        for (uint64_t page = extent.base; page < extent.end(); page += page_bytes) {
            contents_.push_back(
                {page, hash_of(machine::window<void>(PhysAddr(page)), page_bytes), open.contains(page / page_bytes)});
        }
        return {};
    });
}

void Observation::add_threads() {
    each_thread(world_.kernel(), [&](const Thread& thread) {
        if (thread.task == nullptr || thread.task == world_.first().task) return;
        const Thread* home = &thread;
        const bool timed = home->own_context != nullptr && within_reach(home->own_context);
        const bool open = partner(thread.task) || within_reach(&thread) || within_reach(thread.blocked_on) || timed ||
                          within_reach(thread.reply);
        const uint64_t hash = hash_of(thread.preserved, sizeof(thread.preserved)) ^
                              hash_of(&thread.sp, 3 * sizeof(uint64_t)) ^
                              hash_of(&thread.registers, sizeof(thread.registers));
        contents_.push_back({machine::physical(&thread).value(), hash, open});
    });
}

void Observation::add_slots() {
    std::set<const Slot*> seen;
    for (const Held& held : held_) {
        if (!seen.insert(held.slot).second) continue;
        const Slot& slot = *held.slot;
        // A page table takes out of the frames' capabilities where they were mapped.
        const bool mapped = slot.type() == CapType::frame && Frame(slot).entry() != nullptr;
        const bool open = slots_.contains(&slot) || partner(held.task) || descends_from_reach(slot) ||
                          (mapped && within_reach(&PageTable::of_entry(Frame(slot).entry())));
        const uint64_t words[] = {slot.capability().word0(), slot.capability().word1()};
        contents_.push_back({machine::physical(&slot).value(), hash_of(words, sizeof(words)), open});
    }
}

void Observation::add_contents() {
    add_pages();
    add_threads();
    add_slots();
    std::ranges::sort(contents_, {}, &change::Content::place);
}

}  // namespace selene::test
