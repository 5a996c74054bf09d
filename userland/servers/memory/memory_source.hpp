// SPDX-License-Identifier: BSD-2-Clause
// Where a memory manager has its memory from: untypeds of its own, or another manager.
#pragma once

#include <map>

#include <sel/acceptor.hpp>
#include <sel/untyped_allocator.hpp>

#include "memory_protocol.hpp"

namespace memory_server {

/// A piece of memory on its way: an untyped from which nothing is made.
struct Piece {
    sel::Untyped untyped;
    uint64_t pages;
};

/// Gives out pieces and takes them back.
class MemorySource {
public:
    MemorySource() = default;
    virtual ~MemorySource() = default;
    MemorySource(const MemorySource&) = delete;
    MemorySource& operator=(const MemorySource&) = delete;

    /// A piece of that many pages, a power of two. Errors: no_memory, no_slots; what the other manager refuses.
    [[nodiscard]] virtual sel::Result<Piece> take(uint64_t pages) = 0;
    /// All that was made of the piece is gone afterwards, wherever it is, and its slot is free.
    virtual void give_back(const Piece& piece) = 0;
    /// Pages that there are, lent ones included.
    [[nodiscard]] virtual uint64_t pages() = 0;
};

/// Untypeds that the manager holds itself.
class OwnMemory final : public MemorySource {
public:
    OwnMemory(sel::CapTable table, sel::SlotAllocator& slots) : memory_(table, slots) {}

    /// Errors: those of UntypedAllocator::add.
    sel::Result<void> add(sel::Untyped memory, uint64_t pages);

    [[nodiscard]] sel::Result<Piece> take(uint64_t pages) override;
    void give_back(const Piece& piece) override;
    [[nodiscard]] uint64_t pages() override { return pages_; }

private:
    sel::UntypedAllocator memory_;
    uint64_t pages_ = 0;
};

/// Untypeds that another manager lends, for as long as they are needed.
class LentMemory final : public MemorySource {
public:
    /// `lender` is an account there.
    LentMemory(sel::Endpoint lender, sel::CapTable table, sel::SlotAllocator& slots)
        : lender_(lender), slots_(slots), into_(table, slots) {}

    [[nodiscard]] sel::Result<Piece> take(uint64_t pages) override;
    void give_back(const Piece& piece) override;
    [[nodiscard]] uint64_t pages() override;

private:
    sel::Endpoint lender_;
    sel::SlotAllocator& slots_;
    sel::Acceptor into_;
    std::map<sel::CapIndex, uint64_t> loans_;  // numbers, by slot
};

}  // namespace memory_server
