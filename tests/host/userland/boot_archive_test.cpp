// SPDX-License-Identifier: BSD-2-Clause
// Reading boot archives: what is there, and what claims to be.
#include <random>
#include <string>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "servers/tasks/boot_archive.hpp"

using tasks::BootArchive;

namespace {

/// An entry as tar writes it, its size in octal as given.
std::string entry(std::string_view name, std::string_view contents, std::string_view size, char kind = '0') {
    std::string block(512, '\0');
    name.copy(block.data(), 100);
    size.copy(block.data() + 124, 12);
    block[156] = kind;
    block += contents;
    block.resize((block.size() + 511) / 512 * 512);
    return block;
}

const std::string good = entry("one", "first", "00000000005\0") + entry("folder", "", "00000000000", '5') +
                         entry("two", std::string(513, 'x'), "00000001001 ") + std::string(1024, '\0');

}  // namespace

TEST_CASE("a boot archive's files are found by name") {
    const BootArchive archive(good);
    CHECK(archive.find("one") == "first");
    CHECK(archive.find("two")->size() == 513);
    CHECK(!archive.find("folder"));
    CHECK(!archive.find("three"));
    CHECK(!archive.find(""));
    uint64_t offset = 0;
    CHECK(archive.next(offset)->name == "one");
    CHECK(archive.next(offset)->name == "two");
    CHECK(!archive.next(offset));
    CHECK(!archive.next(offset));
    CHECK(!BootArchive().find("one"));
}

TEST_CASE("a boot archive with a wrong size ends there") {
    for (const std::string_view size :
         {"77777777777", "00000002000", "0000000x005", "           ", "", "-0000000001"}) {
        const std::string bytes = entry("one", "first", "00000000005") + entry("bad", "?", size) + good;
        const BootArchive archive(bytes);
        CHECK(archive.find("one") == "first");
        CHECK((size == "00000002000" || !archive.find("two")));
    }
    for (size_t length = 0; length < good.size(); ++length) {
        const BootArchive cut(std::string_view(good).substr(0, length));
        const auto two = cut.find("two");
        CHECK(two.has_value() == (length >= 512 + 512 + 512 + 512 + 513));
    }
}

TEST_CASE("a boot archive of anything is read within its bounds") {
    std::mt19937 random(Catch::getSeed());
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = good;
        for (int change = 0; change < 4; ++change) bytes[random() % bytes.size()] = static_cast<char>(random());
        bytes.shrink_to_fit();
        const BootArchive archive(bytes);
        uint64_t offset = 0;
        int files = 0;
        while (const auto file = archive.next(offset)) {
            REQUIRE(file->contents.data() + file->contents.size() <= bytes.data() + bytes.size());
            REQUIRE(++files < 16);
        }
    }
}
