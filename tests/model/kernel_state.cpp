// SPDX-License-Identifier: BSD-2-Clause
// Reading the kernel.
#include "kernel_state.hpp"

#include <map>
#include <stdexcept>

#include "invariants/object_walk.hpp"
#include "ipc/notification.hpp"
#include "object/interrupt_handler.hpp"
#include "object/page_table.hpp"
#include "object/thread.hpp"

namespace selene::model {

namespace {

using invariant::is_authority;
using invariant::named_type;

/// Call `visit(slot)` for every capability in the order of the list.
template <class Visit>
void each_slot(DerivationTree& tree, const Visit& visit) {
    (void)invariant::each_slot(tree, [&](selene::Slot& slot) -> Violation {
        visit(slot);
        return {};
    });
}

uint64_t physical(const void* address) { return address != nullptr ? machine::physical(address).value() : 0; }

uint64_t base_of(const selene::Slot& slot) {
    const CapType type = named_type(slot.type());
    if (type == CapType::untyped) return Untyped(slot).base().value();
    if (type == CapType::frame) return selene::Frame(slot).base().value();
    return is_authority(type) ? 0 : physical(slot.object<void>());
}

uint64_t word_of(const selene::Slot& slot) {
    const CapType type = named_type(slot.type());
    return selene::carries_badge(type) || type == CapType::cap_table ? slot.capability().word1() : 0;
}

/// A mapped frame's entry, null of all others. A buffer's frame is not mapped by being one.
uint64_t* entry_of(const selene::Slot& slot) {
    return slot.type() == CapType::frame ? selene::Frame(slot).entry() : nullptr;
}

/// Where slots lie: in the tables that there are, and in the objects that hold capabilities of their own.
class Homes {
public:
    explicit Homes(DerivationTree& tree) {
        each_slot(tree, [&](const selene::Slot& slot) {
            if (slot.origin() && slot.type() == CapType::cap_table)
                tables_[physical(slot.object<CapTable>())] = slot.object<CapTable>();
        });
    }

    struct Home {
        ObjectType type;
        uint64_t base;
        uint64_t index;
    };
    static constexpr uint64_t refuge = ~uint64_t{0};

