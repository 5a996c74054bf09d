// SPDX-License-Identifier: BSD-2-Clause
// Writes the memory block that tells a component what it was given.
#include "component/environment_writer.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace capdl {
namespace {

static_assert(std::endian::native == std::endian::little, "the environment is little-endian");

template <class Record>
void append(std::string& out, const Record& record) {
    out.append(reinterpret_cast<const char*>(&record), sizeof record);
}

}  // namespace

size_t EnvironmentWriter::add(sel::EnvironmentKind kind, std::string_view name, uint16_t rights, uint64_t value0,
                              uint64_t value1, uint64_t value2) {
    entries_.push_back({.kind = kind,
                        .rights = rights,
                        .name_offset = string(name),
                        .value0 = value0,
                        .value1 = value1,
                        .value2 = value2});
    return entries_.size() - 1;
}

void EnvironmentWriter::add_argument(std::string_view name, std::string_view text) {
    const uint32_t offset = string(text);
    add(sel::EnvironmentKind::argument, name, 0, offset, text.size());
}

size_t EnvironmentWriter::add_models(std::string_view name) {
    const uint32_t offset = string(std::string(sel::models_bytes, '\0'));
    return add(sel::EnvironmentKind::models, name, 0, offset, sel::models_bytes);
}

void EnvironmentWriter::add_peer(std::string_view endpoint, uint64_t slot, uint64_t badge, std::string_view component) {
    const uint32_t offset = string(component);
    add(sel::EnvironmentKind::peer, endpoint, 0, slot, badge, offset);
}

uint32_t EnvironmentWriter::string(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    const auto offset = static_cast<uint32_t>(strings_.size());
    strings_ += text;
    strings_ += '\0';
    return offset;
}

uint64_t EnvironmentWriter::size() const {
    return sizeof(sel::EnvironmentHeader) + entries_.size() * sizeof(sel::EnvironmentEntry) + strings_.size();
}

uint64_t EnvironmentWriter::value_offset(size_t entry, unsigned number) {
    return sizeof(sel::EnvironmentHeader) + entry * sizeof(sel::EnvironmentEntry) +
           offsetof(sel::EnvironmentEntry, value0) + number * sizeof(uint64_t);
}

uint64_t EnvironmentWriter::text_offset(size_t entry) const {
    return sizeof(sel::EnvironmentHeader) + entries_.size() * sizeof(sel::EnvironmentEntry) + entries_[entry].value0;
}

std::string EnvironmentWriter::bytes(const Start& start) const {
    std::string out;
    append(out,
           sel::EnvironmentHeader{.magic = sel::environment_magic,
                                  .version = sel::environment_version,
                                  .entry_count = static_cast<uint32_t>(entries_.size()),
                                  .ipc_buffer = start.ipc_buffer,
                                  .stack_bottom = start.stack_bottom,
                                  .stack_size = start.stack_size,
                                  .strings_offset = static_cast<uint32_t>(
                                      sizeof(sel::EnvironmentHeader) + entries_.size() * sizeof(sel::EnvironmentEntry)),
                                  .size = static_cast<uint32_t>(size())});
    for (const sel::EnvironmentEntry& entry : entries_) {
        append(out, entry);
    }
    return out + strings_;
}

}  // namespace capdl
