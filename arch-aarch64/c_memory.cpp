// SPDX-License-Identifier: BSD-2-Clause
// The C library's functions on memory that the compiler and libfdt call, for the boot stage and the kernel: short
// rather than fast, neither copies much.
#include <cstddef>
#include <cstdint>

namespace {

using Word = uint64_t __attribute__((may_alias));

/// How many bytes at both addresses can be handled as words.
size_t bytes_in_words(const void* a, const void* b, size_t size) {
    const bool aligned = (reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b)) % sizeof(Word) == 0;
    return aligned ? size / sizeof(Word) * sizeof(Word) : 0;
}

}  // namespace

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) {
    auto* target = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    const size_t in_words = bytes_in_words(to, from, size);
    size_t i = 0;
    for (; i < in_words; i += sizeof(Word)) {
        *reinterpret_cast<Word*>(target + i) = *reinterpret_cast<const Word*>(source + i);
    }
    for (; i < size; i++) target[i] = source[i];
    return to;
}

void* memmove(void* to, const void* from, size_t size) {
    auto* target = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    if (target <= source) {
        for (size_t i = 0; i < size; i++) target[i] = source[i];
    } else {
        for (size_t i = size; i > 0; i--) target[i - 1] = source[i - 1];
    }
    return to;
}

void* memset(void* to, int value, size_t size) {
    auto* target = static_cast<unsigned char*>(to);
    const auto byte = static_cast<unsigned char>(value);
    const Word word = byte * Word{0x0101'0101'0101'0101};
    const size_t in_words = bytes_in_words(to, to, size);
    size_t i = 0;
    for (; i < in_words; i += sizeof(Word)) *reinterpret_cast<Word*>(target + i) = word;
    for (; i < size; i++) target[i] = byte;
    return to;
}

int memcmp(const void* a, const void* b, size_t size) {
    const auto* left = static_cast<const unsigned char*>(a);
    const auto* right = static_cast<const unsigned char*>(b);
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) return left[i] - right[i];
    }
    return 0;
}

void* memchr(const void* in, int value, size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(in);
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(bytes + i);
    }
    return nullptr;
}

size_t strlen(const char* text) {
    size_t length = 0;
    while (text[length] != '\0') length++;
    return length;
}
}
