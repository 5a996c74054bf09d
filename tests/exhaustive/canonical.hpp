// SPDX-License-Identifier: BSD-2-Clause
// Canonical: a state written down without names, so that states that only their names keep apart are the same text.
#pragma once

#include <span>
#include <vector>

#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "object/page_table.hpp"
#include "stage.hpp"

namespace selene::test {

/// Capabilities are numbered in the order of the derivation list, which matters to what an unmap does next, and objects
/// by their origins, so that the text has no address. Of depths only the tree counts that they say. Not in it are:
/// - messages and results, time, how much of a slice is left;
/// - which slot of the common table a capability lies in: no operation can tell, but by the slots that pending
///   operations name, and those are told apart;
/// - which of the runnable threads is the current one, and hardware tags, but for worlds in which these matter: all
///   threads have one priority, and each can be brought to run from either state;
/// - how many of a dying table's empty slots or entries have been passed.
class Canonical {
public:
    explicit Canonical(Stage& stage);

    /// The text of the present state; of `without` not what it has to repeat. Valid until the next call.
    [[nodiscard]] std::span<const uint16_t> write(const Thread* without = nullptr);

private:
    using Number = uint16_t;
    /// A number given to the 32 bytes at an address, in one round of writing.
    struct Place {
        uint32_t round = 0;
        Number number = 0;
    };

    void put(uint64_t value) { text_.push_back(static_cast<uint16_t>(value)); }
    void put_wide(uint64_t value);
    [[nodiscard]] Place& place(std::vector<Place>& of, const void* address);
    [[nodiscard]] Number number(std::vector<Place>& of, const void* address);
    [[nodiscard]] Number object(const void* address) { return number(objects_, address); }
    [[nodiscard]] Number slot(const Slot* address) { return number(slots_, address); }
    /// Where a page-table entry is: the table, and which of its entries.
    void put_entry(const uint64_t* entry);
    void put_ring(const RingNode& node);

    void number_all();
    void locate(const Slot& origin);
    void write_slot(const Slot& slot, const Slot* parent);
    void write_object(const Slot& origin);
    void write_table(CapTable& table);
    void write_thread(Thread& thread);
    void write_endpoint(const Endpoint& endpoint);
    void write_budget(const SchedContext& context);
    void write_page_table(const PageTable& table);
    void write_queue(const WaitQueue& queue);
    void write_core();
    void write_pending(const Thread& thread, const Operation& operation);
    void write_named_slot(uint64_t index);

    Stage& stage_;
    std::vector<uint16_t> text_;
    uint32_t round_ = 0;
    std::vector<Place> slots_;
    std::vector<Place> objects_;
    std::vector<Place> locations_;  ///< of a slot: its container's number
    std::vector<Slot*> list_;
    std::vector<uint8_t> empties_;  ///< empty slots of the common table that pending operations name
    const Thread* without_ = nullptr;
};

}  // namespace selene::test
