// SPDX-License-Identifier: BSD-2-Clause
// Writes on the board that it shares with the server, asks what stands there, and makes objects from its own memory.
//
// From its specification, by patterns:
//     server     endpoint (W, G, P), badge: its number
//     own_view   memory (R, W): the board
//     memory     untyped; `table` and `space`, its own
//     number     argument: its number

#include <charconv>

#include <checks.hpp>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/print.hpp>
#include <sel/slot_allocator.hpp>
#include <sel/untyped_allocator.hpp>

namespace {

void write_word(const sel::MemoryRegion& board, uint64_t place, uint64_t word) {
    reinterpret_cast<volatile uint64_t*>(board.bytes.data())[place] = word;
}

// All the memory that was granted, in frames, and again.
void use_grant(const sel::Environment& environment) {
    constexpr uint64_t bits = 17;
    constexpr uint64_t pages = (uint64_t{1} << bits) / 4096;
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the table");
    const auto memory = sel::or_abort(environment.capability<sel::Untyped>("memory"), "finding the memory");
    for (int times = 0; times < 2; ++times) {
        sel::UntypedAllocator allocator(table, sel::own_slots());
        test::succeeds(allocator.add(memory, pages), "the grant has the size that the spec says");
        test::succeeds(allocator.allocate({.type = sel::abi::ObjectType::frame, .size = 12, .count = pages / 2}),
                       "frames can be made from half of it");
        test::succeeds(allocator.allocate({.type = sel::abi::ObjectType::notification}), "and something else");
    }
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto server = sel::or_abort(environment.endpoint("server"), "finding the server");
    const auto board = sel::or_abort(environment.memory("own_view"), "finding the board");
    const auto written = sel::or_abort(environment.argument("number"), "finding the number");
    uint64_t number = 0;
    std::from_chars(written.data(), written.data() + written.size(), number);
    test::check(board.bytes.size() == 8192, "the board has two pages");
    const uint64_t word = 1000 + number;
    write_word(board, number, word);
    const auto answer = sel::or_abort(server.call(sel::Message(1)), "calling");
    test::check(answer.word(0) == number, "the server knows who calls");
    test::check(answer.word(1) == word, "and sees what was written");
    use_grant(environment);
    sel::print("{}: read back as {}\n", number, answer.word(1));
    return static_cast<int>(test::failures());
}