    [[nodiscard]] Home of(const selene::Slot& slot) const {
        const uint64_t at = physical(&slot);
        const auto in = [&](ObjectType type, uint64_t offset, uint64_t index) {
            return Home{type, at - offset - index * sizeof(selene::Slot), index};
        };
        switch (slot.type()) {
        case CapType::installed_table: return in(ObjectType::task, offsetof(Task, table_slot), 0);
        case CapType::installed_space: return in(ObjectType::task, offsetof(Task, table_slot), 1);
        case CapType::installed_endpoint: {
            // Two slots side by side; what they are of is aligned.
            const bool fault = (at - offsetof(Task, fault_slot)) % alignof(Task) == 0;
            return in(ObjectType::task, offsetof(Task, table_slot), fault ? 2 : 3);
        }
        case CapType::installed_task: return in(ObjectType::thread, offsetof(selene::Thread, task_slot), 0);
        case CapType::installed_buffer: return in(ObjectType::thread, offsetof(selene::Thread, task_slot), 1);
        case CapType::installed_notification: return in(ObjectType::interrupt_handler, 0, 0);
        default: break;
        }
        auto after = tables_.upper_bound(at);
        if (after == tables_.begin()) throw std::logic_error("a slot lies in no table");
        const auto& [base, table] = *std::prev(after);
        if (&slot == &table->refuge()) return {ObjectType::cap_table, base, refuge};
        return {ObjectType::cap_table, base, static_cast<uint64_t>(&slot - table->slots())};
    }

private:
    std::map<uint64_t, CapTable*> tables_;
};

// --- Objects -------------------------------------------------------------------------------------------------

Activity activity(const selene::Thread& thread) {
    const ThreadState state = thread.state();
    if (state == ThreadState::inactive) return Activity::inactive;
    if (thread.stopped()) return Activity::stopped;
    return state == ThreadState::without_budget ? Activity::without_budget : Activity::runs;
}

void add_thread(Facts& facts, const selene::Thread& thread) {
    facts.add(Aspect::thread_activity, static_cast<uint64_t>(activity(thread)) + 1);
    facts.add(Aspect::priority, thread.priority());
    facts.add(Aspect::maximum, thread.maximum_priority);
    facts.add(Aspect::thread_pointer, thread.tls);
    facts.add(Aspect::floating_point, thread.floating_point);
    facts.add(Aspect::buffer, physical(thread.buffer));
    facts.add(Aspect::context, physical(thread.own_context));
    facts.add(Aspect::notification, physical(thread.bound));
}

uint64_t rights_of_entry(uint64_t entry) {
    using machine::PageEntry;
    return bit(Right::read) | PageEntry::Write::of(entry) * bit(Right::write) |
           PageEntry::Execute::of(entry) * bit(Right::transfer);
}

void add_pages(Facts& facts, const PageTable& table) {
    facts.add(Aspect::level, table.level());
    facts.add(Aspect::hangs_in, physical(table.parent_entry()));
    for (unsigned index = 0; index < PageTable::entry_count; ++index) {
        const uint64_t entry = table.entries[index];
        if (entry == 0) continue;
        facts.about(physical(&table), index);
        facts.add(Aspect::entry, machine::PageEntry::address(entry).value());
        if (machine::PageEntry::is_table(entry, table.level())) continue;
        facts.add(Aspect::entry_rights, rights_of_entry(entry));
        facts.add(Aspect::entry_kind, static_cast<uint64_t>(machine::PageEntry::kind(entry)));
    }
}

void add_object(Facts& facts, const selene::Slot& origin) {
    facts.about(base_of(origin));
    switch (origin.type()) {
    case CapType::thread: add_thread(facts, *origin.object<selene::Thread>()); break;
    case CapType::address_space:
    case CapType::page_table: add_pages(facts, *origin.object<PageTable>()); break;
    case CapType::sched_context: {
        const auto& context = *origin.object<SchedContext>();
        facts.add(Aspect::budget, context.budget);
        facts.add(Aspect::period, context.period);
        facts.add(Aspect::refills, context.limit);
        facts.add(Aspect::slots, context.capacity);
        facts.add(Aspect::bound_thread, physical(context.home));
        break;
    }
    case CapType::notification: {
        const auto& notification = *origin.object<selene::Notification>();
        notification.lock.assert_held();
        facts.add(Aspect::bits, notification.bits);
        facts.add(Aspect::bound_thread, physical(notification.bound));
        break;
    }
    case CapType::interrupt_handler:
        facts.add(Aspect::line, origin.object<InterruptHandler>()->line);
        facts.add(Aspect::active, origin.object<InterruptHandler>()->active != 0 ? 1 : 0);
        break;
    case CapType::cap_table: facts.add(Aspect::slots, origin.object<CapTable>()->count()); break;
    default: break;
    }
}

void add_slot(Facts& facts, const Homes::Home& home, const selene::Slot& slot) {
    const CapType type = named_type(slot.type());
    facts.about(home.base, home.index);
    facts.add(Aspect::type, static_cast<uint64_t>(type));
    facts.add(Aspect::object, base_of(slot));
    facts.add(Aspect::rights, slot.capability().rights().mask());
    facts.add(Aspect::word, word_of(slot));
    facts.add(Aspect::origin, slot.origin() ? 1 : 0);
    facts.add(Aspect::closing, slot.closing() ? 1 : 0);
    facts.add(Aspect::depth, slot.depth());
    if (type == CapType::untyped) {
        const Untyped untyped(slot);
        facts.add(Aspect::bytes, untyped.bytes() + (untyped.device() ? 1 : 0));
        if (slot.has_children()) facts.add(Aspect::used, untyped.watermark());
    }
    if (type == CapType::frame)
        facts.add(Aspect::bytes, selene::Frame(slot).bytes() + (selene::Frame(slot).device() ? 1 : 0));
    facts.add(Aspect::mapped_by, physical(entry_of(slot)));
    if (slot.origin()) add_object(facts, slot);
}

// --- A model of it -------------------------------------------------------------------------------------------

/// Makes the model's objects, then its capabilities, then what objects know of each other.
class Copy {
public:
    Copy(Kernel& kernel, System& system) : tree_(kernel.tree), homes_(kernel.tree), system_(system) {}

