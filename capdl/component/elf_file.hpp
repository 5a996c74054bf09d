// SPDX-License-Identifier: BSD-2-Clause
// Reads the parts of an ELF file that a component consists of.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capdl {

/// A part of a program in memory (a PT_LOAD program header).
struct ElfSegment {
    uint64_t address;
    uint64_t memory_size;
    uint64_t file_offset;
    uint64_t file_size;
    bool readable, writable, executable;

    [[nodiscard]] uint64_t end() const { return address + memory_size; }
};

/// A statically linked program for AArch64, as "ELF for the Arm 64-bit Architecture" describes it.
///
/// Nothing in the file is believed: every offset and size is checked against the file, every address against the 39
/// bits of user space. Segments share no page, so that each page has one set of rights.
class ElfFile {
public:
    static constexpr uint64_t page_size = 4096;
    static constexpr uint64_t address_limit = uint64_t{1} << 39;
    static constexpr size_t segment_limit = 64;

    /// The file's parts, or a sentence that says what is wrong with it.
    [[nodiscard]] static std::expected<ElfFile, std::string> parse(std::string_view bytes);

    [[nodiscard]] uint64_t entry() const { return entry_; }
    /// In order of their addresses; never empty.
    [[nodiscard]] const std::vector<ElfSegment>& segments() const { return segments_; }
    /// The value of a symbol, if the file has a symbol table that names it.
    [[nodiscard]] std::optional<uint64_t> symbol(std::string_view name) const;

private:
    explicit ElfFile(std::string_view bytes) : bytes_(bytes) {}
    std::optional<std::string> read();
    std::optional<std::string> read_segments();
    std::optional<std::string> check_segments();
    template <class Number>
    [[nodiscard]] Number number(uint64_t offset) const;
    [[nodiscard]] bool holds(uint64_t offset, uint64_t size) const;

    std::string_view bytes_;
    uint64_t entry_ = 0;
    std::vector<ElfSegment> segments_;
};

}  // namespace capdl
