// SPDX-License-Identifier: BSD-2-Clause
// Reading components' ELF files: what a correct one gives, why a wrong one is refused, and that no bytes lead astray.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <memory>
#include <random>

#include "component/elf_file.hpp"
#include "sample_elf.hpp"

namespace {

using capdl::ElfFile;
using capdl::test::put;
using capdl::test::SampleElf;
using Catch::Matchers::ContainsSubstring;
namespace at = capdl::test::elf_offset;

constexpr uint32_t code = capdl::test::readable | capdl::test::executable;
constexpr uint32_t data = capdl::test::readable | capdl::test::writable;

void refuses(std::string_view bytes, const std::string& reason) {
    const auto file = ElfFile::parse(bytes);
    REQUIRE(!file);
    CHECK_THAT(file.error(), ContainsSubstring(reason));
}

template <class Number>
void refuses_with(uint64_t offset, Number number, const std::string& reason) {
    std::string bytes = SampleElf().bytes();
    put(bytes, offset, number);
    refuses(bytes, reason);
}

}  // namespace

TEST_CASE("an ELF file gives entry, segments and symbols") {
    const std::string bytes = SampleElf{.symbols = {{"__sel_tls_base", 0x1234}, {"__sel", 5}}}.bytes();
    const auto file = ElfFile::parse(bytes);
    REQUIRE(file);
    CHECK(file->entry() == 0x200000);
    REQUIRE(file->segments().size() == 3);
    CHECK(file->segments()[0].executable);
    CHECK(!file->segments()[0].writable);
    CHECK(file->segments()[2].writable);
    CHECK(file->segments()[2].end() == 0x203800);
    CHECK(bytes.substr(file->segments()[1].file_offset, file->segments()[1].file_size) == "constants");
    CHECK(file->symbol("__sel_tls_base") == 0x1234);
    CHECK(file->symbol("__sel") == 5);
    CHECK(!file->symbol("__sel_tls"));
    CHECK(!file->symbol("nothing"));
}

TEST_CASE("segments come in order of their addresses, empty ones not at all") {
    const std::string bytes =
        SampleElf{.entry = 0x400000,
                  .segments = {{0x400000, "code", 4, code}, {0x300000, "", 0, data}, {0x200000, "data", 4, data}}}
            .bytes();
    const auto file = ElfFile::parse(bytes);
    REQUIRE(file);
    REQUIRE(file->segments().size() == 2);
    CHECK(file->segments().front().address == 0x200000);
}

TEST_CASE("a file that is no program for AArch64 is refused") {
    refuses("", "this is not an ELF file");
    refuses("#!/bin/sh", "this is not an ELF file");
    refuses(
        "\x7f"
        "ELF\x02\x01",
        "ends within its header");
    refuses_with<uint8_t>(4, 1, "not for a 64-bit little-endian machine");
    refuses_with<uint8_t>(5, 2, "not for a 64-bit little-endian machine");
    refuses_with<uint16_t>(at::machine, 62, "for machine 62, not for AArch64");
    refuses_with<uint16_t>(at::type, 3, "not an executable at fixed addresses");
    refuses_with<uint32_t>(at::segment_type, 3, "dynamically linked");
}

TEST_CASE("a file whose headers lie is refused") {
    refuses_with<uint64_t>(at::program_table, ~uint64_t{0}, "the program headers are not in the file");
    refuses_with<uint16_t>(at::program_count, 0xffff, "the program headers are not in the file");
    refuses_with<uint16_t>(at::program_size, 55, "the program headers are not in the file");
    refuses_with<uint16_t>(at::program_count, 0, "nothing to load");
    refuses_with<uint64_t>(at::segment_file_size, 0x1000, "more bytes in the file than in memory");
    refuses_with<uint64_t>(at::segment_file_offset, 0x100000, "the file ends within the segment at 0x200000");
    refuses_with<uint64_t>(at::segment_file_offset, ~uint64_t{0}, "the file ends within the segment at 0x200000");
    refuses_with<uint64_t>(at::segment_address, 0, "outside of user space");
    refuses_with<uint64_t>(at::segment_address, ~uint64_t{0xfff}, "outside of user space");
    refuses_with<uint64_t>(at::segment_memory_size, ~uint64_t{0}, "outside of user space");
    refuses_with<uint64_t>(at::segment_memory_size, 0x1001, "share a page");
    refuses_with<uint64_t>(at::entry, 0x201000, "the entry 0x201000 is not in an executable segment");
    refuses_with<uint64_t>(at::entry, 0x20000c, "is not in an executable segment");
}

