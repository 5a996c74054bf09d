// SPDX-License-Identifier: BSD-2-Clause
// The part of a Plan that rebuilds what one untyped covers: what a supervisor restarts a group by.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "compile/plan.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// An image of its own; see image/format.hpp.
struct RestartPlan {
    /// Where the number of an interrupt's line goes, which is only known on the machine.
    struct Line {
        uint64_t offset;   ///< in the image
        uint32_t handler;  ///< number in the whole
    };
    std::string image;  ///< empty if there are none, since something was reported
    std::vector<Line> lines;
};

/// Numbers what the untyped covers anew and takes over the records that concern it. Objects that it does not cover are
/// there when it is rebuilt: a capability of the group's to one of these descends from a capability of whoever holds the
/// untyped, which the record names by its slot.
class RestartPlanner {
public:
    /// What the whole is, and what the image does not show.
    struct Whole {
        const Model& model;
        const Plan& plan;                             ///< without contents
        std::span<const CapabilityId> extra_parents;  ///< by extra capability: in the holder's table, or none
    };

    RestartPlanner(const Whole& whole, ObjectId untyped, ObjectId holder, Diagnostics& diagnostics);

    [[nodiscard]] RestartPlan plan();

    /// Frames of the group that begin with something, in the order in which their contents lie beside the image: one after
    /// the other, the largest first.
    [[nodiscard]] static std::vector<ObjectId> filled_frames(const Model& model, ObjectId untyped);

    /// The numbers, in the whole, of what an untyped covers, in the order of the group's numbers.
    [[nodiscard]] static std::vector<uint32_t> objects_of(const Plan& plan, uint32_t untyped);

private:
    void number_objects();
    void take_runs();
    void take_spaces();
    void take_contents();
    void take_capabilities();
    void take_tasks();
    void take_threads();
    void take_interrupts();
    [[nodiscard]] bool is_inside(uint32_t object) const {
        return object < numbers_.size() && numbers_[object] != image::none;
    }
    /// The number of a source of the whole in the group's image: of an object, or of an extra capability, which it takes
    /// over; `none` is `none`.
    [[nodiscard]] uint32_t source(uint32_t whole);
    [[nodiscard]] uint32_t extra(uint32_t whole);
    /// The same of what is in a slot of a thread, which may be the holder's.
    [[nodiscard]] uint32_t source(uint32_t whole, uint32_t thread, ThreadSlot slot);
    /// As a source: the holder's capability, if that is what this is.
    [[nodiscard]] uint32_t held(CapabilityId parent) const;
    uint32_t name(uint32_t whole);
    void refuse(uint32_t object);

    Whole whole_;
    ObjectId untyped_;
    ObjectId holder_;
    Diagnostics& diagnostics_;
    Plan part_;
    std::vector<uint32_t> numbers_;  ///< by number in the whole: that in the group
    std::vector<ObjectId> ids_;      ///< by number in the whole
    std::map<uint32_t, uint32_t> extras_;
    std::map<uint32_t, uint32_t> names_;
    std::vector<uint32_t> handlers_;  ///< of part_.interrupts: numbers in the whole
    bool is_refused_ = false;
};

}  // namespace capdl
