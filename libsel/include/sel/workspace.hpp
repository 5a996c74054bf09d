// SPDX-License-Identifier: BSD-2-Clause
// A component's own memory: addresses reserved, memory mapped, shared, and given back by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <sel/address_allocator.hpp>
#include <sel/derive.hpp>
#include <sel/mapper.hpp>
#include <sel/untyped_allocator.hpp>

namespace sel {

class Workspace;

/// Addresses at which nothing is mapped but what Workspace::map_at puts there. Gone with the object.
class [[nodiscard]] Reservation {
public:
    /// Of no addresses.
    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : addresses_(std::exchange(other.addresses_, nullptr)), address_(other.address_), bytes_(other.bytes_) {}
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation();

    [[nodiscard]] uint64_t address() const { return address_; }
    [[nodiscard]] uint64_t bytes() const { return bytes_; }

private:
    friend class Workspace;
    Reservation(AddressAllocator& addresses, uint64_t address, uint64_t bytes)
        : addresses_(&addresses), address_(address), bytes_(bytes) {}

    AddressAllocator* addresses_ = nullptr;
    uint64_t address_ = 0;
    uint64_t bytes_ = 0;
};

/// Capabilities to the frames of mapped memory, for one partner: children of the owner's, which the partner gets by
/// message (sel::mapped_item) or has mapped by map_into(). Gone with the object, and with them whatever the partner made
/// of them, its mappings included. Others' shares stay.
class [[nodiscard]] SharedFrames {
public:
    SharedFrames(SharedFrames&&) noexcept = default;
    SharedFrames& operator=(SharedFrames&& other) noexcept;
    ~SharedFrames();

    /// Frames one after the other; each run has consecutive slots and frames of one size.
    [[nodiscard]] std::span<const Frames> runs() const { return runs_; }

    /// Maps all of it in the space of another task, at consecutive addresses; all or nothing. `other` is a mapper for
    /// that space. It stays until unmapped there, or until this object goes. Errors: those of Mapper::map_at.
    Result<void> map_into(Mapper& other, uint64_t address, const Access& access = {}) const;

    /// Takes the capabilities back, and says whether that went well. Errors: what CapTable.unmap refuses.
    Result<void> take_back();

private:
    friend class MappedMemory;
    explicit SharedFrames(Workspace& work) : work_(&work) {}

    Workspace* work_;
    std::vector<Frames> runs_;
};

/// Memory that is mapped. Unmapped with the object: its frames are memory of the workspace again, and nobody with whom
/// it was shared can reach them any more.
class [[nodiscard]] MappedMemory {
public:
    MappedMemory(MappedMemory&& other) noexcept
        : work_(other.work_),
          reservation_(std::move(other.reservation_)),
          address_(other.address_),
          bytes_(std::exchange(other.bytes_, 0)),
          runs_(std::exchange(other.runs_, {})) {}
    MappedMemory& operator=(MappedMemory&& other) noexcept;
    ~MappedMemory();

    [[nodiscard]] uint64_t address() const { return address_; }
    [[nodiscard]] std::span<std::byte> bytes() const { return {reinterpret_cast<std::byte*>(address_), bytes_}; }

    /// The capability to its first frame: all of it, for up to 4 KiB.
    [[nodiscard]] Frame frame() const { return Frame(runs_.empty() ? CapIndex() : runs_[0].frames.first); }

    /// Changes what the mapping allows. Errors: what AddressSpace.protect refuses: write_execute, missing_right.
    Result<void> protect(abi::RightsMask rights);

    /// Derives capabilities to all its frames with these rights at most. Errors: no_slots; what CapTable.map refuses.
    [[nodiscard]] Result<SharedFrames> share(abi::RightsMask rights) const;

    /// Unmaps it now, and says whether that went well. Errors: what CapTable.unmap refuses.
    Result<void> unmap();

private:
    friend class Workspace;

    enum class Origin : uint8_t { made, adopted };
    struct Run {
        Frames frames;
        Origin origin;
    };

    explicit MappedMemory(Workspace& work) : work_(&work) {}

    Workspace* work_;
    Reservation reservation_{};  // none if the addresses are somebody else's
    uint64_t address_ = 0;
    uint64_t bytes_ = 0;
    std::vector<Run> runs_{};
};

/// An object made by Workspace::make. Gone with this, and with it what was derived from its capability.
template <typename T>
class [[nodiscard]] Owned {
public:
    /// None.
    Owned() = default;
    Owned(Owned&& other) noexcept : memory_(other.memory_), objects_(std::exchange(other.objects_, {})) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(objects_, other.objects_);
        return *this;
    }
    ~Owned() {
        if (objects_.count != 0) (void)memory_->release(objects_);
    }

