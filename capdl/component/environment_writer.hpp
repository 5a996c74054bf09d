// SPDX-License-Identifier: BSD-2-Clause
// Writes the memory block that tells a component what it was given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sel/environment_format.hpp>

namespace capdl {

/// Collects entries, then gives the bytes; see sel/environment_format.hpp for their layout.
class EnvironmentWriter {
public:
    EnvironmentWriter() : strings_(1, '\0') {}

    /// Adds an entry and returns its index.
    size_t add(sel::EnvironmentKind kind, std::string_view name, uint16_t rights, uint64_t value0, uint64_t value1,
               uint64_t value2 = 0);
    void add_argument(std::string_view name, std::string_view text);
    /// Room for the models of a device, for the loader to fill; returns the index of the entry.
    size_t add_models(std::string_view name);
    void add_peer(std::string_view endpoint, uint64_t slot, uint64_t badge, std::string_view component);

    [[nodiscard]] uint64_t size() const;
    /// Where value `number` of an entry lies in the block.
    [[nodiscard]] static uint64_t value_offset(size_t entry, unsigned number);
    /// Where the text of an entry that add_models() has made lies in the block, once all entries are added.
    [[nodiscard]] uint64_t text_offset(size_t entry) const;

    struct Start {
        uint64_t ipc_buffer;
        uint64_t stack_bottom;
        uint64_t stack_size;
    };
    /// The whole block. The free addresses, known last, replace those that were added in their place.
    [[nodiscard]] std::string bytes(const Start& start) const;
    [[nodiscard]] sel::EnvironmentEntry& operator[](size_t entry) { return entries_[entry]; }

private:
    uint32_t string(std::string_view text);

    std::vector<sel::EnvironmentEntry> entries_;
    std::string strings_;
};

}  // namespace capdl
