// SPDX-License-Identifier: BSD-2-Clause
// Images: what is written, that the loader's view of it is the same, and that a damaged one is refused.
#include <algorithm>
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>
#include <memory>
#include <random>

#include "abi/object_sizes.hpp"
#include "image/image_writer.hpp"
#include "image/system_part.hpp"
#include "loader/system_view.hpp"
#include "sample_elf.hpp"
#include "spec_run.hpp"

namespace {

namespace image = capdl::image;
using capdl::Plan;
using capdl::loader::SystemView;
using capdl::test::put;
using capdl::test::SampleElf;
using Catch::Matchers::ContainsSubstring;

constexpr uint32_t code = capdl::test::readable | capdl::test::executable;

// A system with something in every section of its image.
Plan sample_plan() {
    const capdl::test::SampleFolder folder;
    folder.add("a.elf", SampleElf().bytes());
    capdl::test::SpecRun run = capdl::test::run_spec(R"(arch aarch64
        objects {
            e = ep
            serial = frame (4k, device: "stdout", index: 2)
            line = arm_irq (device: "stdout", trigger: edge)
            fixed = frame (4k, paddr: 0x50000000, fill: [{16 4 bytes "01020304"}])
            tree = frame (2M, fill: [{0 65536 CDL_FrameFill_BootInfo CDL_FrameFill_BootInfo_FDT 0}])
            n = notification
            pool = ut (13 bits) { covered = ep }
        }
        caps { line { n (badge: 2) } }
        components {
            a = "a.elf" {
                requests: e (R)
                registers: map serial (RW, uncached)
                tree: map tree (R)
                fixed: map fixed (RW)
                line: line
                fault_ep_slot: e (WP, badge: 1)
                ram: remaining_untyped (quota: 16M)
                pool: pool
            }
        })",
                                                     capdl::test::Until::build, folder.path());
    INFO(run.messages);
    REQUIRE(run.accepted);
    return std::move(run.plan);
}

// Bytes where the sanitizer sees every access beyond them.
class ExactCopy {
public:
    explicit ExactCopy(std::string_view bytes) : size_(bytes.size()), bytes_(new uint64_t[(size_ + 7) / 8]) {
        std::memcpy(bytes_.get(), bytes.data(), size_);
    }
    [[nodiscard]] uint64_t address() const { return reinterpret_cast<uint64_t>(bytes_.get()); }
    [[nodiscard]] bool valid() const { return SystemView::valid(address(), size_); }

private:
    size_t size_;
    std::unique_ptr<uint64_t[]> bytes_;
};

image::Header header_of(std::string_view bytes) {
    image::Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
}

// Makes the checksum right again, as somebody would who changes an image on purpose.
void seal(std::string& bytes) {
    const uint64_t size = std::min<uint64_t>(header_of(bytes).size, bytes.size());
    if (size >= sizeof(image::Header) && size % 8 == 0) {
        put(bytes, offsetof(image::Header, checksum),
            image::checksum(bytes.data() + image::checksum_begin, size - image::checksum_begin));
    }
}

bool refused_with(auto change) {
    std::string bytes = system_image(sample_plan());
    image::Header header = header_of(bytes);
    change(header, bytes);
    std::memcpy(bytes.data(), &header, sizeof header);
    seal(bytes);
    return !ExactCopy(bytes).valid();
}

image::Section& section(image::Header& header, image::SectionKind kind) {
    return header.sections[static_cast<uint32_t>(kind)];
}

// Reads all that a view gives.
uint64_t read_all(const SystemView& view) {
    uint64_t sum = 0;
    for (const image::ObjectRecord& object : view.objects()) {
        sum += view.name(object.name).size();
    }
    for (const image::PlacedRecord& placed : view.placed()) {
        sum += view.name(placed.device).size();
    }
    for (const image::FillRecord& fill : view.fills()) {
        sum += *view.frame_size_bits(fill.frame);
        if (fill.kind == image::FillKind::contents) {
            const auto part = view.contents().subspan(fill.value, fill.length);
            sum += static_cast<uint64_t>(std::ranges::count(part, 'x'));
        }
    }
    return sum;
}

}  // namespace

