// SPDX-License-Identifier: BSD-2-Clause
// A spec as it is written: the parser's result. Lists lie in shared arrays of the Module and are named by a Slice.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "language/vocabulary.hpp"
#include "text/name_table.hpp"
#include "text/source.hpp"

namespace capdl {

/// Elements [first, first + count) of one of the Module's arrays.
struct Slice {
    uint32_t first = 0;
    uint32_t count = 0;
};

/// No element of an array.
inline constexpr uint32_t no_index = ~uint32_t{0};

/// One item between brackets: `[]` all, `[3]`, `[1..4]`, `[..4]`, `[3..]`.
struct SyntaxRange {
    enum class Kind : uint8_t { all, one, between, up_to, from };
    Kind kind;
    uint64_t first;
    uint64_t last;
    Span span;
};

struct SyntaxName {
    Name name = Name::none;
    Slice ranges;
    Span span;
};

/// (object, slot), or the name of a capability.
struct SyntaxSlotReference {
    SyntaxName name;
    std::optional<uint64_t> slot;
    Span slot_span;
    Span span;
};

struct SyntaxFill {
    FillSource source;
    uint64_t offset;  ///< in the frame
    uint64_t length;
    uint64_t source_offset;  ///< in the file, the device tree or a device's models; N of device_start
    Name text;               ///< file name or digits
    SyntaxName frame;        ///< of those of a device
    Span span;
};

struct SyntaxParameter {
    Parameter parameter;
    uint64_t value = 0;
    uint64_t second = 0;
    uint64_t third = 0;
    Name text = Name::none;
    Slice list;  ///< of numbers, fills or slot references
    Span span;
    Span value_span;
};

/// A declaration or, inside an untyped's braces, a bare reference. Nested ones come after their parent.
struct SyntaxObject {
    Slice path;  ///< of names: the untypeds above, the object itself last
    uint32_t parent = no_index;
    bool is_reference = false;
    ObjectType type{};
    Slice parameters;
    Span type_span;
    Span span;
};

struct SyntaxCapability {
    std::optional<uint64_t> slot;
    Span slot_span;
    SyntaxName own_name;
    bool is_copy = false;  ///< <name>
    bool is_lost = false;  ///< it had a mistake: whatever it is, it would fill slots
    SyntaxName target;
    Slice parameters;
    std::optional<SyntaxSlotReference> parent;
    Span span;
};

/// container { capabilities }
struct SyntaxContainer {
    SyntaxName name;
    Slice capabilities;
    Span span;
};

/// name = (object, slot)
struct SyntaxCapabilityName {
    Name name;
    Span name_span;
    SyntaxSlotReference slot;
};

struct SyntaxInterrupt {
    std::optional<uint64_t> number;
    Span number_span;
    SyntaxName name;
};

/// A capability of the derivation tree below its parent's entry; nested ones come after their parent.
struct SyntaxDerivation {
    SyntaxSlotReference slot;
    uint32_t parent = no_index;
};

struct SyntaxDomains {
    struct Entry {
        uint64_t domain;
        uint64_t duration;
        Name unit;
    };
    std::vector<Entry> schedule;
    std::optional<uint64_t> start;
    bool has_start = false;
    uint64_t index_shift = 0;
    Span span;
};

/// A line of a component: what it is given, under which name.
struct SyntaxGift {
    enum class Kind : uint8_t {
        capability,   ///< name: object (...)        a capability in a slot that the compiler chooses
        fixed_slot,   ///< 5: object (...)           a capability in that slot, not published
        thread_slot,  ///< fault_ep_slot: object     a slot of the start thread
        memory,       ///< name: map frames (...)    mapped memory
        own_object,   ///< name = type (...)         an object of its own, and a capability to it
        argument,     ///< name: "text"
    };
    Kind kind;
    Name name = Name::none;
    Span name_span;
    uint64_t slot = 0;
    SyntaxName target;
    Name text = Name::none;
    uint32_t own_object = no_index;
    Slice parameters;
    Span span;
};

/// name = "file.elf" (parameters) { gifts }
struct SyntaxComponent {
    Name name;
    Span name_span;
    Name file;
    Span file_span;
    Slice parameters;
    Slice gifts;
    Span span;
};

/// name = A, B [restarted by C]: components that are made, and can be taken away, together.
struct SyntaxGroup {
    Name name;
    Span name_span;
    Slice members;  ///< of names
    SyntaxName supervisor;
};

/// A rule about who may affect whom; its names are those of components or objects.
struct SyntaxPolicy {
    enum class Kind : uint8_t {
        no_flow,   ///< no flow from A, B to C, D [except through E, F]
        isolated,  ///< isolated A, B, C
    };
    Kind kind;
    Slice from;  ///< of names; the isolated ones
    Slice to;
    Slice through;
    Span span;
};

struct Module {
    Architecture architecture = Architecture::aarch64;
    std::vector<SyntaxObject> objects;
    std::vector<SyntaxContainer> containers;
    std::vector<SyntaxCapability> capabilities;
    std::vector<SyntaxCapabilityName> capability_names;
    std::vector<SyntaxInterrupt> interrupts;
    std::vector<SyntaxDerivation> derivations;
    std::optional<SyntaxDomains> domains;
    std::vector<SyntaxComponent> components;
    std::vector<SyntaxGift> gifts;
    std::vector<SyntaxObject> own_objects;  ///< of components
    std::vector<SyntaxGroup> groups;
    std::vector<SyntaxPolicy> policies;

    std::vector<Name> lost;  ///< in items that had mistakes and are missing
    bool is_cut = false;     ///< so much is missing that nothing can be said of the rest

    std::vector<SyntaxName> names;
    std::vector<SyntaxRange> ranges;
    std::vector<SyntaxParameter> parameters;
    std::vector<SyntaxSlotReference> slot_references;
    std::vector<SyntaxFill> fills;
    std::vector<uint64_t> numbers;

    template <class Element>
    [[nodiscard]] static std::span<const Element> part(const std::vector<Element>& array, Slice slice) {
        return std::span(array).subspan(slice.first, slice.count);
    }
};

}  // namespace capdl
