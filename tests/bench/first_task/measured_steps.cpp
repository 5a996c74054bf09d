// SPDX-License-Identifier: BSD-2-Clause
// The loader, measured: markers between its steps. `load.build` is building and handing over, `load.read_back` looking at
// what was built, `load.start` the rest.
#include "loader.hpp"
#include "region.hpp"

namespace capdl::loader {

const bool Loader::stays = false;

void Loader::reached(Step step) {
    bench::end();
    switch (step) {
    case Step::nothing: bench::start<"load.build">(); return;
    case Step::built: bench::start<"load.read_back">(); return;
    case Step::read_back: bench::start<"load.start">(); return;
    case Step::started: return;
    }
}

}  // namespace capdl::loader
