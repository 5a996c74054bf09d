// SPDX-License-Identifier: BSD-2-Clause
// Kernel objects from untyped memory, and back again.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include <sel/objects.hpp>
#include <sel/result.hpp>
#include <sel/slot_allocator.hpp>

namespace sel {

/// Makes kernel objects from the untyped memory that a component holds and takes their memory back when they are
/// released.
///
/// An untyped gives its memory back only when nothing made from it is left. So the allocator cuts its untypeds into
/// blocks of 2^n pages, each an untyped of its own, halving larger ones as needed and joining halves when both are
/// free (a buddy system whose tree is the kernel's derivation tree):
///
///     added   [ 8 pages                               ]
///     split   [ 4 pages          ][ 4 pages, free     ]
///     split   [ 2, frames ][2, free]
///
/// Each request has a block of its own, except that objects of at most half a page share one. Every block in use
/// costs a slot, every object one more. Rights needed: W on each untyped, W on the table.
///
/// Example: an endpoint, for as long as some work takes.
///
///     sel::Result<void> with_endpoint(sel::UntypedAllocator& memory, sel::Result<void> (*work)(sel::Endpoint)) {
///         SEL_TRY(made, memory.allocate({.type = sel::abi::ObjectType::endpoint}));
///         SEL_TRY_VOID(work(made.as<sel::Endpoint>()));
///         return memory.release(made);
///     }
class UntypedAllocator {
public:
    /// What to make: the arguments of Untyped.retype.
    struct Request {
        abi::ObjectType type;
        uint64_t size = 0;
        uint64_t count = 1;
    };

    /// Objects that were made: capabilities in consecutive slots. A name, not an owner: release it once.
    struct Objects {
        CapIndex first;
        uint64_t count = 0;

        /// The capability with this number as one to an object of type T.
        template <typename T>
        [[nodiscard]] T as(uint64_t number = 0) const {
            return T(first + number);
        }
    };

    /// `table` is the component's own table, whose free slots `slots` knows.
    UntypedAllocator(CapTable table, SlotAllocator& slots) : table_(table), slots_(slots) {}

    /// Destroys whatever is left of the objects; the added untypeds are whole again.
    ~UntypedAllocator();
    UntypedAllocator(const UntypedAllocator&) = delete;
    UntypedAllocator& operator=(const UntypedAllocator&) = delete;

    /// Adds an untyped of `pages` pages (of 4 KiB) from which nothing has been made.
    /// Errors: no_slots; what retype refuses.
    Result<void> add(Untyped memory, uint64_t pages);

    /// The same for one whose size the caller does not know: the kernel's refusal to make too much of it tells.
    Result<void> add(Untyped memory);

    /// Makes objects; all of them or none.
    /// Errors: no_memory, no_slots; what retype refuses.
    [[nodiscard]] Result<Objects> allocate(const Request& request);

    /// Destroys the objects of one request, and with them everything derived from their capabilities, wherever it is.
    /// Errors: not_allocated if they are not what allocate returned, or gone; what unmap refuses.
    Result<void> release(const Objects& objects);

    /// Where a slot lies: the arguments of methods that take a table and a number there.
    [[nodiscard]] SlotPlace place(CapIndex index) const { return slots_.place(table_, index); }

    /// Whose slots the objects are in.
    [[nodiscard]] SlotAllocator& slots() const { return slots_; }

    /// Whether it is cutting up memory just now, for which it takes slots: no time to make anything else.
    [[nodiscard]] bool is_cutting() const { return is_cutting_; }

    /// Pages in blocks that nothing uses.
    [[nodiscard]] uint64_t free_pages() const;

private:
    static constexpr unsigned orders = 27;  // an untyped has at most 2^26 pages

    enum class Use : uint8_t { free, split, objects };

    struct Block {
        Untyped untyped;
        unsigned order = 0;  // 2^order pages
        Block* parent = nullptr;
        Use use = Use::free;
        uint64_t live = 0;  // objects that have not been released
        std::unique_ptr<std::array<Block, 2>> halves{};
    };

    struct Held {
        uint64_t count;
        Block* block;
    };

    struct Root {
        Untyped untyped;
        CapIndex pieces;  // slots of the blocks that it was cut into; none if it is a block itself
        std::vector<std::unique_ptr<Block>> blocks{};
    };

    Result<void> add_piece(Root& root, unsigned order, CapIndex slot);
    [[nodiscard]] Result<Block*> take(unsigned order);
    [[nodiscard]] Result<void> split(Block& block);
    void put(Block& block);
    void make_free(Block& block);
    void release_slots(const Block& block);
    [[nodiscard]] Result<void> retype(Block& block, const Request& request, CapIndex first);
    [[nodiscard]] Result<Block*> make(const Request& request, uint64_t bytes, CapIndex first);
    [[nodiscard]] Result<Block*> make_in(unsigned order, const Request& request, CapIndex first);
    void empty(CapIndex first, uint64_t count, abi::KeepRoot root);

    CapTable table_;
    SlotAllocator& slots_;
    std::list<Root> roots_;
    std::map<CapIndex, Held> held_;  // the objects, by their first slot
    std::array<std::vector<Block*>, orders> free_;
    bool is_cutting_ = false;
    Block* shared_ = nullptr;  // the page that small objects are made in at present
};

}  // namespace sel