    void run() {
        each_slot(tree_, [&](selene::Slot& slot) {
            if (slot.origin()) copy_object(slot);
        });
        each_slot(tree_, [&](selene::Slot& slot) { copy_capability(slot); });
        // Put in from the first to the last, children stand in the wrong order.
        for (const auto& [slot, capability] : capabilities_) capability->children.reverse();
        each_slot(tree_, [&](selene::Slot& slot) {
            if (slot.origin()) link(slot);
        });
    }

private:
    void copy_object(const selene::Slot& slot) {
        Object object{.type = static_cast<ObjectType>(slot.type()),
                      .base = base_of(slot),
                      .bytes = invariant::extent_of(slot).bytes};
        switch (slot.type()) {
        case CapType::untyped:
            object.device = Untyped(slot).device();
            object.used = Untyped(slot).watermark();
            break;
        case CapType::frame: object.device = selene::Frame(slot).device(); break;
        case CapType::cap_table: object.slots = slot.object<CapTable>()->count(); break;
        case CapType::task: object.slots = 4; break;
        case CapType::interrupt_handler: object.slots = 1; break;
        case CapType::thread: copy_thread(object, *slot.object<selene::Thread>()); break;
        case CapType::sched_context: copy_context(object, *slot.object<SchedContext>()); break;
        case CapType::address_space:
        case CapType::page_table: object.pages.level = slot.object<PageTable>()->level(); break;
        default: break;
        }
        objects_[&slot] = &system_.add_object(object);
    }
    static void copy_thread(Object& object, const selene::Thread& thread) {
        object.slots = 2;
        object.thread = {.started = thread.started != 0,
                         .stopped = thread.stopped(),
                         .priority = thread.priority(),
                         .maximum = thread.maximum_priority,
                         .floating_point = thread.floating_point};
        object.thread.registers[register_tls] = thread.tls;
        if (thread.buffer != nullptr)
            object.thread.buffer_offset = physical(thread.buffer) - base_of(thread.buffer_slot);
    }
    static void copy_context(Object& object, const SchedContext& context) {
        object.context = {
            .capacity = context.capacity, .budget = context.budget, .period = context.period, .refills = context.limit};
    }

    void copy_capability(selene::Slot& slot) {
        const selene::Slot* parent = ancestors_.enter(slot);
        if (!slot.origin()) objects_[&slot] = objects_.at(parent);
        const Homes::Home home = homes_.of(slot);
        const Capability capability{.place = {system_.object_at(home.type, home.base), home.index},
                                    .object = objects_.at(&slot),
                                    .rights = slot.capability().rights().mask(),
                                    .word = word_of(slot),
                                    .origin = slot.origin()};
        capabilities_[&slot] = &system_.add(parent != nullptr ? capabilities_.at(parent) : nullptr, capability);
    }

    void link(const selene::Slot& slot) {
        Object& object = *objects_.at(&slot);
        if (slot.type() == CapType::sched_context) {
            if (const selene::Thread* home = slot.object<SchedContext>()->home; home != nullptr) {
                object.context.thread = system_.object_at(ObjectType::thread, physical(home));
                object.context.thread->thread.context = &object;
            }
        }
        if (slot.type() == CapType::address_space || slot.type() == CapType::page_table)
            link_pages(object, *slot.object<PageTable>());
    }
    void link_pages(Object& object, PageTable& table) {
        for (unsigned index = 0; index < PageTable::entry_count; ++index) {
            const uint64_t entry = table.entries[index];
            if (entry == 0) continue;
            if (machine::PageEntry::is_table(entry, table.level())) {
                Object* child = system_.object_at(ObjectType::page_table, physical(table.shadow_of<PageTable>(index)));
                child->pages.parent = &object;
                child->pages.parent_entry = index;
                object.pages.entries[index] = {.table = child};
            } else {
                Capability* frame = capabilities_.at(table.shadow_of<selene::Slot>(index));
                frame->mapped_in = &object;
                frame->mapped_entry = index;
                object.pages.entries[index] = {.frame = frame,
                                               .rights = rights_of_entry(entry),
                                               .kind = static_cast<uint64_t>(machine::PageEntry::kind(entry))};
            }
        }
    }

    DerivationTree& tree_;
    Homes homes_;
    System& system_;
    std::map<const selene::Slot*, Object*> objects_;
    std::map<const selene::Slot*, Capability*> capabilities_;
    invariant::Ancestors ancestors_;
};

}  // namespace

Facts facts_of(Kernel& kernel) {
    Facts facts;
    const Homes homes(kernel.tree);
    each_slot(kernel.tree, [&](const selene::Slot& slot) { add_slot(facts, homes.of(slot), slot); });
    return facts;
}

void copy(Kernel& kernel, System& system) { Copy(kernel, system).run(); }

}  // namespace selene::model
