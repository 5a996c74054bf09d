// SPDX-License-Identifier: BSD-2-Clause
// From syntax to meaning: declares objects, looks names up, fills slots.
#pragma once

#include <unordered_map>
#include <vector>

#include "language/syntax.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Resolves one Module into one Model. The steps are called in the order in which they are declared; between them the
/// component expansion adds what it makes (see component/expansion.hpp).
///
/// The member functions are in resolve_objects.cpp, resolve_capabilities.cpp and resolve_derivations.cpp.
class Resolver {
public:
    Resolver(const Module& module, Model& model, Diagnostics& diagnostics)
        : module_(module), model_(model), diagnostics_(diagnostics) {
        for (const Name name : module.lost) {
            model.lose(name);
        }
    }

    // --- Steps ---
    void declare_objects();
    void fill_slots();
    /// After the Model is sealed: copies, `child_of`, `cdt`.
    void resolve_references();

    // --- What the component expansion uses too ---
    /// The objects that a reference names, in its order; reports what does not exist and then returns nothing.
    /// So it does once `Model::reference_limit` is reached.
    std::vector<ObjectId> objects_of(const SyntaxName& reference);
    /// A capability to an object or to an authority, as the parameters say, in no slot yet.
    Capability capability_to(ObjectId object, Authority authority, const SyntaxName& target, Slice parameters);
    /// The authority that a name stands for: only if no object has that name.
    [[nodiscard]] Authority authority_of(const SyntaxName& reference) const;
    /// Copies the parameters of an object's declaration into the Model, reporting those that the type does not take.
    Slice object_parameters_of(const SyntaxObject& object);
    /// Declares what a name with at most one index `[n]` says; reports what is wrong with it.
    ObjectId declare(const SyntaxName& name, Object prototype);

private:
    // --- Objects ---
    void declare_named();
    void declare_paths();
    void cover_objects();
    void set_parameters(ObjectId id, Slice parameters, const SyntaxObject& object);
    ObjectId existing_untyped(const Declaration& known, const SyntaxName& name, const SyntaxObject& object);
    ObjectId single(const SyntaxName& reference);
    void cover(ObjectId untyped, ObjectId child, Span where);
    void check_cover_depth();
    void report_unknown(const SyntaxName& reference);
    void report_unknown_capability(const SyntaxName& reference);
    void append_range(const SyntaxRange& range, const Declaration& known, const SyntaxName& reference,
                      std::vector<ObjectId>& result);

    // --- Capabilities ---
    void fill_container(const SyntaxContainer& container);
    uint64_t fill_slot(const SyntaxCapability& syntax, ObjectId container, uint64_t slot,
                       std::span<const ObjectId> targets);
    void refuse_capabilities(Span where);
    void set_parameter(Capability& capability, const SyntaxParameter& parameter);
    void lose_slots(const SyntaxCapability& syntax, std::span<const ObjectId> containers);
    [[nodiscard]] bool is_known_empty(SlotPlace place) const;
    void name_capabilities(const SyntaxCapability& syntax, SlotPlace first, uint64_t count);
    void map_interrupts();

    // --- References ---
    struct NamedSlots {
        SlotPlace first;
        uint64_t count;
        bool is_array;
        bool used = false;
        const SyntaxCapabilityName* declaration = nullptr;  ///< its object is looked up when it is used
        Span span;
    };
    NamedSlots* find_capability_name(const SyntaxName& reference);
    bool locate(const SyntaxSlotReference& reference, SlotPlace& place);
    /// The capabilities' places that a reference to a capability's name stands for.
    [[nodiscard]] uint64_t count_of_name(const SyntaxName& reference);
    /// One of them; nothing beyond the last.
    [[nodiscard]] std::optional<SlotPlace> slot_of_name(const SyntaxName& reference, uint64_t element);
    struct Run {
        uint64_t first, last;  ///< descending if `first` is larger
        [[nodiscard]] uint64_t count() const { return (first <= last ? last - first : first - last) + 1; }
    };
    /// What one range of a reference means; nothing if it is not within the slots.
    [[nodiscard]] static std::optional<Run> run_of(const SyntaxRange& range, const NamedSlots& slots);
    void resolve_copies();
    void resolve_copy(size_t index);
    void resolve_parents();
    void set_parent(SlotPlace child, SlotPlace parent, Span where);
    void check_parent_cycles();
    void report_unused_names();

    struct PendingCopy {
        SlotPlace place;
        SyntaxName source_name;
        uint32_t source_element;  ///< which of the named slots
        Rights mask;
        Span span;
        enum class State : uint8_t { untouched, entered, done } state = State::untouched;
    };
    struct PendingParent {
        SlotPlace child;
        const SyntaxSlotReference* parent;
    };

    const Module& module_;
    Model& model_;
    Diagnostics& diagnostics_;
    std::vector<ObjectId> declared_;  ///< by SyntaxObject: the first of its objects
    std::vector<uint32_t> declared_count_;
    std::unordered_map<Name, NamedSlots> capability_names_;
    std::vector<PendingCopy> copies_;
    std::vector<PendingParent> parents_;
    std::unordered_set<uint32_t> incomplete_;  ///< numbers of objects some of whose slots are missing for known reasons
    uint64_t references_left_ = Model::reference_limit;
    bool has_all_capabilities_ = true;  ///< false once there are too many
    unsigned suggestions_left_ = 20;    ///< a search through all names is dear
};

}  // namespace capdl
