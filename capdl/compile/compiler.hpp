// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "compile/placement.hpp"
#include "compile/plan.hpp"
#include "compile/restart_plan.hpp"
#include "component/file_library.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Compiles one Model for aarch64. What the kernel lacks is refused with its name.
///
/// The member functions are in compiler.cpp (order of work, derived capabilities), compile_spaces.cpp,
/// compile_capabilities.cpp, compile_threads.cpp, compile_replies.cpp, compile_contents.cpp,
/// compile_handovers.cpp and compile_groups.cpp.
class Compiler {
public:
    Compiler(Model& model, FileLibrary& files, Diagnostics& diagnostics)
        : model_(model), files_(files), diagnostics_(diagnostics), placement_(model, diagnostics) {}

    /// The Plan; incomplete if errors were reported.
    [[nodiscard]] Plan compile();

    /// Instead: reports the types of objects and the settings that the kernel does not have, of a spec with mistakes.
    static void report_unsupported(const Model& model, Diagnostics& diagnostics);

    /// Badge, guard with its size, or the line and the core of a software interrupt.
    [[nodiscard]] static uint64_t badge_of(const Model& model, const Capability& capability);

private:
    [[nodiscard]] std::string name(ObjectId id) const { return model_.name_of(id); }
    [[nodiscard]] uint32_t number(ObjectId id) const {
        return id == ObjectId::none ? image::none : placement_.number_of(id);
    }
    /// The rights that a capability gives, as the kernel's mask.
    [[nodiscard]] uint32_t rights_of(const Capability& capability) const;
    /// A capability that the loader derives for itself and keeps; its source number.
    uint32_t derive_extra(const Capability& capability);
    /// `parent`: what a supervisor derives it from when it rebuilds what this is for, or none.
    uint32_t derive_extra(uint32_t source, uint32_t rights, uint64_t badge, CapabilityId parent);
    static void check_domains(const Model& model, Diagnostics& diagnostics);
    [[nodiscard]] uint64_t most_extras() const;

    // --- Address spaces ---
    void compile_spaces();
    void compile_table(ObjectId space, ObjectId table, uint64_t address);
    void compile_frame(ObjectId space, const Capability& frame, uint64_t address);

    // --- Capabilities ---
    void compile_capabilities();
    [[nodiscard]] std::vector<uint32_t> derivation_depths() const;
    void compile_capability(const Capability& capability, std::vector<image::CapabilityRecord>& records);
    [[nodiscard]] uint32_t authority_source(const Capability& capability);
    [[nodiscard]] uint32_t software_interrupt_source(const Capability& capability);
    [[nodiscard]] bool can_derive(const Capability& child, const Capability& parent);
    void plan_handovers();
    void compile_description(const Fill& fill, ObjectId frame, image::FillRecord& record);

    // --- Restartable groups ---
    [[nodiscard]] bool is_granted(const Capability& capability) const;
    void compile_grant(const Capability& capability);
    void compile_restart_plan(const Fill& fill, image::FillRecord record);
    [[nodiscard]] const RestartPlan* restart_plan(const Fill& fill);

    // --- Threads ---
    struct HandlerKey {
        ObjectId endpoint;
        uint64_t badge;
        uint32_t rights;
        auto operator<=>(const HandlerKey&) const = default;
    };
    struct TaskKey {
        ObjectId table, space;
        uint64_t guard, guard_size;
        HandlerKey faults, timeouts;
        auto operator<=>(const TaskKey&) const = default;
    };
    struct PlannedThread {
        ObjectId id;
        uint32_t task;           ///< index into tasks_, or none
        uint32_t sched_context;  ///< added object for a classic spec, or none
    };
    /// In a classic spec: the Reply that a thread receives with, in a slot of its table.
    struct PlannedReply {
        uint32_t added;
        ObjectId table;
        uint64_t slot;
    };
    struct PlannedTask {
        uint32_t added;
        const Capability* table;
        const Capability* space;
        const Capability* endpoint;
        const Capability* timeouts;
    };
    void plan_threads();
    void plan_thread(ObjectId id, bool classic);
    void plan_reply(ObjectId thread, ObjectId table);
    [[nodiscard]] std::optional<uint64_t> last_empty_slot(ObjectId table) const;
    void compile_replies(std::vector<image::CapabilityRecord>& records);
    [[nodiscard]] const Capability* fault_endpoint(ObjectId thread);
    [[nodiscard]] HandlerKey handler_key(const Capability* endpoint) const;
    [[nodiscard]] uint32_t derive_handler(const Capability* endpoint);
    void compile_tasks();
    void compile_threads();
    void compile_thread(const PlannedThread& planned);
    void check_task(ObjectId thread);
    void check_start(ObjectId thread, image::ThreadRecord& record);
    void check_reply_slots(ObjectId thread);
    void compile_sched_contexts();
    void compile_interrupts();

    // --- Contents ---
    void compile_contents();
    void compile_fill(ObjectId frame, const Fill& fill);
    [[nodiscard]] uint64_t content_offset(const Fill& fill);

    Model& model_;
    FileLibrary& files_;
    Diagnostics& diagnostics_;
    Placement placement_;
    Plan plan_;
    std::vector<PlannedThread> threads_;
    std::vector<PlannedTask> tasks_;
    std::vector<PlannedReply> replies_;
    bool needs_replies_ = false;
    std::map<TaskKey, uint32_t> task_of_key_;
    std::vector<bool> is_mapped_;      ///< by object: its origin is used for a mapping
    uint64_t last_frame_size_ = 0;     ///< of the run of mappings that is open
    std::vector<bool> is_executable_;  ///< by object: mapped for execution somewhere
    std::vector<image::CapabilityRecord> extras_;
    std::map<std::tuple<Name, uint64_t, uint64_t>, uint64_t> known_contents_;
    std::vector<CapabilityId> extra_parents_;  ///< by extra capability
    std::map<ObjectId, RestartPlan> restart_plans_;
    std::map<ObjectId, const Capability*> grants_;
    std::vector<const Capability*> handovers_;  ///< as they are numbered
    std::vector<const Fill*> descriptions_;     ///< of each, or null
    uint32_t origins_table_ = image::none;
};

}  // namespace capdl
