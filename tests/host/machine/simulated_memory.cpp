// SPDX-License-Identifier: BSD-2-Clause
// Simulated physical memory, its window, and its caches.
#include <sys/mman.h>

#include <cstring>

#include "simulated_machine.hpp"

namespace selene::machine {

namespace {

constexpr uint64_t arena_alignment = uint64_t{1} << 21;

}  // namespace

Memory::Memory() {
    // Twice as much as needed, so that physical and host addresses can be aligned alike.
    void* room = mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) throw std::bad_alloc();
    start_ = reinterpret_cast<std::byte*>(round_up(reinterpret_cast<uint64_t>(room), arena_alignment));
}

// The program's only machine ends with the program.
Memory::~Memory() = default;

void Memory::fill_with_rubbish() { std::memset(start_, static_cast<int>(rubbish), bytes); }

void* window_address(PhysAddr address) {
    if (address.value() < Memory::base || address.value() >= Memory::base + Memory::bytes)
        throw Panic("the kernel reaches beyond the memory");
    return simulated().memory.contents().data() + (address.value() - Memory::base);
}

PhysAddr physical(const void* address) {
    const std::byte* start = simulated().memory.contents().data();
    const auto* byte = static_cast<const std::byte*>(address);
    if (byte < start || byte >= start + Memory::bytes)
        throw Panic("the kernel takes an address for physical that is not in the window");
    return PhysAddr(Memory::base + static_cast<uint64_t>(byte - start));
}

void zero(void* from, uint64_t bytes) {
    constexpr uint64_t line = 64;
    if (!is_aligned(reinterpret_cast<uint64_t>(from), line) || !is_aligned(bytes, line))
        throw Panic("zero: not whole cache lines");
    (void)physical(from);
    if (bytes > 0) (void)physical(static_cast<std::byte*>(from) + bytes - 1);
    std::memset(from, 0, bytes);
    simulated().zeroed_bytes += bytes;
}

void clean_invalidate(const void* from, uint64_t bytes) {
    maintain_cache(abi::CacheOperation::clean_invalidate, from, bytes);
}

void maintain_cache(abi::CacheOperation operation, const void* from, uint64_t bytes) {
    (void)physical(static_cast<const std::byte*>(from) + bytes - 1);
    simulated().maintenance.push_back({operation, physical(from).value(), bytes});
}

}  // namespace selene::machine
