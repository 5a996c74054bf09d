// SPDX-License-Identifier: BSD-2-Clause
// Writing the objects.
#include "canonical.hpp"
#include "invariants/object_walk.hpp"
#include "object/frame.hpp"

namespace selene::test {

namespace {

bool is_queued(const Thread& thread) {
    const ThreadState state = thread.state();
    return state == ThreadState::sending || state == ThreadState::calling || state == ThreadState::faulting ||
           state == ThreadState::faulting_alone;
}

bool all_zero(const uint64_t (&eight)[8]) {
    uint64_t any = 0;
    for (const uint64_t word : eight) any |= word;
    return any == 0;
}

}  // namespace

void Canonical::put_entry(const uint64_t* entry) {
    if (entry == nullptr) return put(0);
    const PageTable& table = PageTable::of_entry(entry);
    put(object(&table));
    put(table.index_of(entry));
}

void Canonical::put_ring(const RingNode& node) {
    // Its successor is another table's node, or a thread's.
    const RingNode* next = node.next();
    if (next == nullptr) return put(0);
    const auto* bytes = reinterpret_cast<const std::byte*>(next);
    const Number table = object(bytes - sizeof(Slot));
    put(table != 0xffff ? table : 0x8000u | object(bytes - offsetof(Thread, dying_tables)));
}

void Canonical::write_table(CapTable& table) {
    put(table.count());
    put(table.dying() ? 1 : 0);
    if (!table.dying()) return;
    // The slots in front of its cursor are empty.
    put_ring(*reinterpret_cast<const RingNode*>(reinterpret_cast<const std::byte*>(&table) + sizeof(Slot)));
}

void Canonical::write_thread(Thread& thread) {
    const bool runs = Stage::can_run(thread);
    const ThreadState state = thread.state();
    const bool stale = state == ThreadState::called_donating || state == ThreadState::faulted_donating;
    put(static_cast<uint64_t>(runs ? ThreadState::ready : state) | uint64_t{thread.stopped()} << 8 |
        uint64_t{thread.started} << 9);
    put(thread.priority() | uint64_t{thread.maximum_priority} << 8);
    put(object(thread.reply));
    put(object(thread.blocked_on));
    put(object(thread.bound));
    put(object(thread.own_context));
    put(object(state == ThreadState::running ? stage_.core().context : stale ? nullptr : thread.context));
    put_ring(thread.dying_tables);
    put(stage_.description().timed ? static_cast<uint64_t>(thread.lost_time)
                                   : uint64_t{thread.lost_time == LostTime::lender_left});
    if (is_queued(thread)) {
        put_wide(thread.message_tag);
        put_wide(thread.message_badge);
    }
    const Operation* pending = &thread != without_ ? stage_.pending(thread) : nullptr;
    if (pending != nullptr) {
        write_pending(thread, *pending);
    } else {
        put(0);
    }
}

void Canonical::write_queue(const WaitQueue& queue) {
    invariant::each_waiter(queue, [this](const Thread& thread) { put(object(&thread)); });
    put(0);
}

void Canonical::write_endpoint(const Endpoint& endpoint) {
    for (const WaitQueue* queue : {&endpoint.passive_receivers, &endpoint.donors, &endpoint.active_receivers,
                                   &endpoint.plain_receivers, &endpoint.senders})
        write_queue(*queue);
    const bool cancels = endpoint.cancel_round % 2 != 0;
    put(cancels);
    if (!cancels) return;
    put(object(endpoint.cancel_next));
    put_wide(endpoint.cancel_badge);
}

/// Times are told from now on, and whether they have come; what has come may be used at once.
void Canonical::write_budget(const SchedContext& context) {
    const uint64_t now = machine::simulated().now;
    put(context.count);
    for (unsigned place = 0; place < context.count; ++place) {
        const Refill& piece = context.at(place);
        put_wide(piece.time > now ? piece.time - now : 0);
        put_wide(piece.amount);
    }
}

void Canonical::write_page_table(const PageTable& table) {
    // The entries in front of its cursor are empty.
    put(table.level() | uint64_t{table.dying()} << 4);
    put_entry(table.parent_entry());
    if (stage_.description().translates) {
        put(table.tag().value());
        put(object(table.active_task()));
    }
    for (unsigned i = 0; i < PageTable::entry_count; ++i) {
        // Most of them are empty: eight at a time.
        while (i % 8 == 0 && i < PageTable::entry_count &&
               all_zero(*reinterpret_cast<const uint64_t(*)[8]>(table.entries + i)))
            i += 8;
        if (i == PageTable::entry_count) break;
        const uint64_t entry = table.entries[i];
        if (entry == 0) continue;
        put(i);
        // What it names without its address: the slot or table that the shadow names, and what it allows.
        using Page = machine::PageEntry::Page;
        put(Page::with(entry, 0));
        put(machine::PageEntry::is_table(entry, table.level()) ? object(table.shadow_of<PageTable>(i))
                                                               : slot(table.shadow_of<Slot>(i)));
    }
    put(0xffff);
}

void Canonical::write_object(const Slot& origin) {
    switch (origin.type()) {
    case CapType::cap_table: write_table(*origin.object<CapTable>()); break;
    case CapType::thread: write_thread(*origin.object<Thread>()); break;
    case CapType::address_space:
    case CapType::page_table: write_page_table(*origin.object<PageTable>()); break;
    case CapType::endpoint: write_endpoint(*origin.object<Endpoint>()); break;
    case CapType::notification: {
        const auto& notification = *origin.object<Notification>();
        put_wide(notification.bits);
        write_queue(notification.waiters);
        put(object(notification.bound));
        break;
    }
    case CapType::reply:
        put(object(origin.object<Reply>()->caller));
        put(object(origin.object<Reply>()->holder));
        put(static_cast<uint64_t>(origin.object<Reply>()->settled));
        put(origin.object<Reply>()->holder != nullptr ? origin.object<Reply>()->endpoint : 0);
        break;
    case CapType::sched_context: {
        const auto& context = *origin.object<SchedContext>();
        put(object(context.home));
        put(object(context.waiter));
        put(context.core != nullptr ? 1 : 0);
        if (stage_.description().timed) write_budget(context);
        break;
    }
    default: break;
    }
}

void Canonical::write_core() {
    Core& core = stage_.core();
    put(core.reschedule);
    put(object(core.fpu_owner));
    put(core.current == nullptr ? 1 : 0);
    if (!stage_.takes_turns()) return;
    put(object(core.current));
    for (unsigned priority = 0; priority < abi::priorities; ++priority) {
        for (const Thread* ready = core.ready.first(static_cast<uint8_t>(priority)); ready != nullptr;
             ready = ready->next)
            put(object(ready));
    }
    put(0);
    for (const SchedContext* due = core.release.first(); due != nullptr; due = ReleaseQueue::next(*due))
        put(object(due));
    put(0);
    if (!stage_.description().translates) return;
    Kernel& kernel = stage_.kernel();
    // The clock hand stands last in it.
    put(*(reinterpret_cast<const uint64_t*>(&kernel.tags + 1) - 1));
    for (unsigned tag = 1; tag < machine::tag_count(); ++tag)
        put(object(kernel.tags.space(AddressTag(static_cast<uint16_t>(tag)))));
    for (const auto& [tag, known] : machine::simulated().translations.remembered()) {
        for (const auto& [address, translation] : known) {
            put(tag);
            put_wide(address);
        }
        put(0xffff);
    }
}

}  // namespace selene::test
