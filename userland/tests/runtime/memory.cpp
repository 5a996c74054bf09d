// SPDX-License-Identifier: BSD-2-Clause
// The heap, and the memory functions at every alignment and overlap.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "checks.hpp"

namespace runtime_test {

namespace {

constexpr size_t window = 96;

struct Bytes {
    unsigned char at[window];
};

Bytes pattern() {
    Bytes bytes;
    for (size_t i = 0; i < window; ++i) {
        bytes.at[i] = static_cast<unsigned char>(i * 37 + 11);
    }
    return bytes;
}

/// memmove, a byte a step.
void move_simply(Bytes& bytes, size_t to, size_t from, size_t size) {
    const Bytes before = bytes;
    for (size_t i = 0; i < size; ++i) {
        bytes.at[to + i] = before.at[from + i];
    }
}

bool moves_are_right() {
    for (size_t from = 0; from < 24; ++from) {
        for (size_t to = 0; to < 24; ++to) {
            for (size_t size = 0; size < 64; ++size) {
                Bytes expected = pattern();
                Bytes moved = expected;
                move_simply(expected, to, from, size);
                std::memmove(moved.at + to, moved.at + from, size);
                if (std::memcmp(expected.at, moved.at, window) != 0) {
                    return false;
                }
            }
        }
    }
    return true;
}

bool fills_are_right() {
    for (size_t first = 0; first < 20; ++first) {
        for (size_t size = 0; size < 64; ++size) {
            Bytes bytes = pattern();
            std::memset(bytes.at + first, 0xa5, size);
            const Bytes untouched = pattern();
            for (size_t i = 0; i < window; ++i) {
                const bool inside = i >= first && i < first + size;
                if (bytes.at[i] != (inside ? 0xa5 : untouched.at[i])) {
                    return false;
                }
            }
        }
    }
    return true;
}

}  // namespace

void check_memory() {
    check(moves_are_right());
    check(fills_are_right());
    check(std::memcmp("abcdefgh1", "abcdefgh2", 9) < 0 && std::memcmp("abXdefgh", "abcdefgh", 8) < 0);
    check(std::memcmp("\xff", "\x01", 1) > 0 && std::memcmp("a", "b", 0) == 0);

    for (int round = 0; round < 200; ++round) {  // gives back what it takes: this is many times the heap
        std::vector<char*> pieces;
        for (size_t size = 1; size < 4096; size *= 3) {
            pieces.push_back(new char[size]);
            std::memset(pieces.back(), round, size);
        }
        for (char* piece : pieces) {
            delete[] piece;
        }
    }
    struct alignas(256) Wide {
        char bytes[256];
    };
    Wide* const wide = new Wide;
    check(reinterpret_cast<uintptr_t>(wide) % 256 == 0);
    delete wide;
    check(::operator new(size_t{1} << 40, std::nothrow) == nullptr);
}

}  // namespace runtime_test
