// SPDX-License-Identifier: BSD-2-Clause
// Environments: every look-up, and that no damage to the bytes leads outside of them.

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <sel/address_allocator.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/slot_allocator.hpp>
#include <sel/table_links.hpp>

using namespace sel;

namespace {

/// Writes environments as the CapDL compiler does.
class Writer {
public:
    uint32_t string(std::string_view text) {
        const auto offset = static_cast<uint32_t>(strings_.size());
        strings_.append(text).push_back('\0');
        return offset;
    }

    void add(EnvironmentKind kind, std::string_view name, uint64_t value0, uint64_t value1 = 0, uint64_t value2 = 0) {
        entries_.push_back({kind, 3, string(name), value0, value1, value2});
    }

    [[nodiscard]] std::vector<std::byte> bytes() const {
        EnvironmentHeader header{};
        header.magic = environment_magic;
        header.version = environment_version;
        header.entry_count = static_cast<uint32_t>(entries_.size());
        header.strings_offset = static_cast<uint32_t>(sizeof header + entries_.size() * sizeof(EnvironmentEntry));
        header.size = header.strings_offset + static_cast<uint32_t>(strings_.size());
        header.ipc_buffer = 0x7000;
        std::vector<std::byte> bytes(header.size);
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, entries_.data(), entries_.size() * sizeof(EnvironmentEntry));
        std::memcpy(bytes.data() + header.strings_offset, strings_.data(), strings_.size());
        return bytes;
    }

private:
    std::vector<EnvironmentEntry> entries_;
    std::string strings_ = std::string(1, '\0');
};

Writer example() {
    Writer writer;
    writer.add(EnvironmentKind::capability, "requests", 17, 5);
    writer.add(EnvironmentKind::memory, "requests", 0x40000000, 8192, 0x9000000);
    writer.add(EnvironmentKind::argument, "greeting", writer.string("good morning"), 12);
    writer.add(EnvironmentKind::peer, "requests", 17, 5, writer.string("alice"));
    writer.add(EnvironmentKind::peer, "requests", 17, 6, writer.string("bob"));
    writer.add(EnvironmentKind::slot_range, "", 100, 28);
    writer.add(EnvironmentKind::free_addresses, "", 0x10000000, 0x1000000);
    return writer;
}

}  // namespace

TEST_CASE("a device is of the models that its list names") {
    const auto environment_of = [](std::string_view list) {
        Writer writer;
        writer.add(EnvironmentKind::memory, "registers", 0x4000'0000, 4096, 0x900'0000);
        writer.add(EnvironmentKind::models, "registers", writer.string(list), list.size());
        return writer.bytes();
    };
    using namespace std::string_view_literals;
    const std::vector<std::byte> bytes = environment_of("arm,pl011\0arm,primecell\0\0\0arm,hidden\0"sv);
    const Environment environment = Environment::parse(bytes).value();
    CHECK(environment.is_model("registers", "arm,pl011"));
    CHECK(environment.is_model("registers", "arm,primecell"));
    CHECK_FALSE(environment.is_model("registers", "arm,hidden"));
    CHECK_FALSE(environment.is_model("registers", "arm,pl01"));
    CHECK_FALSE(environment.is_model("registers", ""));
    CHECK_FALSE(environment.is_model("line", "arm,pl011"));
    const std::vector<std::byte> cut = environment_of("acme,one\0arm,pl011");
    CHECK_FALSE(Environment::parse(cut)->is_model("registers", "arm,pl011"));
    const std::vector<std::byte> absent = environment_of(std::string(models_bytes, '\0'));
    CHECK_FALSE(Environment::parse(absent)->is_model("registers", "arm,pl011"));
}

TEST_CASE("names find what they stand for, each kind by itself") {
    const std::vector<std::byte> bytes = example().bytes();
    const Environment environment = Environment::parse(bytes).value();
    CHECK(environment.endpoint("requests")->index() == CapIndex(17));
    CHECK(environment.capability<Untyped>("requests")->index() == CapIndex(17));
    CHECK(environment.memory("requests")->bytes.size() == 8192);
    CHECK(environment.memory("requests")->physical_address == 0x9000000);
    CHECK(environment.argument("greeting") == "good morning");
    CHECK(environment.peer("requests", 5) == "alice");
    CHECK(environment.peer("requests", 6) == "bob");
    CHECK(environment.header().ipc_buffer == 0x7000);
    CHECK(environment.entries().size() == 7);
}

