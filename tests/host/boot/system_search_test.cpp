// SPDX-License-Identifier: BSD-2-Clause
// The head of a system part: what is read from it, and every reason to refuse it.
#include "boot/system_search.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

#include "boot/first_task_needs.hpp"
#include "boot/range_list.hpp"
#include "image/system_part.hpp"

using namespace selene;
using namespace selene::boot;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr uint64_t size = 0x6000;

/// A system part with code, variables and a system image.
struct SamplePart {
    std::unique_ptr<void, decltype(&std::free)> memory{std::aligned_alloc(4096, size), &std::free};
    capdl::SystemHeader& header = *new (memory.get()) capdl::SystemHeader{};

    SamplePart() {
        std::memcpy(header.magic, capdl::system_magic, sizeof(header.magic));
        header.version = capdl::system_version;
        header.segment_count = 3;
        header.total_size = size;
        header.entry = 0x20'0010;
        header.slots = 77;
        header.segments[0] = {0x20'0000, 0x1000, 0x1800, 0x1800, capdl::segment_read | capdl::segment_execute, 0};
        header.segments[1] = {0x20'4000, 0x3000, 0x800, 0x5000, capdl::segment_read | capdl::segment_write, 0};
        header.segments[2] = {0x1000'0000, 0x4000, 0x2000, 0x2000, capdl::segment_read, 0};
    }

    [[nodiscard]] uint64_t base() const { return reinterpret_cast<uint64_t>(memory.get()); }
    [[nodiscard]] auto read(uint64_t offset = 0) const { return read_system_part({base() + offset, size - offset}); }
};

void refuses(const auto& change, const std::string& reason) {
    SamplePart part;
    change(part.header);
    const auto result = part.read();
    REQUIRE(!result);
    CHECK_THAT(result.error().reason, ContainsSubstring(reason));
}

using Header = capdl::SystemHeader;

/// What the kernel relies on, whatever the head has said.
void check_promises(const SystemPart& part, PhysRange place) {
    REQUIRE(contains(place, part.pages));
    REQUIRE(part.segment_count <= BootDescription::maximum_segments);
    REQUIRE(part.slots <= abi::CapTableSize::maximum);
    bool startable = false;
    for (uint32_t i = 0; i < part.segment_count; i++) {
        const FirstTaskSegment& segment = part.segments[i];
        REQUIRE(is_aligned(segment.address, page_bytes));
        REQUIRE(segment.address != 0);
        REQUIRE(segment.memory_size <= uint64_t{1} << 39);
        REQUIRE(segment.address + segment.memory_size < uint64_t{1} << 39);
        REQUIRE((segment.contents.size == 0 || contains(part.pages, segment.contents)));
        REQUIRE(segment.contents.size >= segment.file_size);
        REQUIRE(segment.file_size <= segment.memory_size);
        REQUIRE((segment.writable == 0 || segment.executable == 0));
        REQUIRE((segment.writable != 0 || segment.file_size == segment.memory_size));
        startable = startable || (segment.executable != 0 && part.entry - segment.address < segment.file_size);
        for (uint32_t j = 0; j < i; j++) {
            REQUIRE(!overlap(segment.contents, part.segments[j].contents));
            REQUIRE(!overlap({segment.address, segment.memory_size},
                             {part.segments[j].address, part.segments[j].memory_size}));
        }
    }
    REQUIRE(startable);
    BootDescription description{};
    description.first_task_slots = part.slots;
    description.segment_count = part.segment_count;
    std::ranges::copy(part.segments, description.segments);
    const FirstTaskNeeds needs = FirstTaskNeeds::of(description);
    REQUIRE(needs.slots < uint64_t{1} << 32);
    REQUIRE(needs.bytes < uint64_t{1} << 44);  // nothing has wrapped around
}

}  // namespace

TEST_CASE("a system part is read") {
    const SamplePart sample;
    const auto part = sample.read();
    REQUIRE(part);
    CHECK(part->pages.base == sample.base());
    CHECK(part->pages.size == size);
    CHECK(part->entry == 0x20'0010);
    CHECK(part->slots == 77);
    REQUIRE(part->segment_count == 3);
    CHECK(part->segments[0].contents.base == sample.base() + 0x1000);
    CHECK(part->segments[0].contents.size == 0x2000);
    CHECK(part->segments[0].executable == 1);
    CHECK(part->segments[0].writable == 0);
    CHECK(part->segments[1].writable == 1);
    CHECK(part->segments[1].file_size == 0x800);
    CHECK(part->segments[1].memory_size == 0x5000);
    CHECK(part->segments[2].address == 0x1000'0000);
}

TEST_CASE("a writable segment may have no contents") {
    SamplePart sample;
    sample.header.segments[1].file_size = 0;
    REQUIRE(sample.read());
    CHECK(sample.read()->segments[1].contents.size == 0);
}

TEST_CASE("a head that is none") {
    const SamplePart sample;
    CHECK_THAT(sample.read(0x800).error().reason, ContainsSubstring("does not begin a page"));
    CHECK_THAT(read_system_part({sample.base(), 100}).error().reason, ContainsSubstring("no system part"));
    refuses([](Header& header) { header.magic[0] = 'X'; }, "no system part");
    refuses([](Header& header) { header.version++; }, "another version");
    refuses([](Header& header) { header.total_size += 4096; }, "cut short");
    refuses([](Header& header) { header.total_size -= 8; }, "cut short");
    refuses([](Header& header) { header.segment_count = 9; }, "too many segments");
    refuses([](Header& header) { header.slots = (uint64_t{1} << 24) + 1; }, "more slots than a table has");
    refuses([](Header& header) { header.slots = ~uint64_t{0}; }, "more slots than a table has");
}

TEST_CASE("segments that are none") {
    refuses([](Header& header) { header.segments[0].address += 8; }, "not aligned");
    refuses([](Header& header) { header.segments[0].offset += 8; }, "not aligned");
    refuses([](Header& header) { header.segments[0].address = 0; }, "user space");
    refuses([](Header& header) { header.segments[2].address = 0x7f'ffff'f000; }, "user space");
    refuses([](Header& header) { header.segments[2].address = ~uint64_t{0} << 12; }, "user space");
    refuses([](Header& header) { header.segments[2].address = 0x7f'ff80'0000; }, "user space");  // nothing fits above
    refuses([](Header& header) { header.segments[1].memory_size = ~uint64_t{0}; }, "user space");
    refuses([](Header& header) { header.segments[1].memory_size = 0x700; }, "more contents than room");
    refuses([](Header& header) { header.segments[2].offset = 0x5000; }, "outside the system part");
    refuses([](Header& header) { header.segments[2].offset = ~uint64_t{0} << 12; }, "outside the system part");
    refuses([](Header& header) { header.segments[0].flags |= capdl::segment_write; }, "writable and executable");
    refuses([](Header& header) { header.segments[0].memory_size = 0x1900; }, "no contents");
    refuses([](Header& header) { header.segments[1].address = 0x20'1000; }, "overlap");
    refuses([](Header& header) { header.segments[2].offset = 0x2000; }, "share pages");
    refuses([](Header& header) { header.segments[1].offset = 0x5000; }, "share pages");
}

TEST_CASE("a first task must start in code") {
    refuses([](Header& header) { header.entry = 0x20'4000; }, "does not start in code");
    refuses([](Header& header) { header.entry = 0x20'17fe; }, "does not start in code");
    refuses([](Header& header) { header.segment_count = 0; }, "does not start in code");
    refuses([](Header& header) { header.entry = 0x20'0012; }, "does not start in code");
    refuses([](Header& header) { header.entry = ~uint64_t{3}; }, "does not start in code");
    refuses([](Header& header) { header.entry = 0x20'1800; }, "does not start in code");
}

TEST_CASE("heads with anything in them are refused or kept to") {
    constexpr uint64_t values[] = {0,
                                   1,
                                   3,
                                   4,
                                   0x1000,
                                   0x1800,
                                   0x2000,
                                   0x5000,
                                   0x6000,
                                   0x20'0000,
                                   0x20'4000,
                                   0x7f'ff80'0000,
                                   uint64_t{1} << 39,
                                   uint64_t{1} << 63,
                                   ~uint64_t{0},
                                   ~uint64_t{0xfff},
                                   ~uint64_t{3}};
    std::mt19937_64 random(Catch::getSeed());
    unsigned taken = 0;
    for (int round = 0; round < 200'000; round++) {
        SamplePart part;
        auto* words = reinterpret_cast<uint64_t*>(&part.header);
        for (unsigned count = 1 + random() % 3; count > 0; count--) {
            uint64_t& word = words[1 + random() % (sizeof(Header) / sizeof(uint64_t) - 1)];
            const uint64_t value = random() % 4 == 0 ? random() : values[random() % std::size(values)];
            word = random() % 4 == 0 ? word ^ (uint64_t{1} << random() % 64) : value;
        }
        const auto result = part.read();
        if (!result) continue;
        taken++;
        check_promises(*result, {part.base(), size});
    }
    CHECK(taken > 1000);
}
