// SPDX-License-Identifier: BSD-2-Clause
// ELF files as a test wants them, and a folder to lay them into.
#include "sample_elf.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>

namespace capdl::test {
namespace {

// "ELF-64 Object File Format": file header, program header, section header, symbol.
struct FileHeader {
    char identification[16] = {'\x7f', 'E', 'L', 'F', 2, 1, 1};
    uint16_t type = 2, machine = 183;
    uint32_t version = 1;
    uint64_t entry, program_offset = 64, section_offset;
    uint32_t flags = 0;
    uint16_t header_size = 64, program_size = 56, program_count, section_size = 64, section_count = 3, names = 2;
};
struct ProgramHeader {
    uint32_t type = 1, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment = 4096;
};
struct SectionHeader {
    uint32_t name = 0, type;
    uint64_t flags = 0, address = 0, offset, size;
    uint32_t link, information = 0;
    uint64_t alignment = 8, entry_size;
};
struct Symbol {
    uint32_t name;
    uint8_t information = 0, other = 0;
    uint16_t section;
    uint64_t value, size = 0;
};
static_assert(sizeof(FileHeader) == 64 && sizeof(ProgramHeader) == 56 && sizeof(SectionHeader) == 64 &&
              sizeof(Symbol) == 24);

template <class Record>
void append(std::string& out, const Record& record) {
    out.append(reinterpret_cast<const char*>(&record), sizeof record);
}

}  // namespace

std::string SampleElf::bytes() const {
    uint64_t offset = sizeof(FileHeader) + segments.size() * sizeof(ProgramHeader);
    std::string headers;
    std::string contents;
    for (const SampleSegment& segment : segments) {
        append(headers, ProgramHeader{.flags = segment.flags,
                                      .offset = offset + contents.size(),
                                      .address = segment.address,
                                      .physical = segment.address,
                                      .file_size = segment.bytes.size(),
                                      .memory_size = segment.memory_size});
        contents += segment.bytes;
    }
    std::string names(1, '\0');
    std::string table;
    append(table, Symbol{.name = 0, .section = 0, .value = 0});
    for (const auto& [name, value] : symbols) {
        append(table, Symbol{.name = static_cast<uint32_t>(names.size()), .section = 1, .value = value});
        names += name;
        names += '\0';
    }
    const uint64_t table_offset = offset + contents.size();
    const uint64_t names_offset = table_offset + table.size();
    std::string out;
    append(out, FileHeader{.entry = entry,
                           .section_offset = names_offset + names.size(),
                           .program_count = static_cast<uint16_t>(segments.size())});
    out += headers + contents + table + names;
    append(out, SectionHeader{.type = 0, .offset = 0, .size = 0, .link = 0, .entry_size = 0});
    append(out, SectionHeader{
                    .type = 2, .offset = table_offset, .size = table.size(), .link = 2, .entry_size = sizeof(Symbol)});
    append(out, SectionHeader{.type = 3, .offset = names_offset, .size = names.size(), .link = 0, .entry_size = 0});
    return out;
}

SampleFolder::SampleFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "capdl-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

SampleFolder::~SampleFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void SampleFolder::add(std::string_view name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
}

}  // namespace capdl::test
