// SPDX-License-Identifier: BSD-2-Clause
// The C library's functions on memory that the compiler and libfdt call, for the boot stage and the kernel: short rather than fast, neither
// copies much.
#include <cstddef>
#include <cstdint>

namespace {

using Word = uint64_t __attribute__((may_alias));

bool are_words(const void* a, const void* b, size_t size) {
    return ((reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b) | size) % sizeof(Word)) == 0;
}

} // namespace

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) {
    if (are_words(to, from, size)) {
        auto* target = static_cast<Word*>(to);
        const auto* source = static_cast<const Word*>(from);
        for (size_t i = 0; i < size / sizeof(Word); i++) target[i] = source[i];
    } else {
        auto* target = static_cast<unsigned char*>(to);
        const auto* source = static_cast<const unsigned char*>(from);
        for (size_t i = 0; i < size; i++) target[i] = source[i];
    }
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
    for (size_t i = 0; i < size; i++) target[i] = static_cast<unsigned char>(value);
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

char* strrchr(const char* text, int value) {
    const char* found = nullptr;
    for (; *text != '\0'; text++) {
        if (*text == static_cast<char>(value)) found = text;
    }
    return const_cast<char*>(found);
}

size_t strlen(const char* text) {
    size_t length = 0;
    while (text[length] != '\0') length++;
    return length;
}

}
