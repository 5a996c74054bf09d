// SPDX-License-Identifier: BSD-2-Clause
// Memory in runs of frames, as large as there are.

#include <sel/workspace.hpp>

#include <algorithm>
#include <bit>
#include <optional>

#include <sel/environment.hpp>
#include <sel/table_links.hpp>

namespace sel {

namespace {

constexpr unsigned page_bits = 12;
constexpr unsigned large_bits = 21;
constexpr uint64_t large_bytes = uint64_t{1} << large_bits;
constexpr uint64_t most_frames = 512;  // in a run

Result<void> first_error(const Result<void>& before, const Result<void>& now) { return before ? now : before; }

}  // namespace

// --- What is held ---------------------------------------------------------------------------------------------------

Reservation::~Reservation() {
    if (addresses_ != nullptr && bytes_ != 0) (void)addresses_->release(address_, bytes_);
}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
    std::swap(addresses_, other.addresses_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

SharedFrames::~SharedFrames() { (void)take_back(); }

SharedFrames& SharedFrames::operator=(SharedFrames&& other) noexcept {
    std::swap(work_, other.work_);
    runs_.swap(other.runs_);
    return *this;
}

Result<void> SharedFrames::take_back() {
    Result<void> result;
    for (; !runs_.empty(); runs_.pop_back()) {
        const Frames& run = runs_.back();
        result = first_error(result, take_away(work_->means_.table, work_->means_.slots, run.first, run.count));
    }
    return result;
}

Result<void> SharedFrames::map_into(Mapper& other, uint64_t address, const Access& access) const {
    for (auto run = runs_.begin(); run != runs_.end(); address += run->bytes(), ++run) {
        if (const auto mapped = other.map_at(address, *run, access); !mapped) {
            while (run != runs_.begin()) (void)other.unmap_at(*--run);
            return mapped;
        }
    }
    return {};
}

MappedMemory::~MappedMemory() { (void)unmap(); }

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
    std::swap(work_, other.work_);
    reservation_ = std::move(other.reservation_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    runs_.swap(other.runs_);
    return *this;
}

Result<void> MappedMemory::protect(abi::RightsMask rights) {
    for (const Run& run : runs_) {
        const auto [table, slot] = work_->means_.slots.place(work_->means_.table, run.frames.first);
        SEL_TRY_VOID(
            work_->means_.space.protect({.frames = table, .first = slot, .count = run.frames.count, .rights = rights}));
    }
    return {};
}

Result<SharedFrames> MappedMemory::share(abi::RightsMask rights) const {
    SharedFrames shared(*work_);
    for (const Run& run : runs_) {
        SEL_TRY(first, derive(work_->means_.table, work_->means_.slots,
                              {.first = run.frames.first, .count = run.frames.count, .rights = rights}));
        shared.runs_.push_back({first, run.frames.count, run.frames.size_bits});
    }
    return shared;
}

/// With a frame's capability its mapping goes, and with the capability that retype made its memory.
Result<void> MappedMemory::unmap() {
    Result<void> result;
    for (; !runs_.empty(); runs_.pop_back()) {
        const auto& [frames, origin] = runs_.back();
        result = first_error(result, origin == Origin::made ? work_->memory_.release({frames.first, frames.count})
                                                            : take_away(work_->means_.table, work_->means_.slots,
                                                                        frames.first, frames.count));
    }
    reservation_ = Reservation();
    bytes_ = 0;
    return result;
}

// --- The workspace --------------------------------------------------------------------------------------------------

Result<Reservation> Workspace::reserve(uint64_t bytes, uint64_t alignment) {
    if (bytes > UINT64_MAX - page_bytes) return refused({LibraryError::no_addresses, bytes, 0});
    const uint64_t whole = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    SEL_TRY(address, means_.addresses.allocate(whole, std::max(alignment, page_bytes)));
    return Reservation(means_.addresses, address, whole);
}

Result<MappedMemory> Workspace::map(uint64_t bytes, const Access& access) {
    MappedMemory memory(*this);
    SEL_TRY(reserved, reserve(bytes, bytes < large_bytes ? page_bytes : large_bytes));
    memory.address_ = reserved.address();
    memory.bytes_ = reserved.bytes();
    memory.reservation_ = std::move(reserved);
    SEL_TRY_VOID(fill(memory, access));
    return memory;
}

Result<MappedMemory> Workspace::map_at(const Reservation& place, uint64_t offset, uint64_t bytes,
                                       const Access& access) {
    if (offset % page_bytes != 0) return refused({abi::ErrorCode::misaligned, 2, page_bytes});
    if (offset > place.bytes() || bytes > place.bytes() - offset) {
        return refused({LibraryError::outside_region, offset, bytes});
    }
    MappedMemory memory(*this);
    memory.address_ = place.address() + offset;
    memory.bytes_ = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    SEL_TRY_VOID(fill(memory, access));
    return memory;
}

Result<MappedMemory> Workspace::adopt(const Frames& frames, const Access& access) {
    MappedMemory memory(*this);
    SEL_TRY(reserved, reserve(frames.bytes(), uint64_t{1} << frames.size_bits));
    SEL_TRY_VOID(mapper_.map_at(reserved.address(), frames, access));
    memory.address_ = reserved.address();
    memory.bytes_ = frames.bytes();
    memory.reservation_ = std::move(reserved);
    memory.runs_.push_back({frames, MappedMemory::Origin::adopted});
    return memory;
}

/// What was mapped before an error goes with the object.
Result<void> Workspace::fill(MappedMemory& memory, const Access& access) {
    for (uint64_t done = 0; done < memory.bytes_;) {
        const uint64_t address = memory.address_ + done;
        SEL_TRY(frames, make_frames(address, memory.bytes_ - done));
        memory.runs_.push_back({frames, MappedMemory::Origin::made});
        SEL_TRY_VOID(mapper_.map_at(address, frames, access));
        done += frames.bytes();
    }
    return {};
}

/// Frames for the beginning of a range: a run of large ones if they fit, else of pages; half as many as long as there
/// is no memory, or are no slots, for so many.
Result<Frames> Workspace::make_frames(uint64_t address, uint64_t bytes) {
    const auto is_short = [](const Error& error) {
        return error.is(LibraryError::no_memory) || error.is(LibraryError::no_slots) ||
               error.is(abi::ErrorCode::out_of_memory);
    };
    Error why(LibraryError::no_memory, bytes);
    for (const unsigned size_bits : {large_bits, page_bits}) {
        if (address % (uint64_t{1} << size_bits) != 0) continue;
        uint64_t count = std::bit_floor(std::min(bytes >> size_bits, most_frames));
        for (; count != 0; count /= 2) {
            const auto made = memory_.allocate({.type = abi::ObjectType::frame, .size = size_bits, .count = count});
            if (made) return Frames{made->first, count, size_bits};
            why = made.error();
            if (!is_short(why)) return refused(why);
        }
    }
    return refused(why);
}

Result<Workspace*> own_workspace() {
    static std::optional<Workspace> own;
    if (!own) {
        SEL_TRY(table, environment().capability<CapTable>("table"));
        SEL_TRY(space, environment().capability<AddressSpace>("space"));
        SEL_TRY(memory, environment().capability<Untyped>("memory"));
        own.emplace(Workspace::Means{table, space, own_slots(), own_addresses()});
        if (const auto added = own->memory().add(memory); !added) {
            own.reset();
            return refused(added.error());
        }
        if (TableLinks* const links = own_slots().links()) links->use(own->memory());
    }
    return &*own;
}

}  // namespace sel
