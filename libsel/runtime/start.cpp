// SPDX-License-Identifier: BSD-2-Clause
// Where a component starts and ends: thread-local storage, constructors, main, exit handlers, and a last system call.

#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/print.hpp>

extern "C" {

// From component.ld.
extern const char __sel_tls_image[];       // initial values of thread-local variables, read-only
extern const char __sel_tls_image_size[];  // as an address: their size
extern char __sel_tls_block[];  // the start thread's thread-local variables; in .bss, so .tbss is zero already

using Constructor = void (*)();
extern const Constructor __init_array_start[];
extern const Constructor __init_array_end[];

// From the C library: runs what atexit and static destructors have registered. Absent if nothing does that.
[[gnu::weak]] void __call_exitprocs(int status, void*);

int main();

// The kernel has set sp, and TPIDR_EL0 to __sel_tls_base; the environment's address is in x0.
[[noreturn]] void _start(const sel::EnvironmentHeader* environment) {
    std::memcpy(__sel_tls_block, __sel_tls_image, reinterpret_cast<size_t>(__sel_tls_image_size));
    sel::detail::adopt_environment(environment);
    for (const Constructor* constructor = __init_array_start; constructor != __init_array_end; ++constructor) {
        (*constructor)();
    }
    std::exit(main());
}

void exit(int status) {
    if (__call_exitprocs != nullptr) {
        __call_exitprocs(status, nullptr);
    }
    _exit(status);
}

void _exit(int status) {
    sel::flush();
    if (status == EXIT_SUCCESS) {
        sel::end<sel::Ending::finished>();
    }
    sel::end<sel::Ending::failed>();
}

void abort() {
    sel::flush();
    sel::end<sel::Ending::aborted>();
}
}
