// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the memory server, and its client side as functions.
#pragma once

#include <cstdint>

#include <sel/endpoint.hpp>
#include <sel/ipc_buffer.hpp>
#include <sel/objects.hpp>
#include <sel/slot_allocator.hpp>

namespace memory_server {

// A client calls the server through its endpoint; the badge tells the server which client it is.
//
//     operation  request                       answer
//     allocate   label 1                       label 0, word 0 a number that names the frame, a frame of 4 KiB as item
//     release    label 2, word 0 that number   label 0; the frame is gone from wherever it was
//     available  label 3                       label 0, word 0 the pages that are left
//
// A request that cannot be served is answered with another label.
enum class Operation : uint32_t { allocate = 1, release = 2, available = 3 };
enum class Answer : uint32_t { done = 0, not_understood = 1, no_memory = 2, not_yours = 3 };

/// A frame that the server has lent.
struct LentFrame {
    sel::Frame frame;
    uint64_t number;
};

/// What a request came to: the server's answer, or why there was none.
[[nodiscard]] inline sel::Result<sel::Message> ask(sel::Endpoint server, const sel::Message& request) {
    SEL_TRY(answer, server.call(request));
    if (answer.label() != static_cast<uint32_t>(Answer::done)) {
        return sel::refused({sel::LibraryError::unexpected_message, answer.label(), answer.length()});
    }
    return answer;
}

/// Ask for a frame of 4 KiB, zeroed; the capability to it comes into a slot of `slots` in `table`, the own table.
[[nodiscard]] inline sel::Result<LentFrame> allocate(sel::Endpoint server, sel::CapTable table,
                                                     sel::SlotAllocator& slots) {
    SEL_TRY(slot, slots.allocate());
    SEL_TRY_VOID(sel::set_receive_window(table.index(), slot.raw(), 1));
    auto answer = ask(server, sel::Message(Operation::allocate));
    (void)sel::set_receive_window(table.index(), 0, 0);
    if (!answer || answer->items() != 1) {
        (void)slots.release(slot);
        if (!answer) {
            return sel::refused(answer.error());
        }
        return sel::refused({sel::LibraryError::unexpected_message, answer->label(), answer->length()});
    }
    return LentFrame{sel::Frame(slot), answer->word(0)};
}

/// Give a frame back: it disappears from this component and from everybody it was passed on to.
inline sel::Result<void> release(sel::Endpoint server, const LentFrame& lent, sel::SlotAllocator& slots) {
    SEL_TRY_VOID(ask(server, sel::Message(Operation::release, lent.number)));
    return slots.release(lent.frame.index());
}

/// Pages that the server has left.
[[nodiscard]] inline sel::Result<uint64_t> available(sel::Endpoint server) {
    SEL_TRY(answer, ask(server, sel::Message(Operation::available)));
    return answer.word(0);
}

}  // namespace memory_server
