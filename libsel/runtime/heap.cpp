// SPDX-License-Identifier: BSD-2-Clause
// The memory that malloc divides: a part of the component's image, as large as selene_component says.

#include <cerrno>
#include <cstddef>
#include <cstdint>

// Compiled into each component, with SEL_HEAP_BYTES as its choice. A component that never allocates has no heap: the
// linker leaves out what nothing refers to.

namespace {

alignas(64) constinit char arena[SEL_HEAP_BYTES]{};
constinit size_t used = 0;

}  // namespace

/// For malloc: moves the end of the used part and returns where it was, or all ones with errno ENOMEM.
extern "C" void* sbrk(ptrdiff_t increment) {
    const bool is_beyond =
        increment > 0 ? static_cast<size_t>(increment) > sizeof arena - used : static_cast<size_t>(-increment) > used;
    if (is_beyond) {
        errno = ENOMEM;
        return reinterpret_cast<void*>(UINTPTR_MAX);
    }
    void* const before = arena + used;
    used += static_cast<size_t>(increment);
    return before;
}
