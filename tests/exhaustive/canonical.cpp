// SPDX-License-Identifier: BSD-2-Clause
// Writing the capabilities and what is pending. The objects: canonical_objects.cpp.
#include "canonical.hpp"

#include <algorithm>

#include "invariants/object_walk.hpp"
#include "object/interrupt_handler.hpp"

namespace selene::test {

namespace {

constexpr uint64_t grain = 32;
constexpr uint16_t any_index = 0xffff;
constexpr uint16_t refuge_index = 0xfffe;

}  // namespace

Canonical::Canonical(Stage& stage)
    : stage_(stage),
      slots_(machine::Memory::bytes / grain),
      objects_(machine::Memory::bytes / grain),
      locations_(machine::Memory::bytes / grain) {}

void Canonical::put_wide(uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 16) put(value >> shift);
}

Canonical::Place& Canonical::place(std::vector<Place>& of, const void* address) {
    const auto* start = machine::simulated().memory.contents().data();
    return of[static_cast<uint64_t>(static_cast<const std::byte*>(address) - start) / grain];
}

Canonical::Number Canonical::number(std::vector<Place>& of, const void* address) {
    if (address == nullptr) return 0;
    if (address == &stage_.kernel().tree.anchor()) return any_index;
    const Place& found = place(of, address);
    // What is dead has no number, and nothing that lives should name it.
    return found.round == round_ ? found.number : any_index;
}

void Canonical::locate(const Slot& origin) {
    const auto where = [&](const Slot& slot, uint64_t index) {
        if (slot.empty()) return;
        place(locations_, &slot) = {round_, static_cast<Number>(index)};
    };
    switch (origin.type()) {
    case CapType::cap_table: {
        auto& table = *origin.object<CapTable>();
        // Of what nobody destroys, nobody sees the order.
        const bool ordered = &table != stage_.interchangeable() && !stage_.is_keeper(table);
        for (uint64_t i = 0; i < table.count(); ++i) where(table.slots()[i], ordered ? i : any_index);
        where(table.refuge(), refuge_index);
        break;
    }
    case CapType::task: {
        auto& task = *origin.object<Task>();
        where(task.table_slot, 0);
        where(task.space_slot, 1);
        where(task.fault_slot, 2);
        where(task.timeout_slot, 3);
        break;
    }
    case CapType::thread:
        where(origin.object<Thread>()->task_slot, 0);
        where(origin.object<Thread>()->buffer_slot, 1);
        break;
    case CapType::interrupt_handler: where(origin.object<InterruptHandler>()->notification_slot, 0); break;
    default: break;
    }
}

void Canonical::number_all() {
    ++round_;
    list_.clear();
    Slot* anchor = &stage_.kernel().tree.anchor();
    for (Slot* slot = anchor->next(); slot != anchor; slot = slot->next()) {
        list_.push_back(slot);
        const auto position = static_cast<Number>(list_.size());
        place(slots_, slot) = {round_, position};
        if (!slot->origin()) continue;
        if (slot->type() != CapType::untyped && slot->type() != CapType::frame && slot->object<void>() != nullptr)
            place(objects_, slot->object<void>()) = {round_, position};
    }
    for (const Slot* slot : list_) {
        if (slot->origin()) locate(*slot);
    }
}

void Canonical::write_slot(const Slot& slot, const Slot* parent) {
    const Capability capability = slot.capability();
    put(static_cast<uint64_t>(slot.type()) | uint64_t{slot.origin()} << 5 | uint64_t{slot.closing()} << 6 |
        uint64_t{capability.rights().mask()} << 8);
    put(this->slot(parent));
    put(place(locations_, &slot).number);
    switch (slot.type()) {
    case CapType::untyped: {
        const Untyped untyped(slot);
        const bool used = slot.has_children();
        // Without children all of it is free, whatever it says.
        put_wide(untyped.bytes());
        put_wide(used ? untyped.watermark() : 0);
        put(used || untyped.watermark() == 0 ? untyped.zeroed() / Untyped::zeroed_grain : 0);
        put(uint64_t{untyped.device()});
        return;
    }
    case CapType::frame: {
        // Whose memory it is the tree says.
        const Frame frame(slot);
        put(frame.size_bits() | uint64_t{frame.device()} << 8);
        put_entry(frame.entry());
        return;
    }
    case CapType::installed_buffer: return;
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control: return;
    default: break;
    }
    put(object(slot.object<void>()));
    put_wide(capability.word1());
}

void Canonical::write_named_slot(uint64_t index) {
    CapTable* table = stage_.interchangeable();
    if (table == nullptr) return put(index);
    if (index >= table->count()) return put(any_index);
    const Slot& named = table->slots()[index];
    if (!named.empty()) return put(slot(&named));
    const auto known = std::ranges::find(empties_, static_cast<uint8_t>(index));
    put(0x8000u | static_cast<uint64_t>(known - empties_.begin()));
    if (known == empties_.end()) empties_.push_back(static_cast<uint8_t>(index));
}

/// The slots that it names are told by what they hold. An index into a table whose slots are not interchangeable is
/// told as it is, too.
void Canonical::write_pending(const Thread& thread, const Operation& operation) {
    const Form& form = stage_.description().forms[operation.form];
    put(0x100u | operation.form);
    for (size_t i = 0; i < form.parameters.size(); ++i) {
        const Parameter& parameter = form.parameters[i];
        switch (parameter.role) {
        case Role::capability:
        case Role::reply: write_named_slot(operation.arguments[i]); break;
        case Role::to:
        case Role::from: {
            write_named_slot(operation.arguments[i]);
            CapTable* table = stage_.interchangeable();
            const uint64_t named = operation.arguments[parameter.of];
            const bool common = table != nullptr && named < table->count() &&
                                table->slots()[named].type() == CapType::cap_table &&
                                table->slots()[named].object<CapTable>() == table;
            put(common ? any_index : operation.arguments[i]);
            break;
        }
        case Role::choice:
        case Role::follows: put(value_of(form, operation, i)); break;
        }
    }
    // How far it is.
    if (Stage::has_to_repeat(thread)) put(thread.registers.x[2 + abi::register_words - 1]);
}

std::span<const uint16_t> Canonical::write(const Thread* without) {
    without_ = without;
    text_.clear();
    empties_.clear();
    number_all();
    invariant::Ancestors ancestors;
    for (Slot* slot : list_) write_slot(*slot, ancestors.enter(*slot));
    for (const Slot* slot : list_) {
        if (slot->origin()) write_object(*slot);
    }
    write_core();
    return text_;
}

}  // namespace selene::test