TEST_CASE("a missing name is an error that says which") {
    const std::vector<std::byte> bytes = example().bytes();
    const Environment environment = Environment::parse(bytes).value();
    CHECK(format("{}", environment.endpoint("console").error()) == "the environment has no `console` of this kind");
    CHECK(format("{}", environment.memory("a-name-of-many-characters").error()) ==
          "the environment has no `a-name-of-many-c...` of this kind");
    CHECK(environment.peer("requests", 7).error().is(LibraryError::unknown_name));
    CHECK(Environment().endpoint("requests").error().is(LibraryError::unknown_name));
    CHECK(Environment().entries().empty());
}

TEST_CASE("free slots and addresses come from the environment") {
    const std::vector<std::byte> bytes = example().bytes();
    const Environment environment = Environment::parse(bytes).value();
    SlotAllocator slots(environment);
    CHECK(slots.available() == 28);
    CHECK(slots.allocate(3) == CapIndex(100));
    AddressAllocator addresses(environment);
    CHECK(addresses.allocate(4096) == 0x10000000);
    CHECK(addresses.allocate(0x200000, 0x200000) == 0x10200000);
    CHECK(addresses.allocate(0x2000000).error() == Error(LibraryError::no_addresses, 0x2000000, 0xc00000));
}

TEST_CASE("a linked table is one that has a root") {
    Writer writer;
    writer.add(EnvironmentKind::capability, "table", 3);
    const std::vector<std::byte> flat = writer.bytes();
    CHECK(TableLinks::own_means(*Environment::parse(flat)).error().is(LibraryError::unknown_name));
    writer.add(EnvironmentKind::table_links, "", 5, 6, 4);
    const std::vector<std::byte> bytes = writer.bytes();
    const auto means = TableLinks::own_means(*Environment::parse(bytes)).value();
    CHECK((means.root.index() == CapIndex(5) && means.table_bits == 6 && means.link_bits == 4));
    writer.add(EnvironmentKind::table_links, "", 5, 60, 4);  // more bits than an index has
    CHECK_FALSE(Environment::parse(writer.bytes()));
}

TEST_CASE("damage is refused with its place") {
    const std::vector<std::byte> sound = example().bytes();
    const auto error_with = [&](size_t offset, uint32_t value) {
        std::vector<std::byte> bytes = sound;
        std::memcpy(bytes.data() + offset, &value, sizeof value);
        return Environment::parse(bytes).error();
    };
    CHECK(error_with(0, 0) == Error(LibraryError::bad_environment, 0));
    CHECK(error_with(offsetof(EnvironmentHeader, version), 9) == Error(LibraryError::bad_environment, 0));
    CHECK(error_with(offsetof(EnvironmentHeader, entry_count), 1000).details[0] ==
          offsetof(EnvironmentHeader, strings_offset));
    CHECK(error_with(offsetof(EnvironmentHeader, size), 100000).details[0] == offsetof(EnvironmentHeader, size));
    CHECK(error_with(sizeof(EnvironmentHeader), 99).details[0] == sizeof(EnvironmentHeader));
    CHECK(Environment::parse({sound.data(), 20}).error() == Error(LibraryError::bad_environment, 0));
}

TEST_CASE("whatever the bytes are, look-ups stay inside of them") {
    std::mt19937 random(Catch::getSeed());
    const std::vector<std::byte> sound = example().bytes();
    unsigned accepted = 0;
    for (int round = 0; round < 50000; ++round) {
        // An exact copy on the heap, so that the sanitizer sees every byte beyond it.
        const auto bytes = std::make_unique<uint64_t[]>((sound.size() + 7) / 8);
        std::memcpy(bytes.get(), sound.data(), sound.size());
        auto* const raw = reinterpret_cast<std::byte*>(bytes.get());
        for (unsigned change = random() % 4; change != 0; --change) {
            raw[random() % sound.size()] = static_cast<std::byte>(random() % 2 == 0 ? random() : random() % 3);
        }
        const size_t size = random() % 8 == 0 ? random() % sound.size() : sound.size();
        const auto environment = Environment::parse({raw, size});
        if (!environment) {
            continue;
        }
        ++accepted;
        for (const EnvironmentEntry& entry : environment->entries()) {
            const std::string name(environment->name(entry));
            (void)environment->capability(name);
            (void)environment->peer(name, entry.value1);
            if (const auto argument = environment->argument(name)) {
                (void)std::string(*argument);
            }
        }
    }
    CHECK(accepted > 100);
}
