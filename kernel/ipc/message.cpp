// SPDX-License-Identifier: BSD-2-Clause
// Message transfer off the hot path: long messages and capabilities.
#include "ipc/message.hpp"

#include "capability/capability_space.hpp"
#include "capability/derive.hpp"
#include "object/cap_table.hpp"

namespace selene::message {

namespace {

using abi::ErrorCode;

abi::IpcBuffer& buffer_of(const Thread& thread) SELENE_REQUIRES(own_core) {
    return *reinterpret_cast<abi::IpcBuffer*>(thread.buffer);
}

/// Most of a long message's cost is here.
void copy(const uint64_t* from, uint64_t* to, uint64_t count) {
    for (; count >= block; count -= block, from += block, to += block) copy_block(from, to);
    for (; count > 0; --count) *to++ = *from++;
}

/// The slots that a receiver takes capabilities into.
struct Window {
    Slot* first;
    uint64_t count;
};

Result<Window> window_of(Thread& receiver) SELENE_REQUIRES(own_core) {
    if (receiver.buffer == nullptr) return Window{nullptr, 0};
    const abi::ReceiveWindow window = buffer_of(receiver).window;
    if (window.count == 0) return Window{nullptr, 0};
    TRY(slot, look_up(*receiver.task, CapIndex(window.table), 0));
    if (slot->type() != CapType::cap_table)
        return refuse(ErrorCode::wrong_type, 0, static_cast<uint64_t>(object_type(slot->type())));
    if (!slot->capability().allows(rights::write)) return refuse(ErrorCode::missing_right, 0, rights::write.mask());
    CapTable& table = *slot->object<CapTable>();
    const uint64_t count = window.count < abi::message_items ? window.count : abi::message_items;
    if (table.slot(window.first) == nullptr || table.slot(window.first + count - 1) == nullptr) {
        return refuse(ErrorCode::index_out_of_range, 0, window.first + count - 1);
    }
    return Window{table.slot(window.first), count};
}

bool lacks_buffer(const Thread& sender, abi::Tag tag) SELENE_REQUIRES(own_core) {
    return sender.buffer == nullptr && (tag.length() > abi::register_words || tag.items() > 0);
}

/// The slot of an item, fit to be sent.
Result<Slot*> sendable(Thread& sender, const abi::MessageItem& item, unsigned number)
    SELENE_REQUIRES(tree_lock, own_core) {
    auto slot = look_up(*sender.task, CapIndex(item.index()), number);
    if (!slot) return refuse(ErrorCode::bad_item, number, static_cast<uint64_t>(slot.error()));
    const Result<void> fit = item.kind() == abi::ItemKind::grant
                                 ? derive::check_move(**slot, {number, item.index()})
                                 : derive::check_child(**slot, item.badge, {number, item.index()});
    if (!fit) return refuse(ErrorCode::bad_item, number, static_cast<uint64_t>(fit.error()));
    if (item.kind() == abi::ItemKind::grant && (*slot)->has_children()) {
        return refuse(ErrorCode::bad_item, number, static_cast<uint64_t>(ErrorCode::has_children));
    }
    return *slot;
}

Result<void> transfer_items(Core& core, Thread& sender, Thread& receiver, unsigned count) SELENE_REQUIRES(own_core) {
    // Whoever brings or awaits items takes it before the endpoint's.
    tree_lock.assert_held();
    auto window = window_of(receiver);
    const uint64_t room = window ? window->count : 0;
    if (room < count) return refuse(ErrorCode::window_full, count, room);
    // Read once: whoever shares the buffer may write to it from another core.
    abi::MessageItem items[abi::message_items];
    Slot* sources[abi::message_items];
    for (unsigned i = 0; i < count; ++i) {
        items[i] = buffer_of(sender).items[i];
        TRY(source, sendable(sender, items[i], i));
        sources[i] = source;
        if (!window->first[i].empty()) return refuse(ErrorCode::window_full, count, i);
        for (unsigned earlier = 0; earlier < i; ++earlier) {
            // One capability twice is fine unless one of the two takes it away: a grant does, and a map of an untyped
            // hands over all of its memory.
            const bool takes_away =
                items[i].kind() == abi::ItemKind::grant || items[earlier].kind() == abi::ItemKind::grant;
            if (sources[earlier] == source && (takes_away || source->type() == CapType::untyped)) {
                return refuse(ErrorCode::bad_item, i, static_cast<uint64_t>(ErrorCode::in_use));
            }
        }
    }
    for (unsigned i = 0; i < count; ++i) {
        if (items[i].kind() == abi::ItemKind::grant) {
            derive::move(core.kernel->tree, *sources[i], window->first[i]);
        } else {
            derive::child(*sources[i], window->first[i], Rights::from_mask(items[i].rights()), items[i].badge);
        }
    }
    return {};
}

}  // namespace

Result<void> check(const Thread& sender, abi::Tag tag) {
    if ((tag.raw() & ~abi::Tag::user_mask) != 0) return refuse(ErrorCode::invalid_tag, tag.raw());
    if (tag.length() > abi::message_words) return refuse(ErrorCode::message_too_long, tag.length(), abi::message_words);
    if (tag.items() > abi::message_items) return refuse(ErrorCode::invalid_tag, tag.raw());
    if (lacks_buffer(sender, tag)) return refuse(ErrorCode::no_buffer, 0);
    return {};
}

void copy_words(const Thread& sender, Thread& receiver, abi::Tag tag) {
    copy_registers(sender, receiver);
    if (tag.length() > abi::register_words)
        copy(buffer_of(sender).words, buffer_of(receiver).words, tag.length() - abi::register_words);
}

Result<void> check_window(Thread& receiver) {
    TRY(window, window_of(receiver));
    for (uint64_t i = 0; i < window.count; ++i) {
        if (!window.first[i].empty()) return refuse(ErrorCode::occupied_slot, 0, i);
    }
    return {};
}

Result<void> transfer(Core& core, Thread& sender, Thread& receiver, abi::Tag tag) {
    // It may have lost its buffer while it waited.
    if (lacks_buffer(sender, tag)) return refuse(ErrorCode::no_buffer, 0);
    if (tag.length() > abi::register_words && receiver.buffer == nullptr) return refuse(ErrorCode::no_buffer, 1);
    if (tag.items() > 0) TRY_VOID(transfer_items(core, sender, receiver, static_cast<unsigned>(tag.items())));
    copy_words(sender, receiver, tag);
    return {};
}

void deliver_error(Thread& thread, abi::ErrorCode code, const Refusal& refusal) {
    thread.registers.x[0] = static_cast<uint64_t>(code);
    thread.registers.x[1] = abi::Tag{}.with_error().raw();
    thread.registers.x[2] = refusal.detail0;
    thread.registers.x[3] = refusal.detail1;
    thread.registers.x[4] = refusal.done;
}

}  // namespace selene::message
