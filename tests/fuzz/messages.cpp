// SPDX-License-Identifier: BSD-2-Clause
// Inputs as messages: registers, tag and IPC buffer with anything in them.
#include "company.hpp"

#include <cstring>

namespace selene::fuzz {

namespace {

using abi::SystemCall;
using test::Registers;

/// Some words of the buffer, wherever they are in it.
void write_buffer(abi::IpcBuffer& buffer, Bytes& bytes) {
    constexpr uint64_t words = sizeof(abi::IpcBuffer) / sizeof(uint64_t);
    constexpr uint64_t items = offsetof(abi::IpcBuffer, items) / sizeof(uint64_t);
    for (uint64_t count = bytes.below(16); count-- > 0;) {
        const uint8_t place = bytes.byte();
        const uint64_t word = bytes.likely_word();
        // Half of them where capabilities and the window are told.
        const uint64_t at = place < words    ? place
                            : place % 2 == 0 ? place / 2 % 3
                                             : items + place / 2 % (words - items);
        auto* const first = reinterpret_cast<uint64_t*>(&buffer);
        // An index stands in the upper half of an item.
        first[at] = at >= items && place % 4 == 1 ? word << 32 | word % 64 << 8 : word;
    }
}

/// Length, items and label, or any bits at all.
abi::Tag tag_from(Bytes& bytes) {
    const uint8_t kind = bytes.byte();
    if (kind >= 224) return abi::Tag(bytes.word());
    return abi::Tag().with_length(kind & 127).with_items(kind >> 5 & 7).with_label(bytes.byte());
}

}  // namespace

Played play_messages(Input input) {
    Company company;
    Bytes bytes(input);
    while (bytes.more() && company.somebody_runs(bytes)) {
        const uint8_t choice = bytes.byte();
        if (choice >= 224) {
            company.happen(bytes);
            continue;
        }
        if (abi::IpcBuffer* const buffer = company.buffer(); buffer != nullptr) write_buffer(*buffer, bytes);
        Registers in;
        in.x0 = bytes.likely_word();
        in.tag = tag_from(bytes);
        for (uint64_t count = bytes.below(in.words.size() + 1), i = 0; i < count; ++i)
            in.words[i] = bytes.likely_word();
        in.reply = bytes.likely_word();
        // The vectors let no other number pass.
        company.enter(static_cast<SystemCall>(choice % abi::system_call_count), in);
    }
    return company.played();
}

}  // namespace selene::fuzz
