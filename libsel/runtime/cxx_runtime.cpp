// SPDX-License-Identifier: BSD-2-Clause
// What the compiler and the headers of libc++ call by name: operator new, the end of a failed check, virtual oddities.

#include <cstdarg>
#include <cstdlib>
#include <new>

#include <sel/print.hpp>

// A component without memory cannot say so by an exception. It says so on its console and aborts; who wants to go on
// asks with std::nothrow.

namespace {

[[noreturn]] void fail(const char* reason) {
    sel::print("aborted: {}\n", reason);
    std::abort();
}

void* allocate(size_t size, size_t alignment) {
    size = size != 0 ? size : 1;
    return alignment <= alignof(std::max_align_t) ? std::malloc(size) : aligned_alloc(alignment, size);
}

void* allocate_or_abort(size_t size, size_t alignment = 1) {
    void* memory = allocate(size, alignment);
    if (memory == nullptr) {
        fail("the heap is used up: HEAP in selene_component makes it larger");
    }
    return memory;
}

}  // namespace

namespace std {

const nothrow_t nothrow{};

}  // namespace std

void* operator new(size_t size) { return allocate_or_abort(size); }
void* operator new[](size_t size) { return allocate_or_abort(size); }
void* operator new(size_t size, std::align_val_t alignment) {
    return allocate_or_abort(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
    return allocate_or_abort(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

// libc++ calls this where it would throw, and for a failed hardening check. The reason is printed as it is: what
// libc++ would fill in is a file name and a line of its own headers.
void std::__libcpp_verbose_abort(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const bool is_plain_string = format[0] == '%' && format[1] == 's' && format[2] == '\0';
    const char* reason = is_plain_string ? va_arg(arguments, const char*) : format;
    va_end(arguments);
    fail(reason);
}

extern "C" {

void __cxa_pure_virtual() { fail("a pure virtual function was called"); }

// For assert() from <cassert>.
[[noreturn]] void __assert_func(const char* file, int line, const char* function, const char* expression) {
    sel::print("assertion failed: {} ({}, {}:{})\n", expression, function != nullptr ? function : "?", file, line);
    std::abort();
}
}
