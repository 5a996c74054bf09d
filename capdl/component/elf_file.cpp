// SPDX-License-Identifier: BSD-2-Clause
// Reads the parts of an ELF file that a component consists of.
#include "component/elf_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace capdl {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers in ELF files are read as they lie");

// Offsets of fields, from "ELF-64 Object File Format": file header, program header, section header, symbol.
namespace header {
constexpr uint64_t size = 64, type = 16, machine = 18, entry = 24, program_offset = 32, section_offset = 40,
                   program_size = 54, program_count = 56, section_size = 58, section_count = 60;
}
namespace program {
constexpr uint64_t size = 56, type = 0, flags = 4, offset = 8, address = 16, file_size = 32, memory_size = 40;
}
namespace section {
constexpr uint64_t size = 64, type = 4, offset = 24, bytes = 32, link = 40;
}
namespace symbol_entry {
constexpr uint64_t size = 24, name = 0, section_index = 6, value = 8;
}

constexpr uint16_t executable_file = 2;
constexpr uint16_t machine_aarch64 = 183;
constexpr uint32_t loaded = 1;
constexpr uint32_t interpreter = 3;
constexpr uint32_t symbol_table = 2;

/// "0x" and the number. Task managers read ELF files with this code too, and have no library for formats.
std::string hexadecimal(uint64_t number) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    return "0x" + std::string(digits.data(), end);
}

constexpr uint64_t page_begin(uint64_t address) { return address & ~(ElfFile::page_size - 1); }

}  // namespace

std::expected<ElfFile, std::string> ElfFile::parse(std::string_view bytes) {
    ElfFile file(bytes);
    if (std::optional<std::string> mistake = file.read()) {
        return std::unexpected(std::move(*mistake));
    }
    return file;
}

template <class Number>
Number ElfFile::number(uint64_t offset) const {
    Number result;
    std::memcpy(&result, bytes_.data() + offset, sizeof result);
    return result;
}

bool ElfFile::holds(uint64_t offset, uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
}

std::optional<std::string> ElfFile::read() {
    constexpr std::string_view magic_64_bit_little_endian{
        "\x7f"
        "ELF\x02\x01",
        6};
    if (!bytes_.starts_with(magic_64_bit_little_endian.substr(0, 4))) {
        return "this is not an ELF file";
    }
    if (bytes_.size() < header::size) {
        return "the file ends within its header";
    }
    if (!bytes_.starts_with(magic_64_bit_little_endian)) {
        return "the file is not for a 64-bit little-endian machine";
    }
    if (number<uint16_t>(header::machine) != machine_aarch64) {
        return "the file is for machine " + std::to_string(number<uint16_t>(header::machine)) + ", not for AArch64";
    }
    if (number<uint16_t>(header::type) != executable_file) {
        return "the file is not an executable at fixed addresses";
    }
    entry_ = number<uint64_t>(header::entry);
    if (std::optional<std::string> mistake = read_segments()) {
        return mistake;
    }
    return check_segments();
}

std::optional<std::string> ElfFile::read_segments() {
    const auto table = number<uint64_t>(header::program_offset);
    const auto count = number<uint16_t>(header::program_count);
    if (number<uint16_t>(header::program_size) != program::size || !holds(table, count * program::size)) {
        return "the program headers are not in the file";
    }
    for (uint64_t index = 0; index < count; ++index) {
        const uint64_t at = table + index * program::size;
        const auto type = number<uint32_t>(at + program::type);
        if (type == interpreter) {
            return "the file is dynamically linked";
        }
        if (type != loaded || number<uint64_t>(at + program::memory_size) == 0) {
            continue;
        }
        const auto flags = number<uint32_t>(at + program::flags);
        segments_.push_back({.address = number<uint64_t>(at + program::address),
                             .memory_size = number<uint64_t>(at + program::memory_size),
                             .file_offset = number<uint64_t>(at + program::offset),
                             .file_size = number<uint64_t>(at + program::file_size),
                             .readable = (flags & 4) != 0,
                             .writable = (flags & 2) != 0,
                             .executable = (flags & 1) != 0});
    }
    std::ranges::sort(segments_, {}, &ElfSegment::address);
    return std::nullopt;
}

std::optional<std::string> ElfFile::check_segments() {
    if (segments_.empty()) {
        return "the file has nothing to load";
    }
    if (segments_.size() > segment_limit) {
        return "the file has " + std::to_string(segments_.size()) + " segments, more than " +
               std::to_string(segment_limit);
    }
    bool entry_found = false;
    for (size_t index = 0; index < segments_.size(); ++index) {
        const ElfSegment& segment = segments_[index];
        if (segment.file_size > segment.memory_size) {
            return "the segment at " + hexadecimal(segment.address) + " has more bytes in the file than in memory";
        }
        if (!holds(segment.file_offset, segment.file_size)) {
            return "the file ends within the segment at " + hexadecimal(segment.address);
        }
        if (segment.address < page_size || segment.address >= address_limit ||
            segment.memory_size > address_limit - segment.address) {
            return "the segment at " + hexadecimal(segment.address) + " lies outside of user space, " +
                   hexadecimal(page_size) + " to " + hexadecimal(address_limit);
        }
        if (index != 0 && page_begin(segment.address) < segments_[index - 1].end()) {
            return "the segments at " + hexadecimal(segments_[index - 1].address) + " and " +
                   hexadecimal(segment.address) + " share a page";
        }
        entry_found |= segment.executable && entry_ >= segment.address && entry_ < segment.end();
    }
    if (!entry_found) {
        return "the entry " + hexadecimal(entry_) + " is not in an executable segment";
    }
    return std::nullopt;
}

std::optional<uint64_t> ElfFile::symbol(std::string_view name) const {
    const auto table = number<uint64_t>(header::section_offset);
    const auto count = number<uint16_t>(header::section_count);
    if (number<uint16_t>(header::section_size) != section::size || !holds(table, count * section::size)) {
        return std::nullopt;
    }
    for (uint64_t index = 0; index < count; ++index) {
        const uint64_t at = table + index * section::size;
        const auto link = number<uint32_t>(at + section::link);
        if (number<uint32_t>(at + section::type) != symbol_table || link >= count) {
            continue;
        }
        const uint64_t names = table + link * section::size;
        const auto names_offset = number<uint64_t>(names + section::offset);
        const auto names_size = number<uint64_t>(names + section::bytes);
        const auto symbols = number<uint64_t>(at + section::offset);
        const auto symbols_size = number<uint64_t>(at + section::bytes);
        if (!holds(symbols, symbols_size) || !holds(names_offset, names_size)) {
            continue;
        }
        // A file has one symbol table; looking into more would let a hostile one cost any amount of time.
        const std::string_view strings = bytes_.substr(names_offset, names_size);
        for (uint64_t entry = 0; entry + symbol_entry::size <= symbols_size; entry += symbol_entry::size) {
            const auto name_offset = number<uint32_t>(symbols + entry + symbol_entry::name);
            const bool defined = number<uint16_t>(symbols + entry + symbol_entry::section_index) != 0;
            if (defined && name_offset < strings.size() && strings.substr(name_offset).starts_with(name) &&
                name_offset + name.size() < strings.size() && strings[name_offset + name.size()] == '\0') {
                return number<uint64_t>(symbols + entry + symbol_entry::value);
            }
        }
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace capdl
