// SPDX-License-Identifier: BSD-2-Clause
// A fuzzer's main function: libFuzzer, inside a test of Catch2, since the fixture makes its assertions with that.
#include <catch2/catch_session.hpp>
#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "inputs.hpp"

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*one)(const uint8_t* data, size_t size));

namespace {

int argument_count;
char** arguments;

/// What the kernel throws on the simulated machine must not get past libFuzzer, which would not keep the input then.
int play(const uint8_t* data, size_t size) {
    try {
        (void)selene::fuzz::SELENE_FUZZ_TARGET({data, size});
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        std::abort();
    } catch (...) {
        std::fputs("an assertion of the fixture failed\n", stderr);
        std::abort();
    }
    return 0;
}

}  // namespace

TEST_CASE("inputs that a fuzzer makes") {
    // Those of Catch2 would keep libFuzzer's away.
    for (const int signal : {SIGABRT, SIGFPE, SIGILL, SIGINT, SIGSEGV, SIGTERM}) std::signal(signal, SIG_DFL);
    CHECK(LLVMFuzzerRunDriver(&argument_count, &arguments, play) == 0);
}

int main(int argc, char** argv) {
    argument_count = argc;
    arguments = argv;
    return Catch::Session().run();
}
