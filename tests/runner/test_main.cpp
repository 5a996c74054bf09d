// SPDX-License-Identifier: BSD-2-Clause
// The main function of every host test: Catch2 with a seed that a failure can be repeated with.

#include <catch2/catch_session.hpp>

#include <cstdlib>

int main(int argc, char** argv) {
    Catch::Session session;
    const char* seed = std::getenv("SELENE_TEST_SEED");
    session.configData().rngSeed = seed != nullptr ? static_cast<std::uint32_t>(std::strtoul(seed, nullptr, 0)) : 1;
    return session.run(argc, argv);
}
