// SPDX-License-Identifier: BSD-2-Clause
// Constructors, thread-local variables and the environment, as start-up has left them.

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include <sel/environment.hpp>

#include "checks.hpp"

namespace runtime_test {

namespace {

std::vector<std::string> order;

struct Constructed {
    explicit Constructed(const char* name) { order.emplace_back(name); }
};

const Constructed first("first");
const Constructed second("second");

thread_local int with_value = 41;
thread_local int without_value;
alignas(64) thread_local char aligned[64] = "aligned";

}  // namespace

void check_start_up() {
    check(order == std::vector<std::string>{"first", "second"});

    check(with_value++ == 41 && with_value == 42);
    check(without_value == 0);
    check(reinterpret_cast<uintptr_t>(aligned) % 64 == 0 && std::string(aligned) == "aligned");
    errno = 7;
    check(errno == 7);

    const auto missing = sel::environment().endpoint("nowhere");
    check(!missing && missing.error().is(sel::LibraryError::unknown_name));
}

}  // namespace runtime_test
