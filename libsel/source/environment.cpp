// SPDX-License-Identifier: BSD-2-Clause
// Checking an environment once, and finding entries in it by name.

#include <sel/environment.hpp>

#include <sel/ending.hpp>
#include <sel/ipc_buffer.hpp>

namespace sel {

namespace {

std::unexpected<Error> damaged(uint64_t offset) { return refused({LibraryError::bad_environment, offset}); }

// An error has room for sixteen characters of the name.
std::unexpected<Error> unknown(std::string_view name) {
    Error error(LibraryError::unknown_name);
    name.copy(reinterpret_cast<char*>(error.details.data()), sizeof error.details);
    return refused(error);
}

/// Whether a string, with its closing zero, lies in the string area.
bool is_string(std::string_view strings, uint64_t offset) {
    return offset < strings.size() && strings.find('\0', offset) != strings.npos;
}

bool is_sound(const EnvironmentEntry& entry, std::string_view strings) {
    if (!is_string(strings, entry.name_offset)) {
        return false;
    }
    switch (entry.kind) {
    case EnvironmentKind::capability: return true;
    case EnvironmentKind::table_links: return entry.value1 < 64 && entry.value2 < 64 - entry.value1;
    case EnvironmentKind::memory:
    case EnvironmentKind::slot_range:
    case EnvironmentKind::free_addresses: return entry.value1 <= UINT64_MAX - entry.value0;
    case EnvironmentKind::argument:
    case EnvironmentKind::models: return entry.value0 < strings.size() && entry.value1 < strings.size() - entry.value0;
    case EnvironmentKind::peer: return is_string(strings, entry.value2);
    }
    return false;
}

}  // namespace

Result<Environment> Environment::parse(std::span<const std::byte> bytes) {
    const bool is_aligned = reinterpret_cast<uintptr_t>(bytes.data()) % alignof(EnvironmentHeader) == 0;
    if (bytes.size() < sizeof(EnvironmentHeader) || !is_aligned) {
        return damaged(0);
    }
    const Environment candidate(bytes);
    const EnvironmentHeader header = candidate.header();
    if (header.magic != environment_magic || header.version != environment_version) {
        return damaged(offsetof(EnvironmentHeader, magic));
    }
    if (header.size > bytes.size()) {
        return damaged(offsetof(EnvironmentHeader, size));
    }
    const uint64_t entries_end = sizeof(EnvironmentHeader) + header.entry_count * uint64_t{sizeof(EnvironmentEntry)};
    if (header.strings_offset < entries_end || header.strings_offset >= header.size) {
        return damaged(offsetof(EnvironmentHeader, strings_offset));
    }
    const auto strings =
        std::string_view(reinterpret_cast<const char*>(bytes.data()), header.size).substr(header.strings_offset);
    for (const EnvironmentEntry& entry : candidate.entries()) {
        if (!is_sound(entry, strings)) {
            return damaged(static_cast<uint64_t>(reinterpret_cast<const std::byte*>(&entry) - bytes.data()));
        }
    }
    return candidate;
}

EnvironmentHeader Environment::header() const {
    return bytes_.empty() ? EnvironmentHeader{} : *reinterpret_cast<const EnvironmentHeader*>(bytes_.data());
}

std::span<const EnvironmentEntry> Environment::entries() const {
    if (bytes_.empty()) {
        return {};
    }
    return {reinterpret_cast<const EnvironmentEntry*>(bytes_.data() + sizeof(EnvironmentHeader)), header().entry_count};
}

std::string_view Environment::string(uint64_t offset) const {
    return reinterpret_cast<const char*>(bytes_.data()) + header().strings_offset + offset;
}

std::string_view Environment::name(const EnvironmentEntry& entry) const { return string(entry.name_offset); }

Result<const EnvironmentEntry*> Environment::find(EnvironmentKind kind, std::string_view wanted) const {
    for (const EnvironmentEntry& entry : entries()) {
        if (entry.kind == kind && name(entry) == wanted) {
            return &entry;
        }
    }
    return unknown(wanted);
}

Result<MemoryRegion> Environment::memory(std::string_view name) const {
    SEL_TRY(entry, find(EnvironmentKind::memory, name));
    auto* const first = reinterpret_cast<std::byte*>(entry->value0);
    return MemoryRegion{{first, entry->value1}, entry->value2, abi::RightsMask(entry->rights)};
}

bool Environment::is_model(std::string_view name, std::string_view model) const {
    const auto entry = find(EnvironmentKind::models, name);
    if (!entry) {
        return false;
    }
    std::string_view list(string((*entry)->value0).data(), (*entry)->value1);
    // A name without its closing zero has been cut.
    for (size_t end = list.find('\0'); end != list.npos && end > 0; end = list.find('\0')) {
        if (list.substr(0, end) == model) {
            return true;
        }
        list.remove_prefix(end + 1);
    }
    return false;
}

Result<std::string_view> Environment::argument(std::string_view name) const {
    SEL_TRY(entry, find(EnvironmentKind::argument, name));
    return std::string_view(string(entry->value0).data(), entry->value1);
}

Result<std::string_view> Environment::peer(std::string_view name, uint64_t badge) const {
    for (const EnvironmentEntry& entry : entries()) {
        if (entry.kind == EnvironmentKind::peer && entry.value1 == badge && this->name(entry) == name) {
            return string(entry.value2);
        }
    }
    return unknown(name);
}

// --- This component's -----------------------------------------------------------------------------------------------

namespace {

constinit Environment own_environment;

}  // namespace

const Environment& environment() { return own_environment; }

void detail::adopt_environment(const EnvironmentHeader* header) {
    if (header == nullptr) {
        return;
    }
    const auto parsed = Environment::parse({reinterpret_cast<const std::byte*>(header), header->size});
    if (!parsed) {
        end<Ending::aborted>();
    }
    own_environment = *parsed;
    set_ipc_buffer(reinterpret_cast<IpcBuffer*>(header->ipc_buffer));
}

}  // namespace sel
