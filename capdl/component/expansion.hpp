// SPDX-License-Identifier: BSD-2-Clause
// Turns components into the objects and capabilities that they stand for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "component/address_plan.hpp"
#include "component/elf_file.hpp"
#include "component/environment_writer.hpp"
#include "component/file_library.hpp"
#include "component/space_builder.hpp"
#include "model/resolver.hpp"

namespace capdl {

/// A component `c` becomes an untyped `c.home` that covers all that is its own: `c.cnode`, `c.tcb`, `c.sc`, `c.pgd`,
/// the objects that it declares, `c.links` if its table is to grow, and, from its ELF file, frames and page tables. The
/// steps go between those of the Resolver.
///
/// A group `g` becomes an untyped `g.home` that covers the homes of its members. Who restarts it gets, for its
/// environment: `g.home`, that untyped; a range of slots `g.held`, with a parent of each capability that the group has to
/// something else, of which Replies are `g.reply[0]` and so on; a range of empty slots `g.objects`; memory `g.plan`, an image of the group, and `g.contents`, what its
/// frames begin with.
///
/// The member functions are in expansion.cpp (objects and capabilities), expansion_groups.cpp, expansion_memory.cpp
/// (address space) and expansion_environment.cpp.
class ComponentExpansion {
public:
    static constexpr uint64_t default_priority = 100;
    static constexpr uint64_t default_budget_us = 5000;
    static constexpr uint64_t default_stack_size = 16 * 1024;
    static constexpr uint64_t default_table_bits = 8;
    /// What a table that the compiler fills with hundreds of slots has left for its owner.
    static constexpr uint64_t spare_slots = 128;

    /// Whether a component needs its ELF file, or does without it where it is not there (yet).
    enum class Programs : uint8_t { needed, if_there };

    /// Without a library, ELF files are not read and the components' memory stays out.
    ComponentExpansion(const Module& module, Model& model, Resolver& resolver, FileLibrary* files, Programs programs,
                       Diagnostics& diagnostics)
        : module_(module),
          model_(model),
          resolver_(resolver),
          files_(files),
          programs_(programs),
          diagnostics_(diagnostics) {}

    /// After Resolver::declare_objects.
    void declare();
    /// After Resolver::fill_slots.
    void fill_slots();
    /// After Resolver::resolve_references, on a sealed Model; seals it again.
    void finish();

private:
    struct NamedMemory {
        const SyntaxGift* gift;
        std::vector<ObjectId> frames;
        Capability prototype;
        std::optional<uint64_t> address;
    };
    struct NamedSlot {
        const SyntaxGift* gift;
        uint64_t slot;
        uint64_t count;
        Capability prototype;
    };
    /// What the supervisor of a group has for it.
    struct Supply {
        uint32_t group;  ///< of the Model's
        uint64_t home = 0;
        uint64_t held = 0, held_count = 0;
        uint64_t objects = 0, object_count = 0;
        uint64_t plan_bytes = 0;
        std::vector<uint64_t> replies{};  ///< slots of those that are held
    };
    struct Part {
        const SyntaxComponent* syntax;
        uint32_t index;
        std::string prefix;
        ObjectId home, cnode, thread, sched_context, space;
        std::vector<NamedSlot> slots;
        std::vector<NamedMemory> memories;
        const SyntaxGift* handover = nullptr;
        uint64_t first_free_slot = 1;
        uint64_t table_bits = default_table_bits;
        ObjectId links = ObjectId::none;  // the root that links the table to others, if it can grow
        uint64_t links_slot = 0;          // where the component holds it
        uint64_t link_bits = 0;
        std::vector<Supply> supplies{};  ///< of the groups that it restarts
    };
    /// What holds a badged capability to an endpoint.
    struct Peer {
        uint64_t badge;
        uint32_t component;
    };
    struct Memory;  ///< a component's address space while it is made

    // --- Objects and capabilities ---
    void declare_part(const SyntaxComponent& syntax);
    ObjectId declare_object(Part& part, ObjectType type, std::string_view suffix, Span span);
    [[nodiscard]] const SyntaxGroup* group_of(const SyntaxComponent& syntax) const;
    [[nodiscard]] const SyntaxComponent* component_of(Name name) const;
    [[nodiscard]] std::vector<const SyntaxComponent*> in_order() const;
    void declare_home_of_group(const SyntaxComponent& syntax);
    void declare_groups();
    void declare_group(const SyntaxGroup& group);
    void supply_group(Part& part, Supply& supply);
    void hold_parents(Part& part, Supply& supply);
    void check_priorities(const Part& part, const Supply& supply);
    void map_supplies(Memory& memory);
    /// The component of a name; reports if there is none.
    [[nodiscard]] Part* part_of(const SyntaxName& name);
    void declare_own_objects(Part& part);
    void fill_part(Part& part);
    void fill_fixed_slot(Part& part, const SyntaxGift& gift);
    void fill_named_slot(Part& part, const SyntaxGift& gift);
    [[nodiscard]] uint64_t handover_pages() const;
    void fill_thread_slot(Part& part, const SyntaxGift& gift);
    void add_memory(Part& part, const SyntaxGift& gift);
    void add_own_thread_slots(Part& part);
    void add_capability(ObjectId container, uint64_t slot, Capability prototype, ObjectId object);
    void close_table(Part& part);
    void choose_table_size(Part& part);
    void link_table(Part& part);
    void check_names(const Part& part);
    std::vector<ObjectId> targets_of(Part& part, const SyntaxGift& gift);

    // --- Parameters ---
    [[nodiscard]] const SyntaxParameter* parameter(const Part& part, Parameter parameter) const;
    /// As the component's parentheses say it, or as it is if they do not.
    [[nodiscard]] ObjectParameter given(const Part& part, Parameter parameter, uint64_t otherwise) const;
    [[nodiscard]] uint64_t value(const Part& part, Parameter parameter, uint64_t otherwise) const {
        return given(part, parameter, otherwise).value;
    }
    void set_parameters(ObjectId id, std::initializer_list<ObjectParameter> parameters);

    // --- Address space ---
    void build_memory(Part& part);
    /// Reads a component's ELF file, or reports why that cannot be; nothing also if there is none and none is needed.
    [[nodiscard]] std::optional<ElfFile> program_of(const Part& part);
    void map_segments(Memory& memory, const ElfFile& file);
    void map_segment(Memory& memory, const ElfSegment& segment, std::string_view suffix);
    void map_stack(Memory& memory);
    void map_ipc_buffer(Memory& memory);
    void map_named_memory(Memory& memory);
    void add_models(Memory& memory);
    uint64_t map_environment(Memory& memory);
    void describe_slots(Memory& memory);
    void describe_peers(Memory& memory);
    std::optional<uint64_t> place(Memory& memory, uint64_t size, uint64_t alignment);
    uint64_t map_own_frames(Memory& memory, std::string_view suffix, uint64_t size, Rights rights);
    ObjectId declare_frame(Part& part, std::string_view suffix, uint64_t size, std::vector<Fill> fills);
    void collect_peers();

    const Module& module_;
    Model& model_;
    Resolver& resolver_;
    FileLibrary* files_;
    Programs programs_;
    Diagnostics& diagnostics_;
    std::vector<Part> parts_;
    std::map<const SyntaxGroup*, ObjectId> homes_;  ///< untypeds of groups, as far as they are declared
    std::map<ObjectId, std::vector<Peer>> peers_;
};

}  // namespace capdl
