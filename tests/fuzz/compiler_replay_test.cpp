// SPDX-License-Identifier: BSD-2-Clause
// The inputs of the CapDL compiler that the repository keeps because fuzzing has found them, compiled once each.
#include <catch2/catch_test_macros.hpp>

#include "replay.hpp"

namespace selene::fuzz {

TEST_CASE("specs that fuzzing has found worth keeping") {
    const Played all = replay("specs", play_specs);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}

TEST_CASE("device trees that fuzzing has found worth keeping, as the compiler reads them") {
    const Played all = replay("machines", play_machines);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}

TEST_CASE("what editors say that fuzzing has found worth keeping") {
    const Played all = replay("editors", play_editors);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}

TEST_CASE("ELF files that fuzzing has found worth keeping") {
    const Played all = replay("elf_files", play_elf_files);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}

}  // namespace selene::fuzz
