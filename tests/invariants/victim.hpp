// SPDX-License-Identifier: BSD-2-Clause
// Victim: a world that a test corrupts, so that one invariant finds it and no other.
#pragma once

#include "invariants/invariants.hpp"
#include "talk.hpp"
#include "translation_invariant.hpp"

namespace selene::test {

/// A world whose corruption does not outlive the test case: it is never entered again.
struct Victim {
    World world;

    /// This invariant is broken, and it alone.
    void check_breaks(invariant::Function* broken) {
        for (const Invariant& one : all_invariants()) {
            const Violation violation = one.function(world.kernel(), world.core());
            INFO(one.name << ": " << (violation.found() ? violation.wrong : "nothing found"));
            CHECK(violation.found() == (one.function == broken));
        }
        const Violation found = find_violation(world.kernel(), world.core());
        REQUIRE(found.found());
        for (const Invariant& one : all_invariants()) CHECK((one.name == found.invariant) == (one.function == broken));
    }
    /// What no invariant of the kernel can see, the machine's does.
    void check_breaks_only_the_machines() {
        CHECK_FALSE(find_violation(world.kernel(), world.core()).found());
        CHECK(invariant::no_translation_is_stale(world.kernel(), world.core()).found());
    }
    /// Put a capability into an empty slot of the first task's table, as the root of a tree of its own.
    uint64_t add_root(Capability capability) {
        const uint64_t index = world.take_slot();
        world.kernel().tree.insert_root(world.slot(index), capability);
        return index;
    }
};

/// A 64-bit word of an object's or a slot's memory.
inline uint64_t& word(void* object, size_t number) { return static_cast<uint64_t*>(object)[number]; }

}  // namespace selene::test