TEST_CASE("the loader's view shows what the compiler planned") {
    const Plan plan = sample_plan();
    const std::string bytes = system_image(plan);
    CHECK(bytes.size() % image::page_size == 0);
    const ExactCopy copy(bytes);
    REQUIRE(copy.valid());
    const SystemView view(copy.address());
    const auto same = [](auto seen, const auto& planned) {
        return seen.size() == planned.size() && std::memcmp(seen.data(), planned.data(), seen.size_bytes()) == 0;
    };
    using enum image::SectionKind;
    CHECK(same(view.records<char>(names), plan.names));
    CHECK(same(view.objects(), plan.objects));
    CHECK(same(view.runs(), plan.runs));
    CHECK(same(view.placed(), plan.placed));
    CHECK(same(view.records<image::TableRecord>(tables), plan.tables));
    CHECK(same(view.records<image::MappingRecord>(mappings), plan.mappings));
    CHECK(same(view.fills(), plan.fills));
    CHECK(same(view.records<image::CapabilityRecord>(capabilities), plan.capabilities));
    CHECK(same(view.records<image::TaskRecord>(tasks), plan.tasks));
    CHECK(same(view.records<image::SchedContextRecord>(sched_contexts), plan.sched_contexts));
    CHECK(same(view.records<image::InterruptRecord>(interrupts), plan.interrupts));
    CHECK(same(view.records<image::ThreadRecord>(threads), plan.threads));
    CHECK(same(view.slots(), plan.slots));
    CHECK(same(view.handovers(), plan.handovers));
    CHECK(same(view.grants(), plan.grants));
    CHECK(same(view.contents(), plan.contents));
    for (uint32_t kind = 0; kind < image::section_kinds; ++kind) {
        CHECK(view.header().sections[kind].count != 0);
    }
    REQUIRE(view.handovers().size() == 1);
    CHECK(view.handovers()[0].quota == 16 << 20);
    CHECK(view.workspace().size() >= 128);
    CHECK(view.header().mode == image::Mode::start);
    CHECK(view.name(view.placed()[0].device) == "stdout");
    CHECK(view.name(image::none) == "");
    CHECK(read_all(view) > 0);
}

TEST_CASE("the loader's view knows frames, wherever they come from") {
    const ExactCopy copy(system_image(sample_plan()));
    REQUIRE(copy.valid());
    const SystemView view(copy.address());
    const auto number_of = [&](std::string_view name) {
        const auto found = std::ranges::find(view.objects(), name,
                                             [&](const image::ObjectRecord& object) { return view.name(object.name); });
        REQUIRE(found != view.objects().end());
        return static_cast<uint32_t>(found - view.objects().begin());
    };
    CHECK(view.frame_size_bits(number_of("fixed")) == 12);
    CHECK(view.frame_size_bits(number_of("tree")) == 21);
    CHECK(view.frame_size_bits(number_of("a.stack.3")) == 12);
    CHECK(view.frame_size_bits(number_of("e")) == std::nullopt);
    CHECK(view.frame_size_bits(number_of("a.home")) == std::nullopt);
    CHECK(view.frame_size_bits(image::none) == std::nullopt);
}

TEST_CASE("an image with any byte changed is refused") {
    const std::string bytes = system_image(sample_plan());
    for (size_t offset = 0; offset < bytes.size(); offset += offset < 4096 ? 1 : 97) {
        std::string damaged = bytes;
        damaged[offset] = static_cast<char>(damaged[offset] ^ 0x10);
        INFO(offset);
        REQUIRE(!ExactCopy(damaged).valid());
    }
}

TEST_CASE("an image that is cut short is refused") {
    const std::string bytes = system_image(sample_plan());
    for (size_t size = 0; size < bytes.size(); size += size < 512 ? 1 : 509) {
        INFO(size);
        REQUIRE(!ExactCopy(bytes.substr(0, size)).valid());
    }
}

TEST_CASE("an image whose parts reach beyond their bounds is refused") {
    using image::Header;
    using enum image::SectionKind;
    CHECK(!refused_with([](Header&, std::string&) {}));
    CHECK(refused_with([](Header& header, std::string&) { ++header.version; }));
    CHECK(refused_with([](Header& header, std::string&) { ++header.section_count; }));
    CHECK(refused_with([](Header& header, std::string&) { header.size += 4096; }));
    CHECK(refused_with([](Header& header, std::string&) { header.size -= 4; }));
    CHECK(refused_with([](Header& header, std::string&) { header.size = 64; }));
    CHECK(refused_with([](Header& header, std::string&) { section(header, runs).offset += 4; }));
    CHECK(refused_with([](Header& header, std::string&) { section(header, runs).offset = ~uint64_t{7}; }));
    CHECK(refused_with([](Header& header, std::string&) { section(header, threads).count = ~uint64_t{0} / 72; }));
    CHECK(refused_with([](Header& header, std::string&) { --section(header, names).count; }));
    CHECK(refused_with([](Header& header, std::string&) { section(header, contents).count = 0; }));
    CHECK(refused_with([](Header& header, std::string&) { section(header, runs).count = 0; }));
    CHECK(refused_with([](Header& header, std::string&) { section(header, placed).count = 0; }));
    const auto fill = [](size_t field) {
        return [field](Header& header, std::string& bytes) {
            for (uint64_t number = 0; number < section(header, fills).count; ++number) {
                put<uint32_t>(bytes, section(header, fills).offset + number * sizeof(image::FillRecord) + field,
                              0xfffff);
            }
        };
    };
    CHECK(refused_with(fill(offsetof(image::FillRecord, frame))));
    CHECK(refused_with(fill(offsetof(image::FillRecord, kind))));
    CHECK(refused_with(fill(offsetof(image::FillRecord, offset))));
    CHECK(refused_with(fill(offsetof(image::FillRecord, length))));
    CHECK(refused_with(fill(offsetof(image::FillRecord, value))));
    CHECK(refused_with(fill(offsetof(image::FillRecord, subject))));
}

