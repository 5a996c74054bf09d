// SPDX-License-Identifier: BSD-2-Clause
// The parts of the interface that are not methods: the tag, rights, sizes of objects, faults, sentences of errors.

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

#include "abi/error_sentences.hpp"
#include "abi/grammar.hpp"
#include "abi/object_sizes.hpp"
#include "abi/types.hpp"

using namespace selene::abi;

namespace {

std::string sentence(ErrorCode code, uint64_t detail0, uint64_t detail1) {
    std::string text;
    write_sentence([&](std::string_view part) { text += part; }, code, detail0, detail1);
    return text;
}

}  // namespace

TEST_CASE("the fields of a tag do not touch each other") {
    static_assert((Tag::kernel_mask & Tag::user_mask) == 0);
    const Tag tag = Tag().with_label(0xffffffff).with_length(message_words).with_items(4);
    CHECK(tag.label() == 0xffffffff);
    CHECK(tag.length() == message_words);
    CHECK(tag.items() == 4);
    CHECK((tag.raw() & ~Tag::user_mask) == 0);
    CHECK(!tag.error());
    CHECK(!tag.signal());
    CHECK(!tag.fault());
    CHECK(!tag.sent());
    CHECK(!tag.must_arrive());
    CHECK(tag.with_error().with_signal().with_fault().with_sent().raw() == (tag.raw() | Tag::kernel_mask));
    CHECK(tag.with_length(0).with_items(0).with_label(0) == Tag());
    CHECK(tag.with_length(3).length() == 3);
    CHECK(Tag(~uint64_t{0}).with_length(0).raw() == ~Tag::length_mask);
}

TEST_CASE("rights combine to a mask") {
    static_assert((Right::read | Right::write).raw() == 3);
    uint64_t all = 0;
    for (uint64_t bit = 1; bit <= all_rights; bit <<= 1) {
        CHECK(name_of(static_cast<Right>(bit)) != "unknown");
        all |= bit;
    }
    CHECK(all == all_rights);
}

TEST_CASE("objects made side by side stay aligned") {
    for (unsigned number = 0; number < object_type_count; ++number) {
        const auto type = static_cast<ObjectType>(number);
        unsigned valid = 0;
        for (uint64_t size = 0; size <= 1000; ++size) {
            if (!is_valid_size(type, size)) continue;
            ++valid;
            CHECK(object_bytes(type, size) > 0);
            CHECK(object_bytes(type, size) % object_alignment(type, size) == 0);
        }
        CAPTURE(name_of(type));
        CHECK((valid > 0) == is_made_by_retype(type));
    }
}

TEST_CASE("objects take what the description says") {
    CHECK(object_bytes(ObjectType::untyped, 3) == 3 * 4096);
    CHECK(object_bytes(ObjectType::cap_table, 1) == 128);
    CHECK(object_bytes(ObjectType::cap_table, CapTableSize::maximum) == 64 + 32 * CapTableSize::maximum);
    CHECK(object_bytes(ObjectType::frame, 21) == 2 * 1024 * 1024);
    CHECK(object_alignment(ObjectType::frame, 30) == 1024 * 1024 * 1024);
    CHECK(object_bytes(ObjectType::sched_context, 3) == 192);
    CHECK(!is_valid_size(ObjectType::frame, 13));
    CHECK(!is_valid_size(ObjectType::cap_table, 0));
    CHECK(!is_valid_size(ObjectType::cap_table, CapTableSize::maximum + 1));
    CHECK(!is_valid_size(ObjectType::endpoint, 1));
    CHECK(!is_made_by_retype(ObjectType::power_control));
}

TEST_CASE("a fault keeps its words") {
    const PageFault fault{.address = 1, .access = 2, .pc = 3, .syndrome = 4};
    const PageFault read = PageFault::from(fault.words());
    CHECK(read.words() == fault.words());
    CHECK(read.address == 1);
    CHECK(read.syndrome == 4);
    CHECK(name_of(PageFault::kind) == "page_fault");
}

TEST_CASE("errors read as sentences") {
    CHECK(sentence(ErrorCode::empty_slot, 2, 40) == "argument 2: slot 40 holds no capability");
    CHECK(sentence(ErrorCode::empty_slot, 0, 0) == "the invoked capability: slot 0 holds no capability");
    CHECK(sentence(ErrorCode::missing_right, 1, (Right::read | Right::write).raw()) ==
          "argument 1: the capability lacks the right to read and write");
    CHECK(sentence(ErrorCode::wrong_type, 4, static_cast<uint64_t>(ObjectType::frame)) ==
          "argument 4: the capability's type, frame, does not serve here");
    CHECK(sentence(ErrorCode::argument_out_of_range, 3, ~uint64_t{0}) ==
          "argument 3 is beyond its limit 18446744073709551615");
    CHECK(sentence(ErrorCode::missing_table, 3, 0x200000) == "address 0x200000 has no page table of level 3");
    CHECK(sentence(ErrorCode::bad_item, 1, static_cast<uint64_t>(ErrorCode::empty_slot)) ==
          "capability item 1 cannot be sent: empty_slot");
    CHECK(sentence(ErrorCode::no_buffer, 1, 0) == "the partner has no IPC buffer");
    CHECK(sentence(static_cast<ErrorCode>(4711), 0, 255) ==
          "an error that this program does not know, with the details 0x0 and 0xff");
}

TEST_CASE("every error has a name and a sentence of its own") {
    std::set<std::string> sentences;
    unsigned codes = 0;
    for (unsigned number = 0; number < 256; ++number) {
        const auto code = static_cast<ErrorCode>(number);
        if (name_of(code) == "unknown") continue;
        ++codes;
        sentences.insert(sentence(code, 1, 1));
    }
    CHECK(codes > 0);
    CHECK(sentences.size() == codes);
}

TEST_CASE("sentences and names are made without a machine") {
    static_assert([] {
        size_t length = 0;
        write_sentence([&](std::string_view part) { length += part.size(); }, ErrorCode::occupied_slot, 1, 65535);
        return length;
    }() == std::string_view("argument 1: slot 65535 is occupied").size());
    static_assert(name_of(ObjectType::cap_table) == "cap_table");
    static_assert(grammar::find(ObjectType::endpoint, 1) == nullptr);
}
