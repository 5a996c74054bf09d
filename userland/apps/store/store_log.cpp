// SPDX-License-Identifier: BSD-2-Clause
// Appending and reading.
#include "store_log.hpp"

namespace store {

StoreLog::StoreLog(std::span<std::byte> memory)
    : head_(reinterpret_cast<Head*>(memory.data())),
      records_(reinterpret_cast<Record*>(memory.data() + sizeof(Head))),
      room_(memory.size() < sizeof(Head) ? 0 : (memory.size() - sizeof(Head)) / sizeof(Record)) {}

std::optional<Contents> StoreLog::read() const {
    if (room_ == 0) return std::nullopt;
    const uint64_t word = head();
    if (word % generation_unit > room_) return std::nullopt;
    Contents contents = snapshot(word);
    for (uint64_t number = 0; number < word % generation_unit; ++number) {
        const Record& record = records_[number];
        if (record.key >= keys || record.client >= clients) return std::nullopt;
        contents.values[record.key] = record.value;
        contents.clients_seen[record.client] = {record.number, record.value};
    }
    return contents;
}

void StoreLog::append(const Record& record, const Contents& contents) {
    const uint64_t word = head();
    const uint64_t count = word % generation_unit;
    if (count == room_) {
        const uint64_t next = word - count + generation_unit;
        snapshot(next) = contents;
        set_head(next);
    } else {
        records_[count] = record;
        set_head(word + 1);
    }
}

}  // namespace store
