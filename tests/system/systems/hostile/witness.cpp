// SPDX-License-Identifier: BSD-2-Clause
// Minds its own business: looks again and again whether its memory and its capabilities are as it left them.

#include <algorithm>
#include <vector>

#include <checks.hpp>

#include <sel/environment.hpp>
#include <sel/slot_allocator.hpp>

#include "progress.hpp"

using hostile::pattern;

int main() {
    const auto region = sel::or_abort(sel::environment().memory("progress"), "finding the page");
    const auto mine = sel::or_abort(sel::environment().notification("mine"), "finding the notification");
    const auto table = sel::or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the table");
    const auto vault = sel::or_abort(sel::environment().memory("vault"), "finding the vault");
    const auto questions = sel::or_abort(sel::environment().endpoint("questions"), "finding the questions");
    const auto reply = sel::or_abort(sel::environment().reply("answer"), "finding the reply");
    auto& progress = *reinterpret_cast<hostile::WitnessProgress*>(region.bytes.data());
    auto* shown = reinterpret_cast<uint64_t*>(vault.bytes.data());
    std::vector<uint64_t> memory(hostile::vault_words);
    for (uint64_t word = 0; word < memory.size(); ++word) memory[word] = shown[word] = pattern(word);
    progress.ready.store(1, std::memory_order_release);
    const auto slot = sel::or_abort(sel::own_slots().allocate(), "finding a slot");

    for (;;) {
        bool well = true;
        for (uint64_t word = 0; word < memory.size(); ++word)
            well = well && memory[word] == pattern(word) && shown[word] == pattern(word);
        // Whatever happens elsewhere, what it does itself has the same effect as ever.
        const auto derived = table.map({.first = slot.raw(),
                                        .source = table,
                                        .source_first = mine.index().raw(),
                                        .count = 1,
                                        .rights = sel::abi::RightsMask(sel::abi::all_rights),
                                        .badge = 2});
        well = well && derived && sel::Notification(slot).signal() && mine.poll() == 2U && mine.poll() == 0U;
        well = well && table.unmap({.first = slot.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
        // Who asks is answered.
        if (const auto asked = questions.try_receive(reply)) {
            well = well && reply.send(sel::Message(0, pattern(asked->message.word(0))));
        }
        progress.failures.fetch_add(well ? 0 : 1, std::memory_order_relaxed);
        progress.rounds.fetch_add(1, std::memory_order_relaxed);
    }
}
