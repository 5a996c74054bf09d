// SPDX-License-Identifier: BSD-2-Clause
// memcpy, memmove, memset, memcmp: sixteen bytes a step in general registers, because components own no others.

#include <cstddef>
#include <cstdint>

// The C library's own versions go byte by byte, or use vector registers. Compiled with -ffreestanding, so that
// these loops do not become calls of themselves.

namespace {

struct Pair {
    uint64_t low;
    uint64_t high;
};

// Unaligned access is legal on normal memory; device memory is not copied with these functions.
template <typename T>
T load(const char* from) {
    T value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

template <typename T>
void store(char* to, T value) {
    __builtin_memcpy(to, &value, sizeof value);
}

// Each step loads before it stores, so a destination below its source may overlap it.
void copy_upwards(char* to, const char* from, size_t size) {
    for (; size >= sizeof(Pair); size -= sizeof(Pair), to += sizeof(Pair), from += sizeof(Pair)) {
        store(to, load<Pair>(from));
    }
    for (; size != 0; --size) {
        *to++ = *from++;
    }
}

void copy_downwards(char* to, const char* from, size_t size) {
    for (; size >= sizeof(Pair); size -= sizeof(Pair)) {
        store(to + size - sizeof(Pair), load<Pair>(from + size - sizeof(Pair)));
    }
    while (size != 0) {
        --size;
        to[size] = from[size];
    }
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t size) {
    copy_upwards(static_cast<char*>(to), static_cast<const char*>(from), size);
    return to;
}

void* memmove(void* to, const void* from, size_t size) {
    const auto distance = reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from);
    if (distance >= size) {  // below the source (the difference wraps) or beyond its end
        copy_upwards(static_cast<char*>(to), static_cast<const char*>(from), size);
    } else {
        copy_downwards(static_cast<char*>(to), static_cast<const char*>(from), size);
    }
    return to;
}

void* memset(void* memory, int byte, size_t size) {
    char* to = static_cast<char*>(memory);
    const uint64_t word = 0x01'01'01'01'01'01'01'01 * static_cast<unsigned char>(byte);
    for (; size >= sizeof(Pair); size -= sizeof(Pair), to += sizeof(Pair)) {
        store(to, Pair{word, word});
    }
    for (; size != 0; --size) {
        *to++ = static_cast<char>(byte);
    }
    return memory;
}

int memcmp(const void* left, const void* right, size_t size) {
    const char* a = static_cast<const char*>(left);
    const char* b = static_cast<const char*>(right);
    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t), a += sizeof(uint64_t), b += sizeof(uint64_t)) {
        const auto x = load<uint64_t>(a);
        const auto y = load<uint64_t>(b);
        if (x != y) {  // the first byte in memory is the lowest of the word
            return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
        }
    }
    for (; size != 0; --size, ++a, ++b) {
        if (*a != *b) {
            return static_cast<unsigned char>(*a) < static_cast<unsigned char>(*b) ? -1 : 1;
        }
    }
    return 0;
}
}
