// SPDX-License-Identifier: BSD-2-Clause
// A buddy system of untypeds: splitting is retype, joining is unmap.

#include <sel/untyped_allocator.hpp>

#include <algorithm>
#include <bit>

#include <sel/table_links.hpp>

#include "abi/object_sizes.hpp"

namespace sel {

namespace {

constexpr uint64_t page_bytes = 4096;

unsigned order_for(uint64_t bytes) {
    const uint64_t pages = std::max<uint64_t>(1, bytes / page_bytes + (bytes % page_bytes != 0 ? 1 : 0));
    return static_cast<unsigned>(std::bit_width(pages - 1));
}

}  // namespace

UntypedAllocator::~UntypedAllocator() {
    // What is made from an untyped goes in one step; then all slots are empty and only need to be given back.
    for (const Root& root : roots_) {
        empty(root.untyped.index(), 1, abi::KeepRoot::descendants);
    }
    for (const auto& [first, held] : held_) {
        (void)slots_.release(first, held.count);
    }
    for (const Root& root : roots_) {
        for (const auto& block : root.blocks) {
            release_slots(*block);
        }
        if (!root.pieces.is_none()) {
            (void)slots_.release(root.pieces, root.blocks.size());
        }
    }
    if (TableLinks* const links = slots_.links()) links->leave(*this);
}

void UntypedAllocator::release_slots(const Block& block) {
    if (block.halves) {
        (void)slots_.release((*block.halves)[0].untyped.index(), block.halves->size());
        release_slots((*block.halves)[0]);
        release_slots((*block.halves)[1]);
    }
}

Result<void> UntypedAllocator::add(Untyped memory, uint64_t pages) {
    Root& root = roots_.emplace_back(Root{.untyped = memory, .pieces = {}});
    if (std::has_single_bit(pages)) {
        root.blocks.push_back(
            std::make_unique<Block>(Block{.untyped = memory, .order = order_for(pages * page_bytes)}));
    } else {
        const auto slots = slots_.allocate(static_cast<uint64_t>(std::popcount(pages)));
        if (!slots) {
            roots_.pop_back();
            return refused(slots.error());
        }
        root.pieces = *slots;
        for (uint64_t rest = pages; rest != 0; rest &= ~std::bit_floor(rest)) {
            const auto order = static_cast<unsigned>(std::countr_zero(std::bit_floor(rest)));
            if (const auto added = add_piece(root, order, *slots + root.blocks.size()); !added) {
                empty(memory.index(), 1, abi::KeepRoot::descendants);
                (void)slots_.release(*slots, static_cast<uint64_t>(std::popcount(pages)));
                roots_.pop_back();
                return added;
            }
        }
    }
    for (const auto& block : root.blocks) {
        make_free(*block);
    }
    return {};
}

Result<void> UntypedAllocator::add(Untyped memory) {
    constexpr uint64_t most_pages = uint64_t{1} << (orders - 1);
    SEL_TRY(index, slots_.allocate());
    const auto [table, slot] = place(index);
    const auto made = memory.retype(
        {.type = abi::ObjectType::untyped, .size = most_pages, .count = 1, .table = table, .first = slot});
    if (made) empty(index, 1, abi::KeepRoot::self);
    (void)slots_.release(index);
    if (made) return add(memory, most_pages);
    if (!made.error().is(abi::ErrorCode::out_of_memory)) return refused(made.error());
    return add(memory, made.error().details[1] / 4096);
}

Result<void> UntypedAllocator::add_piece(Root& root, unsigned order, CapIndex slot) {
    Block whole{.untyped = root.untyped};
    SEL_TRY_VOID(retype(whole, {abi::ObjectType::untyped, uint64_t{1} << order, 1}, slot));
    root.blocks.push_back(std::make_unique<Block>(Block{.untyped = Untyped(slot), .order = order}));
    return {};
}

Result<UntypedAllocator::Objects> UntypedAllocator::allocate(const Request& request) {
    if (!abi::is_valid_size(request.type, request.size) || request.count == 0) {
        return refused({abi::ErrorCode::argument_out_of_range, 2});
    }
    uint64_t bytes = 0;
    const uint64_t each = abi::object_bytes(request.type, request.size);
    if (__builtin_mul_overflow(each, request.count, &bytes) || order_for(bytes) >= orders) {
        return refused({LibraryError::no_memory, bytes});
    }
    SEL_TRY(first, slots_.allocate(request.count));
    const auto block = make(request, bytes, first);
    if (!block) {
        (void)slots_.release(first, request.count);
        return refused(block.error());
    }
    (*block)->live += request.count;
    held_[first] = {request.count, *block};
    return Objects{first, request.count};
}

Result<UntypedAllocator::Block*> UntypedAllocator::make(const Request& request, uint64_t bytes, CapIndex first) {
    if (bytes > page_bytes / 2) {
        const auto block = make_in(order_for(bytes), request, first);
        // A block is aligned to pages only; one twice as large holds the objects at any alignment up to their size.
        const bool is_misplaced = !block && block.error().is(abi::ErrorCode::out_of_memory);
        return is_misplaced ? make_in(order_for(bytes) + 1, request, first) : block;
    }
    if (shared_ != nullptr) {
        const auto made = retype(*shared_, request, first);
        if (made) {
            return shared_;
        }
        if (!made.error().is(abi::ErrorCode::out_of_memory)) {
            return refused(made.error());
        }
        if (Block* full = std::exchange(shared_, nullptr); full->live == 0) {
            put(*full);
        }
    }
    SEL_TRY(block, make_in(0, request, first));
    shared_ = block;
    return block;
}

Result<UntypedAllocator::Block*> UntypedAllocator::make_in(unsigned order, const Request& request, CapIndex first) {
    is_cutting_ = true;
    const auto taken = take(order);
    is_cutting_ = false;
    SEL_TRY(block, taken);
    if (const auto made = retype(*block, request, first); !made) {
        put(*block);
        return refused(made.error());
    }
    return block;
}

Result<void> UntypedAllocator::retype(Block& block, const Request& request, CapIndex first) {
    const auto [table, slot] = place(first);
    const auto made = block.untyped.retype(
        {.type = request.type, .size = request.size, .count = request.count, .table = table, .first = slot});
    if (!made) {
        empty(first, made.error().done, abi::KeepRoot::self);
        return refused(made.error());
    }
    return {};
}

Result<void> UntypedAllocator::release(const Objects& objects) {
    const auto found = held_.find(objects.first);
    if (found == held_.end() || found->second.count != objects.count) {
        return refused({LibraryError::not_allocated, objects.first.raw()});
    }
    const auto [table, slot] = place(objects.first);
    SEL_TRY_VOID(table.unmap({slot, objects.count, abi::KeepRoot::self}));
    SEL_TRY_VOID(slots_.release(objects.first, objects.count));
    Block& block = *found->second.block;
    held_.erase(found);
    block.live -= objects.count;
    if (block.live == 0 && &block != shared_) {
        put(block);
    }
    return {};
}

uint64_t UntypedAllocator::free_pages() const {
    uint64_t pages = 0;
    for (unsigned order = 0; order < orders; ++order) {
        pages += free_[order].size() << order;
    }
    return pages;
}

// --- Blocks ---------------------------------------------------------------------------------------------------------

Result<UntypedAllocator::Block*> UntypedAllocator::take(unsigned order) {
    unsigned found = order;
    while (found < orders && free_[found].empty()) {
        ++found;
    }
    if (found >= orders) {
        return refused({LibraryError::no_memory, page_bytes << order});
    }
    for (; found > order; --found) {
        Block& block = *free_[found].back();
        if (const auto halved = split(block); !halved) {
            // What was split on the way here becomes whole again.
            std::erase(free_[found], &block);
            put(block);
            return refused(halved.error());
        }
    }
    Block* block = free_[order].back();
    free_[order].pop_back();
    block->use = Use::objects;
    return block;
}

Result<void> UntypedAllocator::split(Block& block) {
    SEL_TRY(slots, slots_.allocate(2));
    const unsigned order = block.order - 1;
    if (const auto made = retype(block, {abi::ObjectType::untyped, uint64_t{1} << order, 2}, slots); !made) {
        (void)slots_.release(slots, 2);
        return made;
    }
    std::erase(free_[block.order], &block);
    block.use = Use::split;
    block.halves = std::make_unique<std::array<Block, 2>>();
    for (unsigned half = 0; half < 2; ++half) {
        (*block.halves)[half] = {.untyped = Untyped(slots + half), .order = order, .parent = &block};
        make_free((*block.halves)[half]);
    }
    return {};
}

/// Frees a block in which nothing lives any more, and every larger one that becomes whole by it.
void UntypedAllocator::put(Block& block) {
    make_free(block);
    for (Block* parent = block.parent; parent != nullptr; parent = parent->parent) {
        auto& halves = *parent->halves;
        if (halves[0].use != Use::free || halves[1].use != Use::free) {
            return;
        }
        std::erase(free_[halves[0].order], &halves[0]);
        std::erase(free_[halves[1].order], &halves[1]);
        empty(parent->untyped.index(), 1, abi::KeepRoot::descendants);
        (void)slots_.release(halves[0].untyped.index(), halves.size());
        parent->halves.reset();
        make_free(*parent);
    }
}

void UntypedAllocator::make_free(Block& block) {
    block.use = Use::free;
    free_[block.order].push_back(&block);
}

/// Takes capabilities out of the table that this allocator itself has put there, which the kernel does not refuse.
void UntypedAllocator::empty(CapIndex first, uint64_t count, abi::KeepRoot root) {
    if (count == 0) return;
    const auto [table, slot] = place(first);
    (void)table.unmap({slot, count, root});
}

}  // namespace sel
