// SPDX-License-Identifier: BSD-2-Clause
// Observation: what all tasks of a world but the first can do and see at one moment, and what its contents are.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "invariants/change_invariants.hpp"
#include "ipc/wait_queue.hpp"
#include "world.hpp"

namespace selene::test {

/// Taken before an entry into the kernel by a thread (null: an interrupt), and after. The first task, which has made
/// the others and can do anything, is left out.
class Observation {
public:
    Observation(World& world, const Thread* actor);

    [[nodiscard]] change::State state() const { return {powers_, channels_, sights_, contents_}; }

    /// Words from here on could not be made up by chance, nor be a product of sizes; addresses of the host's are.
    static constexpr uint64_t telling = uint64_t{1} << 44;

private:
    /// A capability that a task can use.
    struct Held {
        const Task* task;
        Slot* slot;
    };
    using Carries = change::Channel::Carries;

    void find_tasks();
    void reach(Task& task, CapTable& table);
    void add_mapped(const Task& task);
    void add_channels();
    void add_channels_through(const Slot& slot);
    void add_channel(const WaitQueue& queue, Carries carries, bool towards_actor);
    void add_channel(const Task* task, Carries carries, bool towards_actor);
    void add_sights();
    void add_words(const Task& task, const uint64_t* words, size_t count);
    void add_contents();
    void add_pages();
    void add_threads();
    void add_slots();
    [[nodiscard]] bool partner(const Task* task) const;
    [[nodiscard]] bool within_reach(const void* object) const;
    [[nodiscard]] bool descends_from_reach(const Slot& slot) const;

    World& world_;
    const Task* actor_;
    std::vector<Held> held_;
    std::set<const void*> objects_;  ///< that the actor has capabilities to
    std::set<const Slot*> slots_;    ///< of the actor
    std::map<const Task*, std::set<CapTable*>> tables_;
    std::vector<change::Power> powers_;
    std::vector<change::Channel> channels_;
    std::vector<change::Sight> sights_;
    std::vector<change::Content> contents_;
};

}  // namespace selene::test