    /// Its capability.
    [[nodiscard]] T get() const { return objects_.template as<T>(); }

private:
    friend class Workspace;
    Owned(UntypedAllocator& memory, const UntypedAllocator::Objects& objects) : memory_(&memory), objects_(objects) {}

    UntypedAllocator* memory_ = nullptr;
    UntypedAllocator::Objects objects_{};
};

/// What a component needs to have memory: its table, its space and untyped memory, and the bookkeeping of each. What
/// it gives out gives itself back; with the workspace everything goes, mapped or not. All of it must be gone before.
///
/// Frames of 2 MiB are used where size and place allow. Page tables come from the same memory and stay until the
/// workspace goes.
///
/// Rights: R and W on the table, W on the space, W on each untyped. One thread uses a workspace.
///
/// Example: a page that a partner may read, for as long as it works.
///
///     sel::Result<void> show(sel::Workspace& work, std::string_view text, sel::Result<void> (*ask)(sel::Frame)) {
///         SEL_TRY(page, work.map(4096));
///         std::memcpy(page.bytes().data(), text.data(), text.size());
///         SEL_TRY(shared, page.share(sel::abi::RightsMask(sel::abi::Right::read)));
///         return ask(sel::Frame(shared.runs()[0].first));
///     }
///
/// Example: a stack of 16 KiB above addresses that fault.
///
///     struct Stack {
///         sel::Reservation reserved;
///         sel::MappedMemory memory;
///     };
///
///     sel::Result<Stack> make_stack(sel::Workspace& work) {
///         SEL_TRY(reserved, work.reserve(4096 + 16384));
///         SEL_TRY(memory, work.map_at(reserved, 4096, 16384));
///         return Stack{std::move(reserved), std::move(memory)};
///     }
class Workspace {
public:
    static constexpr uint64_t page_bytes = 4096;

    struct Means {
        CapTable table;               ///< the component's own
        AddressSpace space;           ///< likewise
        SlotAllocator& slots;         ///< which slots of the table are free
        AddressAllocator& addresses;  ///< where in the space nothing is mapped
    };

    /// Without memory: add some by memory().add().
    explicit Workspace(const Means& means)
        : means_(means),
          memory_(means.table, means.slots),
          mapper_(means.space, means.table, memory_, means.addresses) {}
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    /// Keeps addresses, a multiple of 4 KiB of them. Errors: no_addresses.
    [[nodiscard]] Result<Reservation> reserve(uint64_t bytes, uint64_t alignment = page_bytes);

    /// Maps new memory, all zeros, of `bytes` bytes rounded up to 4 KiB, where there is room.
    /// Errors: no_addresses, no_memory, no_slots; what AddressSpace.map refuses.
    [[nodiscard]] Result<MappedMemory> map(uint64_t bytes, const Access& access = {});

    /// The same at `offset` bytes from the start of a reservation, which must live longer. Errors: outside_region,
    /// misaligned; as for map(); already_mapped.
    [[nodiscard]] Result<MappedMemory> map_at(const Reservation& place, uint64_t offset, uint64_t bytes,
                                              const Access& access = {});

    /// Maps frames that others have sent. Their capabilities are the mapping's from now on and go with it. If it is
    /// refused they are still the caller's. Errors: as for map().
    [[nodiscard]] Result<MappedMemory> adopt(const Frames& frames, const Access& access = {});

    /// Makes an object of the type T; `size` as for Untyped.retype. Errors: those of UntypedAllocator::allocate.
    template <typename T>
    [[nodiscard]] Result<Owned<T>> make(uint64_t size = 0) {
        SEL_TRY(objects, memory_.allocate({.type = T::object_type, .size = size}));
        return Owned<T>(memory_, objects);
    }

    [[nodiscard]] UntypedAllocator& memory() { return memory_; }
    [[nodiscard]] Mapper& mapper() { return mapper_; }
    [[nodiscard]] const Means& means() const { return means_; }

private:
    friend class MappedMemory;
    friend class SharedFrames;

    [[nodiscard]] Result<void> fill(MappedMemory& memory, const Access& access);
    [[nodiscard]] Result<Frames> make_frames(uint64_t address, uint64_t bytes);

    Means means_;
    UntypedAllocator memory_;
    Mapper mapper_;
};

/// The component's own workspace, of what its specification calls `table`, `space` and `memory` (the pattern
/// memory_grant) and of its free slots and addresses. If the specification says `links: N bits`, its slots grow from the
/// same memory. Errors: unknown_name; those of UntypedAllocator::add.
[[nodiscard]] Result<Workspace*> own_workspace();

}  // namespace sel
