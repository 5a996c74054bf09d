// SPDX-License-Identifier: BSD-2-Clause
// What happens to the threads that an input acts as.
#include "company.hpp"

namespace selene::fuzz {

namespace {

using abi::SystemCall;
using test::Right;

constexpr unsigned helps_at_most = 20;

}  // namespace

void Company::happen(Bytes& bytes) {
    switch (bytes.below(6)) {
    case 0: world().pass(uint64_t{bytes.byte()} << bytes.below(12)); break;
    case 1: machine::simulated().preempt_every = static_cast<unsigned>(bytes.below(4)); break;
    case 2: world().raise(static_cast<unsigned>(32 + bytes.below(8))); break;
    case 3:
        world().fault(static_cast<abi::FaultKind>(1 + bytes.below(4)), bytes.likely_word(), bytes.likely_word());
        break;
    case 4: world().touch_floating_point(); break;
    default: {
        const uint64_t address = test::Board::data_address + bytes.below(16) * page_bytes;
        (void)world().can_access(address, bytes.below(2) == 0 ? Right::read : Right::write);
        break;
    }
    }
}

bool Company::somebody_runs(Bytes& bytes) {
    for (unsigned helps = 0; helps < helps_at_most; ++helps) {
        if (world().running() == &world().first()) {
            strangers_.rescue();
        } else if (world().running() == nullptr) {
            world().pass(machine::SimulatedMachine::frequency / (1 + bytes.below(100)));
        } else {
            return true;
        }
    }
    return false;
}

CapTable* Company::table() {
    const Thread& thread = *world().running();
    const bool flat = thread.task != nullptr && thread.task->table != nullptr;
    return flat ? thread.task->table_slot.object<CapTable>() : nullptr;
}

uint64_t Company::slot_of(Bytes& bytes, abi::ObjectType type) {
    const uint8_t choice = bytes.byte();
    CapTable* const own = table();
    if (choice >= 192 || own == nullptr) return choice % 64;
    uint64_t fitting[test::Strangers::slots];
    unsigned count = 0;
    for (uint64_t i = 0; i < own->count() && i < test::Strangers::slots; ++i) {
        if (own->slots()[i].type() == cap_type(type)) fitting[count++] = i;
    }
    return count == 0 ? choice : fitting[choice % count];
}

abi::IpcBuffer* Company::buffer() { return reinterpret_cast<abi::IpcBuffer*>(world().running()->buffer); }

void Company::enter(SystemCall number, const test::Registers& in) {
    ++played_.entries;
    if (!world().system_call(number, in).tag.error()) ++played_.obeyed;
}

}  // namespace selene::fuzz
