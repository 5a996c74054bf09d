// SPDX-License-Identifier: BSD-2-Clause
// All parts, each on a stage of its own.

#include "parts.hpp"

int main() {
    using namespace capabilities;
    test::begin();
    for (void (*part)(test::Stage&) : {check_ranges, check_rights_and_badges, check_derivation, check_linked_tables,
                                       check_untyped, check_self_holding, check_mappings, check_mapped_memory}) {
        test::Stage stage;
        part(stage);
    }
    return test::finish();
}
