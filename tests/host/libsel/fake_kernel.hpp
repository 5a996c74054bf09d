// SPDX-License-Identifier: BSD-2-Clause
// A kernel of a few rules, behind libsel's system calls: enough of tables, untypeds, address spaces and endpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include <sel/message.hpp>
#include <sel/objects.hpp>

/// The simulated task has one table, in which slot 1 holds the table itself and slot 2 the address space. While one of
/// these exists, it answers all system calls of this program.
class FakeKernel {
public:
    static constexpr sel::CapIndex own_table{1};
    static constexpr sel::CapIndex own_space{2};

    struct Capability {
        sel::abi::ObjectType type;
        uint64_t parent;     // slot that it is derived from, 0 for none
        uint64_t first = 0;  // memory of the object
        uint64_t bytes = 0;
        uint64_t watermark = 0;               // untyped: bytes used
        std::optional<uint64_t> mapped_at{};  // frame
    };

    FakeKernel();
    ~FakeKernel();

    /// Puts an untyped into a slot.
    sel::Untyped add_untyped(uint64_t slot, uint64_t address, uint64_t pages);

    std::map<uint64_t, Capability> slots;
    std::set<uint64_t> upper_tables;  // GiB with a table
    std::set<uint64_t> lower_tables;  // 2 MiB with a table

    /// Answers every call on an endpoint.
    std::function<sel::Message(uint64_t endpoint, const sel::Message&)> partner;

    /// Answers every other system call than a call; without it there are none.
    std::function<sel::Registers(sel::abi::SystemCall number, const sel::Registers& in)> others;

    /// Slots of Replies whose callers have died: in all others somebody waits.
    std::set<uint64_t> abandoned_replies;

    /// Refuses the retype that comes after this many further ones.
    std::optional<unsigned> retypes_until_refusal;

    [[nodiscard]] sel::Registers system_call(sel::abi::SystemCall number, const sel::Registers& in);

private:
    using Words = std::array<uint64_t, 8>;

    sel::Result<Words> invoke(uint64_t target, uint32_t method, const Words& words);
    sel::Result<Words> retype(Capability& untyped, uint64_t untyped_slot, const Words& words);
    sel::Result<Words> unmap(const Words& words);
    sel::Result<Words> grant(const Words& words);
    sel::Result<Words> derive(const Words& words);
    sel::Result<Words> map_frames(const Words& words);
    sel::Result<Words> unmap_frames(const Words& words);
    sel::Result<Words> map_table(const Words& words);
    void remove_descendants(uint64_t slot);
    void remove(uint64_t slot);
};
