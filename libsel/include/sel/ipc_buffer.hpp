// SPDX-License-Identifier: BSD-2-Clause
// The memory that a thread shares with the kernel for what does not fit into registers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sel/cap_index.hpp>

namespace sel {

/// What happens to a capability that is sent.
enum class Transfer : uint64_t {
    map = 0,    ///< the receiver gets a child of it
    grant = 1,  ///< the receiver gets the capability itself; it may not have children
};

/// A capability to send with a message. Sending capabilities takes the transfer right on the endpoint.
///
///     63                       16 15     8 7        1 0
///    +---------------------------+--------+----------+--------+
///    |        source slot        | rights |     0    |transfer|
///    +---------------------------+--------+----------+--------+
///    |                         badge                          |   map only: as in CapTable.map
///    +--------------------------------------------------------+
class CapabilityItem {
public:
    constexpr CapabilityItem() = default;

    [[nodiscard]] static constexpr CapabilityItem map(CapIndex source, abi::RightsMask rights, uint64_t badge = 0) {
        return {Transfer::map, source, rights, badge};
    }
    [[nodiscard]] static constexpr CapabilityItem grant(CapIndex source) {
        return {Transfer::grant, source, abi::RightsMask(abi::all_rights), 0};
    }

    [[nodiscard]] constexpr Transfer transfer() const { return static_cast<Transfer>(what_ & 1); }
    [[nodiscard]] constexpr abi::RightsMask rights() const { return abi::RightsMask(what_ >> rights_shift & 0xff); }
    [[nodiscard]] constexpr CapIndex source() const { return CapIndex(what_ >> source_shift); }
    [[nodiscard]] constexpr uint64_t badge() const { return badge_; }

private:
    static constexpr unsigned rights_shift = 8;
    static constexpr unsigned source_shift = 16;

    constexpr CapabilityItem(Transfer transfer, CapIndex source, abi::RightsMask rights, uint64_t badge)
        : what_(static_cast<uint64_t>(transfer) | rights.raw() << rights_shift | source.raw() << source_shift),
          badge_(badge) {}

    uint64_t what_ = 0;
    uint64_t badge_ = 0;
};

/// Where a thread wants the capabilities that it receives: `count` empty slots of a table from `first` on. With
/// count zero it accepts none.
struct ReceiveWindow {
    uint64_t table = abi::no_capability;  ///< index of the capability to the table
    uint64_t first = 0;
    uint64_t count = 0;
};

/// A thread's IPC buffer. The kernel reads it when the thread sends and writes it when the thread receives.
///
///      0  +------------------------------+
///         | receive window               |  where words 0 to 7 would be: these travel in x2 to x9
///     64  +------------------------------+
///         | words 8 to 119 of a message  |
///    960  +------------------------------+
///         | 4 capability items           |
///   1024  +------------------------------+
struct alignas(abi::ipc_buffer_bytes) IpcBuffer {
    ReceiveWindow window;
    std::array<uint64_t, 5> unused;
    std::array<uint64_t, abi::message_words - abi::register_words> words;  ///< of a message, from word 8 on
    std::array<CapabilityItem, abi::message_items> items;
};

static_assert(sizeof(CapabilityItem) == 16);
static_assert(offsetof(IpcBuffer, words) == 64 && offsetof(IpcBuffer, items) == 960);
static_assert(sizeof(IpcBuffer) == abi::ipc_buffer_bytes);

/// The calling thread's IPC buffer; null if it has none.
[[nodiscard]] IpcBuffer* ipc_buffer();

/// Tells the library where the calling thread's buffer is mapped. Start-up does it for the first thread; which
/// memory the kernel takes as buffer, Thread.set_buffer says.
void set_ipc_buffer(IpcBuffer* buffer);

}  // namespace sel
