// SPDX-License-Identifier: BSD-2-Clause
// The memory that a thread shares with the kernel for what does not fit into registers: long messages, capabilities.
#pragma once

#include <cstdint>

#include <sel/cap_index.hpp>
#include <sel/result.hpp>

#include "abi/ipc_buffer.hpp"

namespace sel {

/// A thread's IPC buffer. The kernel reads it when the thread sends and writes it when the thread receives.
///
///      0  +------------------------------+
///         | receive window               |  where words 0 to 7 would be: these travel in x2 to x9
///     64  +------------------------------+
///         | words 8 to 119 of a message  |
///    960  +------------------------------+
///         | 4 capability items           |
///   1024  +------------------------------+
///
/// Example: a frame for a partner, to be read.
///
///     sel::Result<void> pass_on(sel::Endpoint partner, sel::Frame frame) {
///         sel::Message message(1);
///         SEL_TRY_VOID(message.append(sel::mapped_item(frame.index(), sel::abi::RightsMask(sel::abi::Right::read))));
///         return partner.send(message);
///     }
using abi::IpcBuffer;

/// The calling thread's IPC buffer; null if it has none.
[[nodiscard]] IpcBuffer* ipc_buffer();

/// Tells the library where the calling thread's buffer is mapped. Start-up does it for the first thread; which
/// memory the kernel takes as buffer, Thread.set_buffer says.
void set_ipc_buffer(IpcBuffer* buffer);

/// A capability to send, of which the receiver gets a child with these rights. The badge is as in CapTable.map.
[[nodiscard]] constexpr abi::MessageItem mapped_item(CapIndex source, abi::RightsMask rights, uint64_t badge = 0) {
    return abi::MessageItem::make(abi::ItemKind::map, source.raw(), rights.raw(), badge);
}

/// A capability to send that the receiver gets itself, so that the sender has it no more. It may not have children.
[[nodiscard]] constexpr abi::MessageItem granted_item(CapIndex source) {
    return abi::MessageItem::make(abi::ItemKind::grant, source.raw(), abi::all_rights, 0);
}

/// Says where the calling thread takes the capabilities that it receives from now on: into `count` empty slots of a
/// table from `first` on, up to four at a time. With count zero, as at the start, it accepts none.
/// Rights needed when they arrive: W on the table. Errors: no_ipc_buffer.
Result<void> set_receive_window(CapIndex table, uint64_t first, uint64_t count);

}  // namespace sel
