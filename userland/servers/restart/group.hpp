// SPDX-License-Identifier: BSD-2-Clause
// A restartable group: tasks that live and end together, and the part of the specification that they are rebuilt from.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

#include "system_builder.hpp"

namespace restart {

/// What the specification's `groups { NAME = ... restarted by ... }` has put into the supervisor's environment:
///
///     NAME.home      the untyped that all of the group's objects are made from
///     NAME.held      slots: a parent of each capability that the group has to something that outlives it;
///                    what members answer with is NAME.reply[0] and so on: who waits there is told of a restart
///     NAME.objects   slots, empty at first: for the origins of the group's objects
///     NAME.plan      memory: an image of the group (capdl/image/format.hpp), as the loader reads one of the whole system
///     NAME.contents  memory: what the group's frames begin with
///
/// The loader has built the group the first time. From then on it is built here, by the same code: what was made from the
/// home goes, and all is made anew, in the same memory.
class Group {
public:
    /// The supervisor's own.
    struct Means {
        sel::CapTable table;
        sel::AddressSpace space;
        sel::Thread thread;
        sel::Untyped tables;  ///< for the page tables of a window: 32 KiB
        sel::ScheduleControl time;
        sel::InterruptControl interrupts;  ///< none if no member has a handler
    };

    /// Finds what there is of a group. Errors: unknown_name; those of retype, of the window's tables.
    [[nodiscard]] static sel::Result<Group> find(std::string_view name, const Means& means);

    /// Builds and starts all members. With an error none runs.
    [[nodiscard]] capdl::loader::Outcome start();

    /// Ends all members; their memory is free, and whoever has been waiting for an answer is told `restarted`. That none
    /// runs is no error.
    void stop();

    /// Whether a component is a member.
    [[nodiscard]] bool has(std::string_view component) const;
    /// Threads: those of the members.
    [[nodiscard]] size_t threads() const;

    /// What one of them does.
    struct Look {
        bool lacks_time;  ///< it waits for nothing but its turn
        uint64_t used;    ///< ticks that it has used; less again when somebody has asked for them
    };
    /// Looks at the thread with this number. Errors: empty_slot if the group is not there, or the thread runs on lent time.
    [[nodiscard]] sel::Result<Look> look_at(size_t number) const;
    /// Bytes of the home that are in use.
    [[nodiscard]] uint64_t used() const;
    /// An object by the specification's name.
    [[nodiscard]] std::string_view name(uint32_t object) const;

private:
    /// Slots of the own table.
    struct Range {
        uint64_t first;
        uint64_t count;
    };
    struct Parts {
        sel::Untyped home;
        Range objects;
        capdl::loader::SystemView plan;
        std::span<const std::byte> contents;
        uint64_t window;
    };

    Group(const Parts& parts, const Means& means);
    [[nodiscard]] static sel::Result<Range> slots(std::string_view name);
    [[nodiscard]] capdl::loader::Outcome issue_interrupts();

    Parts parts_;
    Means means_;
    capdl::loader::OwnSlots own_;
    capdl::loader::Window window_;
    std::vector<sel::Reply> replies_;
};

}  // namespace restart
