// SPDX-License-Identifier: BSD-2-Clause
// One of many with a space of their own. A token goes round among them at random; whoever has it looks whether its own
// memory is as it left it, changes it, and passes the token on.

#include <array>
#include <charconv>
#include <string>

#include <checks.hpp>

#include <sel/environment.hpp>

namespace {

using sel::or_abort;

uint64_t number_of(std::string_view name) {
    const auto text = or_abort(sel::environment().argument(name), "finding an argument");
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// What is passed on. Who has it last is keeper 0, the only one that can speak.
struct Token {
    uint64_t steps_left;
    uint64_t seed;
    uint64_t failures = 0;
    uint64_t last_failure = 0;  // the keeper

    static Token from(const sel::Message& message) {
        return {message.word(0), message.word(1), message.word(2), message.word(3)};
    }
    [[nodiscard]] sel::Message message() const { return sel::Message(0, steps_left, seed, failures, last_failure); }

    /// One of the other keepers. With 7 tags for 20 of them the space that has just run is, every now and then, the one
    /// that loses its tag.
    uint64_t next(uint64_t keepers, uint64_t holder) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        return (holder + 1 + (seed >> 33) % (keepers - 1)) % keepers;
    }
};

alignas(4096) std::array<uint64_t, 512> data;

/// Two pages that nobody else writes, one of the program's data and one that is mapped.
class Keeper {
public:
    explicit Keeper(uint64_t number) : number_(number), pages_{data.data(), mapped_page()} { write(); }

    /// Whether all is as it was left; then it is something else.
    bool look() {
        bool well = true;
        for (volatile uint64_t* page : pages_) {
            for (uint64_t word = 0; word < words; ++word) well = well && page[word * stride] == value(word);
        }
        ++turns_;
        write();
        return well;
    }

private:
    static constexpr uint64_t words = 8;
    static constexpr uint64_t stride = 64;

    static uint64_t* mapped_page() {
        return reinterpret_cast<uint64_t*>(
            or_abort(sel::environment().memory("memory"), "finding the page").bytes.data());
    }
    [[nodiscard]] uint64_t value(uint64_t word) const { return number_ << 48 | turns_ << 16 | word; }
    void write() {
        for (volatile uint64_t* page : pages_) {
            for (uint64_t word = 0; word < words; ++word) page[word * stride] = value(word);
        }
    }

    uint64_t number_;
    uint64_t turns_ = 0;
    std::array<volatile uint64_t*, 2> pages_;
};

}  // namespace

int main() {
    const uint64_t number = number_of("number");
    const uint64_t keepers = number_of("keepers");
    const bool speaks = number == 0;
    std::array<sel::Endpoint, 32> doors;
    for (uint64_t other = 0; other < keepers; ++other) {
        doors.at(other) = or_abort(sel::environment().endpoint("door_" + std::to_string(other)), "finding a door");
    }
    if (speaks) test::begin();
    Keeper keeper(number);

    Token token{.steps_left = speaks ? number_of("steps") : 0, .seed = 1};
    bool has = speaks;
    while (true) {
        if (!has) token = Token::from(or_abort(doors.at(number).receive(), "waiting for the token").message);
        has = false;
        if (!keeper.look()) {
            ++token.failures;
            token.last_failure = number;
        }
        if (token.steps_left == 0 && speaks) break;
        uint64_t next = 0;
        if (token.steps_left > 0) {
            --token.steps_left;
            next = token.next(keepers, number);
        }
        or_abort(doors.at(next).send(token.message()), "passing the token on");
    }
    test::check(token.failures == 0, "each finds its memory as it has left it");
    if (token.failures > 0) sel::print("{} times, last keeper {}\n", token.failures, token.last_failure);
    return test::finish();
}
