// SPDX-License-Identifier: BSD-2-Clause
// Messages, the console protocol, and errors as sentences.

#include <memory>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <sel/console.hpp>
#include <sel/error.hpp>
#include <sel/message.hpp>

#include "fake_kernel.hpp"

using namespace sel;

namespace {

/// Gives the test's thread an IPC buffer while it exists.
struct WithBuffer {
    WithBuffer() { set_ipc_buffer(buffer.get()); }
    ~WithBuffer() { set_ipc_buffer(nullptr); }
    std::unique_ptr<IpcBuffer> buffer = std::make_unique<IpcBuffer>();
};

}  // namespace

TEST_CASE("words up to the eighth are in registers, the others in the buffer") {
    Message message(7, 1, 2, 3);
    CHECK(message.label() == 7);
    CHECK(message.length() == 3);
    CHECK(message.register_words() == std::array<uint64_t, 8>{1, 2, 3});
    for (uint64_t word = 4; word <= 8; ++word) {
        CHECK(message.append(word));
    }
    CHECK(message.append(uint64_t{9}).error().is(LibraryError::no_ipc_buffer));
    CHECK(message.length() == 8);

    const WithBuffer with;
    for (uint64_t word = 9; word <= 120; ++word) {
        REQUIRE(message.append(word));
    }
    CHECK(message.append(uint64_t{121}).error() == Error(abi::ErrorCode::message_too_long, 121, 120));
    CHECK(with.buffer->words[0] == 9);
    CHECK(message.word(119) == 120);
    CHECK(message.word(120) == 0);
}

TEST_CASE("capability items go into the buffer, four at most") {
    const WithBuffer with;
    Message message(1);
    const abi::MessageItem item = mapped_item(CapIndex(40), abi::RightsMask(3), 77);
    for (int i = 0; i < 4; ++i) {
        CHECK(message.append(item));
    }
    CHECK(message.append(granted_item(CapIndex(41))).error().is(abi::ErrorCode::message_too_long));
    CHECK(message.items() == 4);
    CHECK(with.buffer->items[3].index() == 40);
    CHECK(with.buffer->items[3].badge == 77);
    CHECK(with.buffer->items[3].rights() == 3);
    CHECK(granted_item(CapIndex(41)).kind() == abi::ItemKind::grant);
}

TEST_CASE("bytes come out as they went in, whatever their number") {
    const WithBuffer with;
    std::string text;
    for (size_t size = 0; size <= message_bytes; ++size, text += static_cast<char>('a' + size % 26)) {
        Message message(1);
        REQUIRE(message.append(text));
        std::array<char, message_bytes> copy;
        REQUIRE(message.bytes(0, copy) == text);
    }
    Message message(1);
    CHECK(message.append(text).error().is(abi::ErrorCode::message_too_long));
    CHECK(message.length() == 0);
}

TEST_CASE("a size that a partner invents is refused") {
    std::array<char, 40> copy;
    CHECK(Message(1).bytes(0, copy).error().is(LibraryError::unexpected_message));
    CHECK(Message(1, 9, 0).bytes(0, copy).error().is(LibraryError::unexpected_message));
    CHECK(Message(1, UINT64_MAX, 0).bytes(0, copy).error().is(LibraryError::unexpected_message));
    CHECK(Message(1, 41, 0, 0, 0, 0, 0, 0).bytes(0, copy).error().is(LibraryError::unexpected_message));
    CHECK(Message(1, 8, 0).bytes(0, copy)->size() == 8);
}

TEST_CASE("the console gets its text in pieces that fit") {
    FakeKernel kernel;
    kernel.slots[20] = {.type = abi::ObjectType::endpoint, .parent = 0};
    std::string received;
    unsigned calls = 0;
    kernel.partner = [&](uint64_t, const Message& request) {
        std::array<char, message_bytes> copy;
        received += request.bytes(0, copy).value();
        ++calls;
        return Message(ConsoleAnswer::done, request.word(0));
    };
    const Console console(Endpoint(CapIndex(20)));
    const std::string text(1000, 'x');
    CHECK(console.write(text));
    CHECK(received == text);
    CHECK(calls == 18);  // 56 bytes each

    const WithBuffer with;
    calls = 0;
    CHECK(console.write(text));
    CHECK(calls == 2);  // 952 bytes each
}

TEST_CASE("a console that breaks its protocol is an error, not a loop") {
    FakeKernel kernel;
    kernel.slots[20] = {.type = abi::ObjectType::endpoint, .parent = 0};
    const Console console(Endpoint(CapIndex(20)));
    for (const Message& answer : {Message(0), Message(0, 0), Message(0, 100), Message(ConsoleAnswer::not_understood)}) {
        kernel.partner = [&](uint64_t, const Message&) { return answer; };
        CHECK(console.write("hello").error().is(LibraryError::unexpected_message));
    }
    CHECK(Console(Endpoint(CapIndex(99))).write("x").error() == Error(abi::ErrorCode::empty_slot, 0, 99));
}

TEST_CASE("errors are sentences") {
    CHECK(format("{}", Error(abi::ErrorCode::empty_slot, 2, 40)) == "argument 2: slot 40 holds no capability");
    CHECK(format("{}", Error(LibraryError::no_slots, 5, 3)) == "5 slots are needed in a row where 3 are free");
    CHECK(format("{}", Error(LibraryError::bad_environment, 48)) ==
          "the environment of this component is damaged at byte 48");
    CHECK(format("{}", Error(static_cast<abi::ErrorCode>(999))).find("unknown") == std::string::npos);
}
