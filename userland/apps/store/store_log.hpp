// SPDX-License-Identifier: BSD-2-Clause
// The store's memory: a log and snapshots in frames that outlive the server.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "store_protocol.hpp"

namespace store {

/// All that the store knows.
struct Contents {
    struct Client {
        uint64_t number;  ///< of its last request
        uint64_t answer;  ///< to that
    };

    std::array<uint64_t, keys> values;
    std::array<Client, clients> clients_seen;
};

/// What one request has changed.
struct Record {
    uint64_t client;  ///< from 0 on
    uint64_t number;
    uint64_t key;
    uint64_t value;  ///< what it is now: also the answer
};

/// A log that may be cut off at any instruction. What is valid, one word says, which is written last:
///
///     head   generation (upper half) and count of records (lower half)
///     two snapshots: that of the generation, and room for the next one's
///     records, `count` of which follow upon the snapshot
///
/// When there is no room for a record, the next snapshot is written, and then a head with the next generation and no
/// records. Memory that is zero is an empty log. The caller is the only one who writes.
class StoreLog {
public:
    /// `memory` is aligned to 8 bytes. Without room for a record, nothing can be read.
    explicit StoreLog(std::span<std::byte> memory);

    /// What is in it, from the beginning or after a restart. Nothing if it is no log: a predecessor may have written
    /// anything.
    [[nodiscard]] std::optional<Contents> read() const;

    /// Makes a change last; `contents` are those with the change. When this returns it has happened for ever.
    void append(const Record& record, const Contents& contents);

    /// Records that there is room for between two snapshots.
    [[nodiscard]] uint64_t room() const { return room_; }

private:
    struct Head {
        uint64_t word;
        std::array<Contents, 2> snapshots;
    };

    static constexpr uint64_t generation_unit = uint64_t{1} << 32;

    [[nodiscard]] uint64_t head() const {
        return std::atomic_ref(head_->word).load(std::memory_order_acquire);  // pairs with set_head
    }
    void set_head(uint64_t word) {
        std::atomic_ref(head_->word).store(word, std::memory_order_release);  // pairs with head
    }
    [[nodiscard]] Contents& snapshot(uint64_t word) const { return head_->snapshots[word / generation_unit % 2]; }

    Head* head_;
    Record* records_;
    uint64_t room_;
};

}  // namespace store
