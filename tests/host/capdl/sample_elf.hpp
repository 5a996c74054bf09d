// SPDX-License-Identifier: BSD-2-Clause
// ELF files as a test wants them, and a folder to lay them into.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capdl::test {

inline constexpr uint32_t readable = 4;
inline constexpr uint32_t writable = 2;
inline constexpr uint32_t executable = 1;

struct SampleSegment {
    uint64_t address;
    std::string bytes;
    uint64_t memory_size;
    uint32_t flags;
};

/// What an ELF file is made from; as it stands, a small correct program.
struct SampleElf {
    uint64_t entry = 0x200000;
    std::vector<SampleSegment> segments{{0x200000, "instructions", 12, readable | executable},
                                        {0x201000, "constants", 9, readable},
                                        {0x202000, "variables", 0x1800, readable | writable}};
    std::vector<std::pair<std::string, uint64_t>> symbols{};

    [[nodiscard]] std::string bytes() const;
};

// Offsets in the file header and in the first program header, for tests that damage them.
namespace elf_offset {
inline constexpr uint64_t type = 16, machine = 18, entry = 24, program_table = 32, section_table = 40,
                          program_size = 54, program_count = 56, section_size = 58, section_count = 60,
                          header_size = 64;
inline constexpr uint64_t segment_type = header_size, segment_file_offset = header_size + 8,
                          segment_address = header_size + 16, segment_file_size = header_size + 32,
                          segment_memory_size = header_size + 40;
}  // namespace elf_offset

/// Overwrites a number in a file's bytes.
template <class Number>
void put(std::string& bytes, uint64_t offset, Number number) {
    bytes.replace(offset, sizeof number, reinterpret_cast<const char*>(&number), sizeof number);
}

/// A folder of its own, gone with the object.
class SampleFolder {
public:
    SampleFolder();
    SampleFolder(const SampleFolder&) = delete;
    SampleFolder& operator=(const SampleFolder&) = delete;
    ~SampleFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void add(std::string_view name, std::string_view bytes) const;

private:
    std::filesystem::path path_;
};

}  // namespace capdl::test