TEST_CASE("a file with very many segments is refused") {
    SampleElf elf;
    for (uint64_t number = 0; number < ElfFile::segment_limit; ++number) {
        elf.segments.push_back({0x1000000 + number * 0x1000, "x", 1, data});
    }
    refuses(elf.bytes(), "more than 64");
}

TEST_CASE("a damaged symbol table names nothing") {
    const std::string correct = SampleElf{.symbols = {{"name", 7}}}.bytes();
    const auto symbol_with = [&](uint64_t offset, auto number) {
        std::string bytes = correct;
        put(bytes, offset, number);
        const auto file = ElfFile::parse(bytes);
        REQUIRE(file);
        return file->symbol("name");
    };
    uint64_t sections = 0;
    correct.copy(reinterpret_cast<char*>(&sections), sizeof sections, at::section_table);
    const uint64_t table = sections + 64;
    const uint64_t names = sections + 128;
    CHECK(symbol_with(at::section_table, ~uint64_t{0}) == std::nullopt);
    CHECK(symbol_with(at::section_count, uint16_t{0xffff}) == std::nullopt);
    CHECK(symbol_with(at::section_size, uint16_t{63}) == std::nullopt);
    CHECK(symbol_with(table + 40, uint32_t{99}) == std::nullopt);       // link to the names
    CHECK(symbol_with(table + 24, ~uint64_t{0}) == std::nullopt);       // offset of the symbols
    CHECK(symbol_with(table + 32, uint64_t{1} << 40) == std::nullopt);  // size of the symbols
    CHECK(symbol_with(names + 32, uint64_t{1} << 40) == std::nullopt);  // size of the names
    CHECK(symbol_with(names + 32, uint64_t{5}) == std::nullopt);        // a name without its end
}

// Each file lies in memory of exactly its size, so that the sanitizer sees every access beyond it.
TEST_CASE("no change of bytes makes the reader read beyond a file") {
    const std::string correct = SampleElf{.symbols = {{"name", 7}, {"other", 8}}}.bytes();
    std::mt19937_64 random(Catch::getSeed());
    unsigned accepted = 0;
    for (unsigned round = 0; round < 20'000; ++round) {
        std::string bytes = correct;
        for (uint64_t change = random() % 4 + 1; change != 0; --change) {
            const uint64_t where = random() % (bytes.size() - 8);
            switch (random() % 4) {
            case 0: bytes[where] = static_cast<char>(random()); break;
            case 1: put<uint64_t>(bytes, where / 8 * 8, random() >> random() % 64); break;
            case 2: put<uint64_t>(bytes, where / 8 * 8, uint64_t{0} - random() % 64); break;
            default: bytes.resize(std::min(bytes.size(), where + 9)); break;
            }
        }
        const auto exact = std::make_unique<char[]>(bytes.size());
        bytes.copy(exact.get(), bytes.size());
        const auto file = ElfFile::parse({exact.get(), bytes.size()});
        if (!file) {
            CHECK(!file.error().empty());
            continue;
        }
        ++accepted;
        (void)file->symbol("name");
        for (const capdl::ElfSegment& segment : file->segments()) {
            const bool inside = segment.file_offset + segment.file_size <= bytes.size() &&
                                segment.end() <= ElfFile::address_limit && segment.end() > segment.address;
            REQUIRE(inside);
        }
    }
    CHECK(accepted > 100);
}
