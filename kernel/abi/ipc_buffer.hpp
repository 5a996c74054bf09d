// SPDX-License-Identifier: BSD-2-Clause
// The layout of a thread's IPC buffer, shared by the kernel and its users.
#pragma once

#include <cstddef>
#include <cstdint>

#include "abi/types.hpp"

namespace selene::abi {

/// Where a receiver takes capabilities: `count` consecutive slots from `first` in a table that it may write. A count of
/// 0 takes none.
struct ReceiveWindow {
    uint64_t table;
    uint64_t first;
    uint64_t count;
};

enum class ItemKind : uint64_t { map = 0, grant = 1 };

/// A capability to send: bits 0 kind, 13 to 8 rights to keep (map), 63 to 32 index of the capability; and the badge
/// that a mapped one gets.
struct MessageItem {
    uint64_t descriptor;
    uint64_t badge;

    static constexpr MessageItem make(ItemKind kind, uint64_t index, uint64_t rights, uint64_t badge) {
        return {static_cast<uint64_t>(kind) | (rights & 63) << 8 | index << 32, badge};
    }
    [[nodiscard]] constexpr ItemKind kind() const { return static_cast<ItemKind>(descriptor & 1); }
    [[nodiscard]] constexpr uint64_t rights() const { return (descriptor >> 8) & 63; }
    [[nodiscard]] constexpr uint64_t index() const { return descriptor >> 32; }
};

/// 1 KiB, aligned to that. Word 8 of a message lies where it would if the registers' words came first, too; in their
/// place stands the window.
struct alignas(1024) IpcBuffer {
    ReceiveWindow window;
    uint64_t reserved[5];
    uint64_t words[message_words - register_words];  ///< words 8 to 119
    MessageItem items[message_items];
};
static_assert(sizeof(IpcBuffer) == ipc_buffer_bytes && offsetof(IpcBuffer, words) == 8 * register_words);

}  // namespace selene::abi
