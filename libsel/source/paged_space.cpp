// SPDX-License-Identifier: BSD-2-Clause
// Pages on demand.

#include <sel/paged_space.hpp>

#include <algorithm>
#include <cstring>

#include <sel/derive.hpp>

namespace sel {

namespace {

constexpr uint64_t address_end = uint64_t{1} << abi::address_bits;
constexpr abi::RightsMask readable = abi::RightsMask(abi::Right::read);

}  // namespace

PagedSpace::PagedSpace(AddressSpace space, UntypedAllocator& memory, const Means& means)
    : means_(means), memory_(memory), mapper_(space, means.table, memory, none_) {}

PagedSpace::~PagedSpace() {
    for (const auto& [address, page] : pages_) (void)remove(page);
}

Result<void> PagedSpace::add(const PagedRegion& region) {
    if (region.address % page_bytes != 0) return refused({abi::ErrorCode::misaligned, 1, page_bytes});
    if (region.address >= address_end || region.pages > (address_end - region.address) / page_bytes) {
        return refused({LibraryError::outside_region, region.address, region.pages});
    }
    const uint64_t bytes = region.pages * page_bytes;
    const bool of_file = region.source == PageSource::file || region.source == PageSource::copy;
    if (of_file && region.file.bytes.size() < bytes) {
        return refused({LibraryError::outside_region, region.address, region.pages});
    }
    for (const PagedRegion& other : regions_) {
        if (region.address < other.address + other.pages * page_bytes && other.address < region.address + bytes) {
            return refused({abi::ErrorCode::already_mapped, 1, other.address});
        }
    }
    regions_.push_back(region);
    return {};
}

const PagedRegion* PagedSpace::region_at(uint64_t address) const {
    const auto found = std::find_if(regions_.begin(), regions_.end(), [&](const PagedRegion& region) {
        return address >= region.address && address - region.address < region.pages * page_bytes;
    });
    return found == regions_.end() || found->source == PageSource::guard ? nullptr : &*found;
}

Result<void> PagedSpace::handle(const PageFault& fault) {
    const PagedRegion* const region = region_at(fault.address);
    if (region == nullptr) return refused({LibraryError::no_region, fault.address});
    const bool writes = fault.access == FaultAccess::write;
    if (fault.access == FaultAccess::execute) {
        return refused({abi::ErrorCode::missing_right, 1, static_cast<uint64_t>(abi::Right::transfer)});
    }
    if (writes && region->source == PageSource::file) {
        return refused({abi::ErrorCode::missing_right, 1, static_cast<uint64_t>(abi::Right::write)});
    }
    const uint64_t address = fault.address / page_bytes * page_bytes;
    const uint64_t number = (address - region->address) / page_bytes;
    const auto page = pages_.find(address);
    if (page != pages_.end() && (!writes || page->second.own.count != 0)) return map_again(address, page->second);
    if (region->source == PageSource::zero) return map_zero(address);
    if (writes) return map_copy(address, region->file.bytes.subspan(number * page_bytes, page_bytes));
    return map_shared(address, region->file.first + number);
}

/// It is there already, or whoever else has the space has unmapped it.
Result<void> PagedSpace::map_again(uint64_t address, const Page& page) {
    const bool is_own = page.own.count != 0;
    const Frames frame{.first = is_own ? page.own.first : page.shared, .count = 1};
    const auto mapped = mapper_.map_at(address, frame, is_own ? Access{} : Access{.rights = readable});
    const bool is_there = !mapped && (mapped.error().is(abi::ErrorCode::already_bound) ||
                                      mapped.error().is(abi::ErrorCode::already_mapped));
    return is_there ? Result<void>{} : mapped;
}

Result<void> PagedSpace::map_zero(uint64_t address) {
    SEL_TRY(own, memory_.allocate({.type = abi::ObjectType::frame, .size = 12}));
    if (const auto mapped = mapper_.map_at(address, {.first = own.first, .count = 1}); !mapped) {
        (void)memory_.release(own);
        return mapped;
    }
    pages_[address] = Page{.shared = {}, .own = own};
    return {};
}

Result<void> PagedSpace::map_shared(uint64_t address, CapIndex frame) {
    SEL_TRY(slot, derive(means_.table, means_.slots, {.first = frame, .rights = readable}));
    const Page page{.shared = slot};
    if (const auto mapped = mapper_.map_at(address, {.first = slot, .count = 1}, {.rights = readable}); !mapped) {
        (void)remove(page);
        return mapped;
    }
    pages_[address] = page;
    return {};
}

/// The copy is whole before it takes the place of the shared page.
Result<void> PagedSpace::map_copy(uint64_t address, std::span<const std::byte> contents) {
    SEL_TRY(own, memory_.allocate({.type = abi::ObjectType::frame, .size = 12}));
    Result<void> mapped = fill(own.as<Frame>(), contents);
    if (mapped) {
        if (const auto shared = pages_.find(address); shared != pages_.end()) {
            (void)remove(shared->second);
            pages_.erase(shared);
        }
        mapped = mapper_.map_at(address, {.first = own.first, .count = 1});
    }
    if (!mapped) {
        (void)memory_.release(own);
        return mapped;
    }
    pages_[address] = Page{.shared = {}, .own = own};
    return {};
}

/// A capability is mapped in one place only, so the own mapping takes a child, for a moment.
Result<void> PagedSpace::fill(Frame frame, std::span<const std::byte> contents) {
    SEL_TRY(window, derive(means_.table, means_.slots, {.first = frame.index()}));
    const Frames frames{.first = window, .count = 1};
    const auto place = means_.own.map(frames);
    if (place) {
        std::memcpy(reinterpret_cast<void*>(*place), contents.data(), contents.size());
        (void)means_.own.unmap(*place, frames);
    }
    (void)take_away(means_.table, means_.slots, window);
    if (!place) return refused(place.error());
    return {};
}

Result<void> PagedSpace::drop(uint64_t address, uint64_t pages) {
    const auto first = pages_.lower_bound(address);
    const auto last = pages_.lower_bound(address + pages * page_bytes);
    for (auto page = first; page != last; page = pages_.erase(page)) SEL_TRY_VOID(remove(page->second));
    return {};
}

/// With the capability its mapping goes.
Result<void> PagedSpace::remove(const Page& page) {
    if (page.own.count != 0) return memory_.release(page.own);
    return take_away(means_.table, means_.slots, page.shared);
}

}  // namespace sel
