// SPDX-License-Identifier: BSD-2-Clause
// System: what there is. Objects, capabilities and the tree that they form, without a machine.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "outcome.hpp"

namespace selene::model {

struct Object;
struct Capability;

/// A slot: of a table, of a task (abi::TaskSlot), of a thread (0 its task, 1 the frame of its buffer), of an interrupt
/// handler (0 its notification).
struct Place {
    Object* holder;
    uint64_t index;
    friend auto operator<=>(const Place&, const Place&) = default;
};

// --- What objects know beside their slots, by type --------------------------------------------------------------------

/// Of a space or a page table: what is mapped where.
struct Entry {
    Capability* frame = nullptr;
    Object* table = nullptr;  ///< or the table that hangs there
    uint64_t rights = 0;
    uint64_t kind = 0;
};
struct Pages {
    unsigned level = 0;        ///< 1 of a space, 2 and 3 of tables; 0: not hung in
    Object* parent = nullptr;  ///< null of a space, and of a table whose parent is gone
    unsigned parent_entry = 0;
    std::map<unsigned, Entry> entries;
};

struct Thread {
    bool started = false;
    bool ended = false;  ///< it has lost its task or space: it runs only when resumed
    bool stopped = false;
    bool lacks_time = false;  ///< while it is stopped: whether it lacked time when that was looked at last
    uint64_t priority = 0;
    uint64_t maximum = 0;
    /// x0 to x30, stack pointer, program counter, thread pointer, processor state.
    std::array<uint64_t, abi::thread_registers> registers{};
    bool acts = false;  ///< it makes calls, and what else its registers hold is nobody's to know
    uint64_t floating_point = 0;
    uint64_t buffer_offset = 0;
    Object* context = nullptr;
    Object* notification = nullptr;
};

struct Context {
    uint64_t capacity = 0;
    uint64_t budget = 0;  ///< 0: not configured yet
    uint64_t period = 0;
    uint64_t refills = 0;
    Object* thread = nullptr;
};

struct Notification {
    uint64_t bits = 0;
    Object* thread = nullptr;
};

struct Handler {
    unsigned line = 0;  ///< 0: none
    bool active = false;
};

// Numbers of registers.
inline constexpr unsigned register_sp = 31;
inline constexpr unsigned register_pc = 32;
inline constexpr unsigned register_tls = 33;
inline constexpr unsigned register_state = 34;

/// An object or a range of memory. It has an identity of its own as long as it lives: no two that live have the same
/// address in the model.
struct Object {
    ObjectType type;
    uint64_t base;
    uint64_t bytes;
    uint64_t slots = 0;
    bool device = false;
    uint64_t used = 0;  ///< of an untyped: how much of it is given out, as long as something is made from it
    Pages pages = {};
    Thread thread = {};
    Context context = {};
    Notification notification = {};
    Handler handler = {};
};

/// A capability in a slot. Its children are in the order of their making, the last first.
struct Capability {
    Place place;
    Object* object;
    uint64_t rights;
    uint64_t word;  ///< badge, or guard of a table
    bool origin;    ///< the object lives as long as this
    Capability* parent = nullptr;
    std::list<Capability*> children = {};
    Object* mapped_in = nullptr;  ///< of a frame: the table that maps it
    unsigned mapped_entry = 0;
};

/// An interrupt line. An edge that comes while nobody listens is remembered.
struct Line {
    Object* handler = nullptr;
    abi::Trigger trigger = abi::Trigger::level;
    bool pending = false;
};

/// What differs from machine to machine.
struct Limits {
    uint64_t lines = 0;
    uint64_t timer_line = 0;
    uint64_t minimum_budget = 0;
    uint64_t longest_period = 0;
    uint64_t user_flags = 0;  ///< bits of a processor state that are the user's to set
};

/// All of it. Only what is done to the tree and to objects' lives stands here; the methods are in methods.hpp.
class System {
public:
    static constexpr uint64_t deepest = abi::derivation_depth;

    System() = default;
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    Limits limits;
    std::map<unsigned, Line> lines;

    // --- Looking ------------------------------------------------------------------------------------------------

    /// The capability in a slot, null if it is empty.
    [[nodiscard]] Capability* in(Place place) const;
    [[nodiscard]] bool lives(const Object* object) const;
    /// The object of a type at an address, null if there is none.
    [[nodiscard]] Object* object_at(ObjectType type, uint64_t base);
    /// All objects of a type, the oldest first.
    [[nodiscard]] std::vector<Object*> objects(ObjectType type);
    [[nodiscard]] uint64_t depth(const Capability& capability) const;
    [[nodiscard]] const std::list<Capability*>& roots() const { return roots_; }

    // --- Life ---------------------------------------------------------------------------------------------------

    Object& add_object(const Object& object);
    /// Put a new capability into an empty slot; without a parent it is a root.
    Capability& add(Capability* parent, const Capability& child);
    /// A child with those of `rights` that the parent has, and a badge if the parent has none. Of an untyped: all of its
    /// memory, as an untyped of its own.
    Capability& derive(Capability& parent, Place place, uint64_t rights, uint64_t badge);
    void move(Capability& capability, Place to);
    /// Take a capability away, with all that descends from it.
    void take(Capability& capability);
    void take_children(Capability& capability);
    /// A frame is mapped no more.
    static void clear_mapping(Capability& frame);
    /// All that a space or a page table maps is mapped no more; tables that hang in it hang nowhere.
    static void clear_entries(Object& table);

private:
    void forget(Capability& capability);
    void end(Object* object);
    std::list<Capability*>& siblings(Capability& capability);

    std::list<Object> objects_;
    std::map<Place, Capability> capabilities_;
    std::list<Capability*> roots_;
};

constexpr bool carries_badge(ObjectType type) {
    return type == ObjectType::endpoint || type == ObjectType::notification || type == ObjectType::interrupt_control;
}
constexpr uint64_t number(ObjectType type) { return static_cast<uint64_t>(type); }
constexpr uint64_t bit(Right right) { return static_cast<uint64_t>(right); }

}  // namespace selene::model
