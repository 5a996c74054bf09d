// SPDX-License-Identifier: BSD-2-Clause
// From an address in the kernel to the name of the function that it lies in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace selene {

/// The functions of the debug kernel in the order of their addresses, as symbol_table.py writes them behind its
/// read-only data; no table at all in the release kernel. In 32-bit words, then bytes:
///
///     | count | address, name | address, name | ... | end of the text, "" | names, each ended by a zero byte |
///
/// An address counts from the kernel's base, a name from the start of the table.
class SymbolTable {
public:
    struct Place {
        const char* function;
        uint64_t offset;  ///< from the function's start
    };

    constexpr SymbolTable(uint64_t base, std::span<const uint32_t> words) : base_(base), words_(words) {}

    /// Where an address lies; nothing for one outside of the kernel's text.
    [[nodiscard]] std::optional<Place> find(uint64_t address) const;

private:
    struct Entry {
        uint32_t address;
        uint32_t name;
    };

    uint64_t base_;
    std::span<const uint32_t> words_;
};

}  // namespace selene
