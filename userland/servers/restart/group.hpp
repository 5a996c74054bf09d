// SPDX-License-Identifier: BSD-2-Clause
// A restartable group: tasks that live and end together, and what they are made from.
#pragma once

#include <string>
#include <vector>

#include "../tasks/boot_archive.hpp"
#include "../tasks/task_builder.hpp"

namespace restart {

/// Tasks in one untyped. What they are is in the supervisor's specification: each entry of its environment whose name
/// begins with the member's name and a dot is for that member, under the rest of the name:
///
///     store.requests: requests (R)        a capability `requests`
///     store.map.log: log[] (RW)           memory `log`: frames, mapped
///     store.verbose: "1"                  an argument `verbose`
///     store.task.priority: "120"          not for the member: its priority, 50 without
///     store.task.program: "kv"            the file of the boot archive, the member's name without
///
/// So all that members share with others are children of what the supervisor holds, and outlives them.
class Group {
public:
    struct Means {
        tasks::TaskBuilder& builder;
        sel::CapTable table;
        sel::Untyped home;                ///< for the group alone
        sel::Endpoint faults;             ///< without a badge: the members' fault endpoint; the first has badge 1
        std::vector<sel::Reply> replies;  ///< that members answer with: who waits there is told that it was restarted
    };

    /// Reads what members are to be. Errors: unknown_name if a program is not in the archive.
    [[nodiscard]] static sel::Result<Group> find(const Means& means, std::string_view members,
                                                 const tasks::BootArchive& archive);

    /// Builds and starts all members, in their order. With an error none runs. Errors: those of TaskBuilder.
    sel::Result<void> start();

    /// Ends all members; their memory is free, and whoever has been waiting for an answer is told. That none runs is no
    /// error.
    void stop();

    [[nodiscard]] size_t size() const { return recipes_.size(); }

private:
    explicit Group(const Means& means) : means_(means) {}

    [[nodiscard]] static tasks::TaskRecipe recipe_of(std::string_view member);

    Means means_;
    std::vector<tasks::TaskRecipe> recipes_;
    std::vector<tasks::BuiltTask> built_;
};

}  // namespace restart
