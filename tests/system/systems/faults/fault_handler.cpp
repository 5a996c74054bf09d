// SPDX-License-Identifier: BSD-2-Clause
// Learns of every fault, says which it is, and maps memory for one of those who have none.
//
// From its specification:
//     faults         endpoint (R): told apart by badges; a Reply `answer`
//     healed_space   the space of the component `healed`
//     table, memory  its own table, an untyped of 16 pages
//     count          argument: after how many faults and ends all is over

#include <charconv>

#include <checks.hpp>

#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/mapper.hpp>

namespace {

using sel::or_abort;
using sel::abi::FaultKind;

std::string_view place_of(uint64_t pc) { return pc >= 0x200000 && pc < 0x300000 ? "in the text" : "elsewhere"; }

/// Says what the kernel reports, but for numbers that depend on the compiler.
void describe_fault(std::string_view name, const sel::Message& fault) {
    // Arm Architecture Reference Manual, "ESR_EL1, Exception Syndrome Register", EC.
    const auto exception_class = [](uint64_t syndrome) { return syndrome >> 26 & 63; };
    switch (static_cast<FaultKind>(fault.label())) {
    case FaultKind::page_fault:
        sel::print("{}: page fault, access {} address {:#x}, pc {}\n", name, fault.word(1), fault.word(0),
                   fault.word(2) == fault.word(0) ? "there" : place_of(fault.word(2)));
        break;
    case FaultKind::unknown_system_call:
        sel::print("{}: system call {:#x}, pc {}\n", name, fault.word(0), place_of(fault.word(1)));
        break;
    case FaultKind::user_exception:
        sel::print("{}: exception of class {:#x}, pc {}\n", name, exception_class(fault.word(0)),
                   place_of(fault.word(1)));
        break;
    case FaultKind::timeout: sel::print("{}: time-out\n", name); break;
    }
}

}  // namespace

int main() {
    const auto& given = sel::environment();
    const auto faults = or_abort(given.endpoint("faults"), "finding the faults");
    const auto reply = or_abort(given.reply("answer"), "finding the reply");
    const auto table = or_abort(given.capability<sel::CapTable>("table"), "finding the table");
    const auto space = or_abort(given.capability<sel::AddressSpace>("healed_space"), "finding the space");
    constexpr uint64_t pages = 16;
    sel::UntypedAllocator memory(table, sel::own_slots());
    or_abort(memory.add(or_abort(given.capability<sel::Untyped>("memory"), "finding memory"), pages), "taking it");
    sel::Mapper mapper(space, table, memory, sel::own_addresses());
    const auto text = or_abort(given.argument("count"), "finding the count");
    unsigned count = 0;
    std::from_chars(text.begin(), text.end(), count);

    for (unsigned number = 0; number < count;) {
        const auto got = or_abort(faults.receive(reply), "receiving");
        test::check(got.arrival == sel::Arrival::fault, "only faults arrive");
        const auto name = given.peer("faults", got.badge).value_or("somebody");
        describe_fault(name, got.message);
        const bool heals = name == "healed" && got.message.label() == static_cast<uint32_t>(FaultKind::page_fault);
        if (heals) {
            constexpr uint64_t page_bits = 12;
            const auto frame = or_abort(memory.allocate({.type = sel::abi::ObjectType::frame, .size = page_bits}),
                                        "allocating a frame");
            or_abort(mapper.map_at(got.message.word(0) & ~uint64_t{4095}, {.first = frame.first, .count = 1}),
                     "mapping it");
        } else {
            ++number;
        }
        // Label 0 lets the thread go on, any other leaves it where it is.
        or_abort(reply.send(sel::Message(heals ? 0 : 1)), "answering");
    }
    return test::finish();
}
