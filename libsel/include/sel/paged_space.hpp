// SPDX-License-Identifier: BSD-2-Clause
// An address space whose pages come when they are touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include <sel/fault.hpp>
#include <sel/mapper.hpp>

namespace sel {

/// Where the pages of a region come from.
enum class PageSource : uint8_t {
    zero,   ///< zeroed memory, readable and writable
    file,   ///< the file's own pages, readable
    copy,   ///< the file's pages, readable; a page of the space's own from the first write on
    guard,  ///< nowhere: whoever touches it is refused
};

/// Pages of 4 KiB that the pager holds and can read itself.
struct PagedFile {
    CapIndex first;                    ///< capabilities to the frames, in slots of the own table one after the other
    std::span<const std::byte> bytes;  ///< the same frames, mapped here
};

/// A part of a space. Addresses that are in none are as in a guard.
struct PagedRegion {
    uint64_t address;
    uint64_t pages;
    PageSource source;
    PagedFile file{};  ///< of file and copy: with as many pages
};

/// Maps into one address space what its threads' page faults ask for. All memory, page tables included, comes from
/// the allocator: its size is the space's limit, and nobody else's memory is touched. When it is used up, faults are
/// refused until something is dropped.
///
/// Rights: W on the space; on the own table R and W; R on a file's frames.
///
/// Example: a space with a page of zeroes and a guard below.
///
///     sel::Result<void> give_stack(sel::PagedSpace& space) {
///         SEL_TRY_VOID(space.add({.address = 0x4000'0000, .pages = 1, .source = sel::PageSource::guard}));
///         return space.add({.address = 0x4000'1000, .pages = 4, .source = sel::PageSource::zero});
///     }
class PagedSpace {
public:
    static constexpr uint64_t page_bytes = 4096;

    /// What a pager works with in its own task.
    struct Means {
        CapTable table;        ///< its own
        SlotAllocator& slots;  ///< of that
        Mapper& own;           ///< of its own space: to fill pages that are copied
    };

    /// `memory` is for this space alone.
    PagedSpace(AddressSpace space, UntypedAllocator& memory, const Means& means);

    /// Takes away all pages.
    ~PagedSpace();
    PagedSpace(const PagedSpace&) = delete;
    PagedSpace& operator=(const PagedSpace&) = delete;

    /// Adds a region. Errors: misaligned; already_mapped if it meets another one; outside_region if the file is too
    /// short, or the region leaves the address space.
    Result<void> add(const PagedRegion& region);

    /// Maps what a fault needs, so that its thread can go on. That the page is there already is no error: another
    /// thread may have asked for it. One that somebody else has unmapped is mapped again.
    /// Errors: no_region in a guard or outside of all regions; missing_right for what a page does not allow;
    /// no_memory, no_slots; what mapping refuses.
    Result<void> handle(const PageFault& fault);

    /// Takes away the pages of a range; who touches them again gets new ones. Errors: what unmapping refuses.
    Result<void> drop(uint64_t address, uint64_t pages);

    /// Pages that are mapped.
    [[nodiscard]] uint64_t pages() const { return pages_.size(); }

private:
    struct Page {
        CapIndex shared;                  // a child of a file's frame, or none
        UntypedAllocator::Objects own{};  // a frame of the space's own
    };

    [[nodiscard]] Result<void> map_again(uint64_t address, const Page& page);
    [[nodiscard]] Result<void> map_zero(uint64_t address);
    [[nodiscard]] Result<void> map_shared(uint64_t address, CapIndex frame);
    [[nodiscard]] Result<void> map_copy(uint64_t address, std::span<const std::byte> contents);
    [[nodiscard]] Result<void> fill(Frame frame, std::span<const std::byte> contents);
    Result<void> remove(const Page& page);
    [[nodiscard]] const PagedRegion* region_at(uint64_t address) const;

    Means means_;
    UntypedAllocator& memory_;
    AddressAllocator none_;
    Mapper mapper_;
    std::vector<PagedRegion> regions_;
    std::map<uint64_t, Page> pages_;
};

}  // namespace sel
