// SPDX-License-Identifier: BSD-2-Clause
// stdout and stderr are the console; printf and its kin format integers and strings.

#include <cstdarg>
#include <cstdio>

#include <sel/print.hpp>

// C code is at home here too. The C library's own printf saves the floating-point registers before it looks at its
// format, so a component without them gets these, on the library's formatter for integers. In a component with
// floating point this file's printf is left out and the C library's serves.

namespace {

int put_to_console(char character, FILE*) {
    sel::write({&character, 1});
    return static_cast<unsigned char>(character);
}

int flush_console(FILE*) {
    sel::flush();
    return 0;
}

constexpr FILE stream_to(int (*put)(char, FILE*), int (*flush)(FILE*)) {
    return {.unget = 0, .flags = _FDEV_SETUP_WRITE, .put = put, .get = nullptr, .flush = flush};
}

constinit FILE console = stream_to(put_to_console, flush_console);

}  // namespace

FILE* const stdout = &console;
FILE* const stderr = &console;

#if !defined(__ARM_FP)

namespace {

/// A stream into a buffer: counts everything, keeps what fits.
struct Buffer {
    FILE stream;
    char* next;
    size_t free;
};

int put_to_buffer(char character, FILE* stream) {
    auto* buffer = reinterpret_cast<Buffer*>(stream);
    if (buffer->free > 1) {
        *buffer->next++ = character;
        --buffer->free;
    }
    return static_cast<unsigned char>(character);
}

}  // namespace

extern "C" {

int __i_vfprintf(FILE* stream, const char* format, std::va_list arguments);

int vfprintf(FILE* stream, const char* format, std::va_list arguments) {
    return __i_vfprintf(stream, format, arguments);
}

int vprintf(const char* format, std::va_list arguments) { return __i_vfprintf(stdout, format, arguments); }

int vsnprintf(char* text, size_t size, const char* format, std::va_list arguments) {
    Buffer buffer{stream_to(put_to_buffer, nullptr), text, size};
    const int written = __i_vfprintf(&buffer.stream, format, arguments);
    if (size != 0) {
        *buffer.next = '\0';
    }
    return written;
}

int fprintf(FILE* stream, const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const int written = vfprintf(stream, format, arguments);
    va_end(arguments);
    return written;
}

int printf(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const int written = vprintf(format, arguments);
    va_end(arguments);
    return written;
}

int snprintf(char* text, size_t size, const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return written;
}
}

#endif
