// SPDX-License-Identifier: BSD-2-Clause
// World: the kernel, booted on the simulated machine, and user threads that a test acts as.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "abi/boot_info.hpp"
#include "abi/ipc_buffer.hpp"
#include "abi/stubs.hpp"
#include "boot/boot_description.hpp"
#include "object/cap_table.hpp"
#include "scheduling/core.hpp"
#include "simulated_machine.hpp"
#include "syscall/system_call.hpp"

namespace selene::test {

namespace stub = sel::stub;
using abi::BootSlot;
using abi::ErrorCode;
using abi::ObjectType;
using abi::Right;
using abi::SystemCall;
using abi::Tag;
using sel::Registers;

/// Where the simulated board has what.
struct Board {
    static constexpr uint64_t page = page_bytes;
    static constexpr PhysRange core_area{0x4000'0000, 0x1'0000};
    static constexpr PhysRange kernel_image{0x4001'0000, 0x1'0000};
    static constexpr PhysRange device_tree{0x4002'0000, 2 * page};
    static constexpr PhysRange system_part{0x4002'2000, 5 * page};
    static constexpr PhysRange small_memory{0x4003'0000, 3 * page};
    static constexpr PhysRange memory{0x4020'0000, uint64_t{14} << 20};
    static constexpr PhysRange serial{0x0900'0000, page};
    static constexpr PhysRange large_device{0x10'0000'0000, uint64_t{2} << 30};
    static constexpr uint64_t empty_slots = 1024;
    static constexpr uint64_t entry = 0x20'0000;
    static constexpr uint64_t data_address = 0x30'0000;
    static constexpr uint64_t image_address = 0x1000'0000;
};

/// What a user thread needs, by slot of the first task's table; all threads that `spawn` makes use that table, too.
struct Actor {
    uint64_t task;
    uint64_t space;
    uint64_t thread;
    uint64_t context;  ///< 0 if it is passive
    uint64_t buffer;
    Thread* object;
};

struct Spawn {
    bool passive = false;
    uint8_t priority = 255;
    bool started = true;
    bool buffered = true;
    std::optional<uint64_t> memory = {};  ///< the slot of the untyped to make it from; the large memory without
};

/// Only one at a time. Every system call made through the stubs of libsel is made by the thread that runs. After every
/// way into the kernel all invariants are checked; a violation, a stale translation and a kernel panic end the test.
class World {
public:
    World();
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // --- The kernel ---------------------------------------------------------------------------------------------

    [[nodiscard]] Kernel& kernel() { return *kernel_; }
    [[nodiscard]] Core& core() { return *core_; }
    [[nodiscard]] const abi::BootInfo& info() const { return *info_; }
    [[nodiscard]] const BootDescription& description() const { return description_; }
    [[nodiscard]] CapTable& table() { return *table_; }
    [[nodiscard]] Slot& slot(uint64_t index);
    template <class Object>
    [[nodiscard]] Object& object(uint64_t index) {
        return *slot(index).template object<Object>();
    }
    /// Whether the invariants are checked after each operation; large worlds check now and then.
    void check_always(bool always) { checks_ = always; }
    void check();

    // --- Acting -------------------------------------------------------------------------------------------------

    [[nodiscard]] Thread& first() { return *first_; }
    /// The thread that runs, null if the core idles.
    [[nodiscard]] Thread* running() { return running_; }
    /// Let a ready thread of the running one's priority run, by yielding.
    void run(Thread& thread);
    void run(const Actor& actor) { run(*actor.object); }
    /// The running thread lets its equals go on, and knows nothing of it.
    void pass_turn();
    /// Make the running thread enter the kernel. If the kernel has it repeat the call and it runs, it does.
    Registers system_call(SystemCall number, const Registers& in);
    /// Go on with a call that the kernel wanted repeated while other threads ran.
    void finish(Thread& thread);
    /// What a thread's registers say: the result of its system call if it has one.
    [[nodiscard]] static Registers result(const Thread& thread);
    void fault(abi::FaultKind kind, uint64_t address = 0, uint64_t syndrome = 0);
    void touch_floating_point();
    /// Called when a preempted operation is about to be repeated.
    std::function<void()> before_repeat;
    /// Called around each entry into the kernel, with the thread that acts; null for an interrupt.
    std::function<void(const Thread*)> before_entry;
    std::function<void()> after_entry;

    // --- The outside --------------------------------------------------------------------------------------------

    /// Let time pass; the timer may fire.
    void pass(uint64_t ticks);
    void raise(unsigned line);
    /// The running thread reads, writes or executes; whether it could. A stale translation panics.
    [[nodiscard]] bool can_access(uint64_t address, Right right);

    // --- Making things, as the first thread ---------------------------------------------------------------------

    /// Make an object out of the large memory, or of an untyped in a slot; its slot.
    uint64_t make(ObjectType type, uint64_t size = 0, std::optional<uint64_t> untyped = {});
    [[nodiscard]] uint64_t next_empty() const { return next_empty_; }
    uint64_t take_slot() { return next_empty_++; }
    uint64_t take_slots(uint64_t count) { return next_empty_ += count, next_empty_ - count; }
    /// Derive a capability in the first task's table; the new slot.
    uint64_t derive(uint64_t source, abi::RightsMask rights, uint64_t badge = 0);
    Actor spawn(const Spawn& options = {});
    void start(const Actor& actor);

    [[nodiscard]] stub::Untyped memory() const;

    // --- Comparing ----------------------------------------------------------------------------------------------

    /// All state but the registers of the thread that runs. Its memory is used again: to fetch fresh pages would take
    /// longer than to copy.
    class Snapshot {
    public:
        Snapshot();
        ~Snapshot();
        Snapshot(Snapshot&&) = default;
        Snapshot& operator=(Snapshot&&) = delete;
        friend bool operator==(const Snapshot& a, const Snapshot& b) {
            return std::memcmp(a.bytes_.data(), b.bytes_.data(), a.bytes_.size()) == 0;
        }

    private:
        friend class World;
        std::vector<std::byte> bytes_;
    };
    [[nodiscard]] Snapshot snapshot();

private:
    void boot();
    template <class Entry>
    void enter(const Thread* actor, const Entry& entry);
    void take_interrupts();
    [[nodiscard]] bool repeats(const Thread& thread) const;
    [[nodiscard]] static Slot* slot_at_hand(const Thread& thread);
    void enter_again(Thread& thread);

    BootDescription description_{};
    std::unique_ptr<Kernel> kernel_;
    Core* core_ = nullptr;
    CapTable* table_ = nullptr;
    abi::BootInfo* info_ = nullptr;
    Thread* first_ = nullptr;
    Thread* running_ = nullptr;
    std::map<Thread*, SystemCall> calls_;
    uint64_t next_empty_ = 0;
    bool checks_ = true;
};

/// A stub for the capability in a slot.
template <class Stub>
[[nodiscard]] Stub cap(uint64_t index) {
    return Stub(sel::CapIndex(index));
}
template <class Stub>
[[nodiscard]] Stub cap(BootSlot slot) {
    return cap<Stub>(static_cast<uint64_t>(slot));
}
/// The first task's table.
[[nodiscard]] inline stub::CapTable own_table() { return cap<stub::CapTable>(BootSlot::table); }

constexpr abi::RightsMask every_right{abi::all_rights};
constexpr uint64_t no_reply = abi::no_capability;

}  // namespace selene::test
