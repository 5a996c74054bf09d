// SPDX-License-Identifier: BSD-2-Clause
// Comparing the simulated translation buffer with the page tables.
#include "translation_invariant.hpp"

#include "invariants/object_walk.hpp"
#include "object/page_table.hpp"
#include "simulated_machine.hpp"

namespace selene::invariant {

Violation no_translation_is_stale(Kernel& kernel, Core&) {
    std::map<uint16_t, PageTable*> owners;
    (void)each_object<PageTable>(kernel.tree, CapType::address_space, [&](PageTable& space) -> Violation {
        if (space.tag().value() != 0) owners[space.tag().value()] = &space;
        return {};
    });
    const auto& translations = machine::simulated().translations;
    if (translations.awaits_barrier()) return {"a flush is done when the kernel is left", &kernel};
    for (const auto& [tag, known] : translations.remembered()) {
        if (known.empty()) continue;
        const auto owner = owners.find(tag);
        if (owner == owners.end()) return {"a tag with translations has a space", &kernel.tags};
        for (const auto& [address, translation] : known) {
            if (machine::walk(machine::physical(owner->second), address) != translation)
                return {"a remembered translation is what the tables say", owner->second};
        }
    }
    for (const auto& [tag, tables] : translations.remembered_tables()) {
        if (tables.empty()) continue;
        const auto owner = owners.find(tag);
        if (owner == owners.end()) return {"a tag with tables has a space", &kernel.tags};
        for (const auto& [place, entry] : tables) {
            if (machine::entry_on_walk(machine::physical(owner->second), place.first, place.second) != entry)
                return {"a remembered table hangs where it did", owner->second};
        }
    }
    return {};
}

}  // namespace selene::invariant
