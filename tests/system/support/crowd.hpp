// SPDX-License-Identifier: BSD-2-Clause
// Many threads, each in an address space of its own with memory of its own, that wait to be called.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace test {

/// What a crowd is made with.
struct CrowdMeans {
    sel::CapTable table;       ///< its own; rights R and W
    sel::AddressSpace space;   ///< its own; right W
    sel::Untyped memory;       ///< with room for Crowd::bytes_each for each member, and 64 KiB; right W
    sel::Thread thread;        ///< its own, whose maximum priority is above its priority by one
    uint8_t priority;          ///< of the members: that much
    sel::SchedContext time;    ///< configured and bound to nobody; right W
    sel::CapIndex first;       ///< Crowd::slots(members) empty slots of `table`
    uint64_t scratch_address;  ///< 2 MiB aligned, no page table there: to be used while the crowd is made
};

/// What a member says when it is called.
struct Visit {
    uint64_t member;  ///< from its own memory, as it was written when it was made
    uint64_t before;  ///< how often it has been called before, counted there, too
};

class Crowd {
public:
    static constexpr uint64_t bytes_each = 32768;
    static constexpr uint64_t slots(uint64_t members) { return 9 * members + 4; }

    /// Makes `members` threads, each with its own task and space; each runs until it waits and has no time afterwards.
    /// Errors: the first refusal.
    [[nodiscard]] static sel::Result<Crowd> make(const CrowdMeans& means, uint64_t members);

    /// Calls a member.
    [[nodiscard]] sel::Result<Visit> visit(uint64_t number) const;

    /// Takes away all that was made. Errors: the first refusal.
    sel::Result<void> clear() const;

private:
    explicit Crowd(const CrowdMeans& means) : means_(means) {}

    [[nodiscard]] sel::Result<sel::CapIndex> make_objects(sel::abi::ObjectType type, uint64_t size, uint64_t count);
    sel::Result<void> make_code(sel::CapIndex frame);
    sel::Result<void> make_member(uint64_t number, sel::CapIndex code);
    sel::Result<void> start_member(uint64_t number);

    CrowdMeans means_;
    uint64_t used_slots_ = 0;
    sel::CapIndex doors_, spaces_, tables_, frames_, codes_, tasks_, threads_, replies_;
};

}  // namespace test