TEST_CASE("no change of an image makes its view read beyond it") {
    const std::string bytes = system_image(sample_plan());
    const size_t contents =
        section(*std::make_unique<image::Header>(header_of(bytes)), image::SectionKind::contents).offset;
    std::mt19937_64 random(Catch::getSeed());
    unsigned valid = 0;
    for (unsigned round = 0; round < 3000; ++round) {
        std::string changed = bytes;
        for (uint64_t change = random() % 3 + 1; change != 0; --change) {
            const uint64_t where = random() % 2 == 0 ? random() % sizeof(image::Header) : random() % contents;
            switch (random() % 3) {
            case 0: changed[where] = static_cast<char>(random()); break;
            case 1: put<uint32_t>(changed, where / 4 * 4, static_cast<uint32_t>(random() >> random() % 64)); break;
            default: put<uint64_t>(changed, where / 8 * 8, random() % 2 == 0 ? random() : ~(random() % 64)); break;
            }
        }
        seal(changed);
        const ExactCopy copy(changed);
        if (copy.valid()) {
            ++valid;
            (void)read_all(SystemView(copy.address()));
        }
    }
    CHECK(valid > 100);
}

TEST_CASE("the system part holds loader and system image") {
    const Plan plan = sample_plan();
    const std::string loader = SampleElf().bytes();
    const auto part = system_part(loader, plan);
    REQUIRE(part);
    capdl::SystemHeader header;
    std::memcpy(&header, part->data(), sizeof header);
    CHECK(std::string_view(header.magic, 8) == "SELENSYS");
    CHECK(header.version == capdl::system_version);
    CHECK(header.total_size == part->size());
    CHECK(header.total_size % 4096 == 0);
    CHECK(header.entry == 0x200000);
    CHECK(header.slots > plan.objects.size() + plan.extra_count);
    REQUIRE(header.segment_count == 4);
    CHECK(header.segments[0].flags == (capdl::segment_read | capdl::segment_execute));
    CHECK(header.segments[2].flags == (capdl::segment_read | capdl::segment_write));
    CHECK(header.segments[2].file_size == 9);
    // Behind the variables is room for what the loader has to note.
    const uint64_t workspace = header.segments[2].address + 0x1800;
    const uint64_t workspace_bytes = image::workspace_bytes_for(plan.placed.size(), plan.handovers.size());
    CHECK(header.segments[2].memory_size == 0x1800 + workspace_bytes);
    CHECK(part->substr(header.segments[1].offset, 9) == "constants");
    CHECK(header.segments[3].address == image::address);
    CHECK((part->substr(header.segments[3].offset, header.segments[3].file_size) == system_image(plan, workspace)));
}

TEST_CASE("what cannot be the loader is refused") {
    const auto refuses = [](const SampleElf& loader, const std::string& reason) {
        const auto part = system_part(loader.bytes(), Plan());
        REQUIRE(!part);
        CHECK_THAT(part.error(), ContainsSubstring(reason));
    };
    CHECK(!system_part("nothing", Plan()));
    refuses({.segments = {{0x200000, "code", 4, code | capdl::test::writable}}},
            "its segment at 0x200000 is both writable and executable");
    refuses({.entry = 0x200010, .segments = {{0x200010, "code", 4, code}}},
            "its segment at 0x200010 does not begin a page");
    refuses({.segments = {{0x200000, "code", 4, code}, {image::address, "x", 1, code}}},
            "it reaches beyond 0x10000000, where the system image goes");
    refuses({.segments = {{0x200000, "code", 4, code}}}, "it has no variables");
    constexpr uint32_t data = capdl::test::readable | capdl::test::writable;
    refuses({.segments = {{0x200000, "code", 4, code}, {image::address - 0x1000, "x", 1, data}}},
            "its tables reach beyond 0x10000000, where the system image goes");
    SampleElf many;
    for (uint64_t number = 0; number < capdl::segment_limit; ++number) {
        many.segments.push_back({0x300000 + number * 0x1000, "x", 1, code});
    }
    refuses(many, "it has 11 segments, more than 7");
}

TEST_CASE("a whole image is the kernel with both sizes in its header, and the system part behind it") {
    std::string kernel(8192, 'k');
    kernel.replace(56, 4, "ARM\x64");
    const auto whole = capdl::whole_image(kernel, std::string(4096, 's'));
    REQUIRE(whole);
    CHECK(whole->size() == 12288);
    uint64_t sizes[2];
    std::memcpy(&sizes[0], whole->data() + 16, 8);
    std::memcpy(&sizes[1], whole->data() + 40, 8);
    CHECK(sizes[0] == 12288);
    CHECK(sizes[1] == 8192);
    CHECK(whole->substr(8192) == std::string(4096, 's'));

    CHECK(!capdl::whole_image("short", ""));
    CHECK(!capdl::whole_image(std::string(8192, 'k'), ""));
    CHECK(!capdl::whole_image(kernel + "x", ""));
}
