// SPDX-License-Identifier: BSD-2-Clause
// The abstract model: what capabilities are, without a machine. Written from the interface's description, not from the
// kernel.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "abi/types.hpp"

namespace selene::model {

using abi::ErrorCode;
using abi::ObjectType;
using abi::Right;

/// What came of an operation: a code of 0 is success.
struct Outcome {
    uint64_t code = 0;
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t done = 0;

    static Outcome refused(ErrorCode code, uint64_t detail0 = 0, uint64_t detail1 = 0) {
        return {static_cast<uint64_t>(code), detail0, detail1, 0};
    }
    [[nodiscard]] bool refused() const { return code != 0; }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// An object or a range of memory, known by its first byte and its type. Untyped memory knows how much of it is given
/// out.
struct Object {
    ObjectType type;
    uint64_t base;
    uint64_t bytes;
    uint64_t slots;  ///< that hold capabilities: a table's, a task's 3, a thread's 2
    bool device;
    uint64_t used;
};

struct Place {
    Object* holder;
    uint64_t index;
    friend auto operator<=>(const Place&, const Place&) = default;
};

/// A capability in a slot. Its children are in the order of their making, the last first.
struct Capability {
    Place place;
    Object* object;
    uint64_t rights;
    uint64_t word;  ///< badge of an endpoint or a notification, guard of a table
    bool origin;    ///< the object lives as long as this
    Capability* parent;
    std::list<Capability*> children;
};

/// An item of a message: a capability to map or to grant.
struct Item {
    bool grant;
    uint64_t index;
    uint64_t rights;
    uint64_t badge;
};

/// All capabilities, objects and memory of a system with one thread that acts. Its capability table is flat.
class Model {
public:
    static constexpr uint64_t deepest = abi::derivation_depth;

    // --- The beginning ------------------------------------------------------------------------------------------

    /// The table of the thread that acts, which holds the capability to itself at `own_index`.
    Model(uint64_t base, uint64_t slots, uint64_t own_index);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    /// Memory that comes from outside.
    void add_untyped(uint64_t index, Object memory, uint64_t rights, uint64_t depth);

    // --- Operations, as methods of the capability in slot `self` ------------------------------------------------

    struct Retype {
        ObjectType type;
        uint64_t size;
        uint64_t count;
        uint64_t table;
        uint64_t first;
    };
    Outcome retype(uint64_t self, const Retype& arguments);
    struct Map {
        uint64_t first;
        uint64_t source;
        uint64_t source_first;
        uint64_t count;
        uint64_t rights;
        uint64_t badge;
    };
    Outcome map(uint64_t self, const Map& arguments);
    struct Grant {
        uint64_t first;
        uint64_t source;
        uint64_t source_first;
        uint64_t count;
    };
    Outcome grant(uint64_t self, const Grant& arguments);
    struct Unmap {
        uint64_t first;
        uint64_t count;
        bool with_root;
    };
    Outcome unmap(uint64_t self, const Unmap& arguments);
    Outcome install(uint64_t self, uint64_t where, uint64_t capability);
    Outcome remove(uint64_t self, uint64_t where);
    Outcome bind_task(uint64_t self, uint64_t task);
    Outcome set_buffer(uint64_t self, uint64_t frame, uint64_t offset);

    struct Window {
        uint64_t table;
        uint64_t first;
        uint64_t count;
    };
    /// Whether a thread with the same table could wait for capabilities like this.
    Outcome open_window(const Window& window);
    /// Send it capabilities.
    Outcome deliver(const std::vector<Item>& items, const Window& window);

    // --- Looking ------------------------------------------------------------------------------------------------

    /// The capability in a slot of the acting thread's table, null if there is none.
    [[nodiscard]] const Capability* at(uint64_t index) const { return in_slot({own_, index}); }
    /// The same for a slot of another table, which a capability of the thread names.
    [[nodiscard]] const Capability* in(const Capability& table, uint64_t index) const {
        return in_slot({table.object, index});
    }
    [[nodiscard]] uint64_t slots() const { return own_->slots; }
    /// The capabilities that came from outside and are left.
    [[nodiscard]] const std::list<Capability*>& roots() const { return roots_; }
    [[nodiscard]] uint64_t depth(const Capability& capability) const;

private:
    [[nodiscard]] Capability* in_slot(Place place) const;
    [[nodiscard]] bool lives(const Object* object) const;

    // What every operation asks first.
    struct Found {
        Capability* capability;
        Outcome outcome;
    };
    Found find(uint64_t argument, uint64_t index, std::optional<ObjectType> type, uint64_t rights) const;
    Found find_self(uint64_t index, ObjectType type, uint64_t method) const;
    Outcome check_child(const Capability& parent, uint64_t badge, uint64_t argument, uint64_t index) const;
    Outcome check_slot(Place place, uint64_t argument) const;
    struct Pair {
        Place from;
        Place to;
        Outcome outcome;
    };
    Pair pair(Object* source, uint64_t source_index, Object* destination, uint64_t index) const;
    struct Sent {
        Capability* capability;
        Outcome outcome;
    };
    Sent sendable(const std::vector<Item>& items, size_t number) const;

    // What they do then.
    Capability& add(Capability& parent, const Capability& child);
    Capability& derive(Capability& parent, Place place, uint64_t rights, uint64_t badge);
    void install_child(Capability& parent, Place place);
    void move(Capability& capability, Place to);
    void take(Capability& capability);
    void take_children(Capability& capability);
    void end(Object* object);

    std::list<Object> objects_;
    std::map<Place, Capability> capabilities_;
    std::list<Capability*> roots_;
    std::map<const Capability*, uint64_t> root_depths_;
    Object* own_;
};

}  // namespace selene::model
