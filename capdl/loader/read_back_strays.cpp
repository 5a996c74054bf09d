// SPDX-License-Identifier: BSD-2-Clause
// Reading back: naming what the specification does not have. Slow, since it is only done if there is something.
#include <algorithm>

#include "abi/names.hpp"
#include "read_back.hpp"

namespace capdl::loader {

using image::SlotPlace;
using image::SlotRecord;

const SlotRecord* ReadBack::known_as(uint64_t slot) const {
    for (const SlotRecord& record : built_.system.slots()) {
        const auto found = look(record);
        if (found && found->slot == slot) {
            return &record;
        }
    }
    return nullptr;
}

bool ReadBack::is_expected(const SlotRecord& at) const {
    const bool is_specified = std::ranges::any_of(built_.system.slots(), [&at](const SlotRecord& record) {
        return record.place == at.place && record.holder == at.holder && record.index == at.index;
    });
    return is_specified || std::ranges::any_of(built_.pieces, [&](const MachineMemory::Piece& piece) {
               return piece.receiver != image::none && at.place == SlotPlace::table && piece.slot == at.index &&
                      built_.system.handovers()[piece.receiver].table == at.holder;
           });
}

void ReadBack::name_strays_of(uint32_t holder, SlotPlace place, uint64_t slots) {
    for (uint64_t index = 0; index < slots; ++index) {
        const SlotRecord at{.holder = holder, .place = place, .index = static_cast<uint32_t>(index)};
        const auto found = look(at);
        if (found && found->type != abi::ObjectType::empty && !is_expected(at)) {
            differs("{} is to {}, but should be empty\n", SlotName{built_.system, at}, abi::name_of(found->type));
        }
    }
}

void ReadBack::name_strays() {
    const uint64_t known = differences_;
    const auto name_in = [this](uint32_t type, uint32_t object, uint64_t size) {
        switch (static_cast<abi::ObjectType>(type)) {
        case abi::ObjectType::cap_table: name_strays_of(object, SlotPlace::table, size); break;
        case abi::ObjectType::task: name_strays_of(object, SlotPlace::task, 4); break;
        case abi::ObjectType::thread: name_strays_of(object, SlotPlace::thread, 2); break;
        case abi::ObjectType::interrupt_handler: name_strays_of(object, SlotPlace::handler, 1); break;
        default: break;
        }
    };
    for (const image::RunRecord& run : built_.system.runs()) {
        for (uint32_t object = run.first; object < run.first + run.count; ++object) {
            name_in(run.type, object, run.size);
        }
    }
    if (differences_ == known) {
        differs("there is a capability that the specification does not have, where nobody can look\n");
    }
}

}  // namespace capdl::loader
