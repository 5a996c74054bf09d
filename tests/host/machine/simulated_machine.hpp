// SPDX-License-Identifier: BSD-2-Clause
// The simulated machine as a test sees it: what is in it, what happened to it, and what it does next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "machine.hpp"

namespace selene::machine {

/// The kernel has found itself broken, or has broken the machine's rules.
class Panic : public std::logic_error {
public:
    using std::logic_error::logic_error;
};
/// The kernel waits for an interrupt and none is to come by itself. Thrown out of the kernel's idle loop, where nothing
/// is half done.
struct Idle {};
struct PoweredOff {};
struct WasReset {};

/// What the kernel's caches were asked to do.
struct CacheMaintenance {
    abi::CacheOperation operation;
    uint64_t physical;
    uint64_t bytes;
    friend bool operator==(const CacheMaintenance&, const CacheMaintenance&) = default;
};

/// One remembered translation: of the page or block at `address`.
struct Translation {
    uint64_t address;
    uint64_t bytes;
    uint64_t entry;
    friend bool operator==(const Translation&, const Translation&) = default;
};

/// All RAM, one host allocation. A new machine's memory holds rubbish.
class Memory {
public:
    static constexpr uint64_t base = 0x4000'0000;
    static constexpr uint64_t bytes = uint64_t{16} << 20;
    static constexpr std::byte rubbish{0xa5};

    Memory();
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    void fill_with_rubbish();
    [[nodiscard]] std::span<std::byte> contents() { return {start_, bytes}; }

private:
    std::byte* start_;
};

/// How often what was asked of a translation buffer.
struct FlushCounts {
    uint64_t pages;
    uint64_t tags;
    uint64_t barriers;
};

/// Translations by tag. The walker is hostile: whatever it can reach from the current root it has remembered by the
/// time the kernel changes an entry or leaves the space, and flushes take effect at the barrier only.
class TranslationBuffer {
public:
    void enter(uint64_t root);
    void leave();
    /// The kernel is about to change an entry.
    void before_change() { remember_all(); }
    void flush_page(VirtAddr address, AddressTag tag);
    void flush_tag(AddressTag tag);
    void barrier();

    [[nodiscard]] uint64_t root() const { return root_; }
    [[nodiscard]] FlushCounts counts() const { return counts_; }
    [[nodiscard]] bool awaits_barrier() const { return !pending_.empty(); }
    [[nodiscard]] const std::map<uint16_t, std::map<uint64_t, Translation>>& remembered() const { return tags_; }
    [[nodiscard]] std::optional<Translation> lookup(uint16_t tag, uint64_t address) const;
    /// The entries that lead to tables, by the address and the level of each: a walk may begin with one.
    using Tables = std::map<std::pair<uint64_t, unsigned>, uint64_t>;
    [[nodiscard]] const std::map<uint16_t, Tables>& remembered_tables() const { return tables_; }

private:
    struct Flush {
        uint16_t tag;
        std::optional<uint64_t> address;
    };
    void remember_all();

    uint64_t root_ = 0;
    std::map<uint16_t, std::map<uint64_t, Translation>> tags_;
    std::map<uint16_t, Tables> tables_;
    std::vector<Flush> pending_;
    FlushCounts counts_{};
};

/// Walk the tables below a root for an address; nothing if it is not mapped.
[[nodiscard]] std::optional<Translation> walk(PhysAddr root, uint64_t address);
/// The entry of a level on the way to an address, 0 if there is no table of that level.
[[nodiscard]] uint64_t entry_on_walk(PhysAddr root, uint64_t address, unsigned level);

/// One interrupt line.
struct Line {
    bool enabled = false;
    bool asserted = false;  ///< level
    bool pending = false;   ///< edge, or one that the test has raised
    bool active = false;
    abi::Trigger trigger = abi::Trigger::level;
};

struct SimulatedMachine {
    static constexpr uint64_t frequency = 10'000'000;
    static constexpr unsigned kernel_timer_line = 27;
    static constexpr unsigned line_count = 64;
    /// How long a core waits for others in each round.
    static constexpr uint64_t round_ticks = frequency / 1000;

    Memory memory;
    TranslationBuffer translations;
    std::array<Line, line_count> lines;
    uint64_t now = 1'000'000;
    uint64_t ticks_each_look = 0;  ///< that pass when the kernel has looked at the time
    uint64_t deadline = std::numeric_limits<uint64_t>::max();
    Core* core = nullptr;  ///< to be set by who makes the core
    uint32_t core_word = 0;
    uint64_t tls = 0;
    /// Few, so that tests run out of them.
    unsigned tag_count = 4;
    bool fpu_is_on = false;
    std::array<uint64_t, 64> fpu_registers{};
    std::vector<CacheMaintenance> maintenance;
    /// Whether firmware knows this core, and lets it go.
    std::function<bool(CoreId)> starts = [](CoreId) { return false; };
    /// What the other cores do while this one waits for them.
    std::function<void()> others = [] {};
    /// Those that have been rung. This core's own ring is a line.
    std::set<CoreId> rung;
    uint64_t zeroed_bytes = 0;
    /// Every n-th poll of a preemption point finds an interrupt that is gone when it is taken; 0: none does.
    unsigned preempt_every = 0;
    /// Whether the kernel may take its short ways (ipc/hot_switch.hpp, ipc/direct_switch.hpp).
    bool direct_switches = true;
    unsigned polls = 0;
    /// System calls that the hot path or the long one has done.
    unsigned hot_calls = 0;

    void reset();
    void raise(unsigned line) {
        (lines[line].trigger == abi::Trigger::level ? lines[line].asserted : lines[line].pending) = true;
    }
    void lower(unsigned line) { lines[line].asserted = false; }
    /// The line that would be delivered now.
    [[nodiscard]] std::optional<unsigned> deliverable() const;
};

/// The one machine of this program.
SimulatedMachine& simulated();

}  // namespace selene::machine
