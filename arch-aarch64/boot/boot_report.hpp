// SPDX-License-Identifier: BSD-2-Clause
// What the boot stage has to say, on the serial line that the device tree names.
#pragma once

#include "boot/tree_walk.hpp"
#include "serial_line.hpp"

namespace selene::boot {

/// Where reports go; before the device tree has been read, nowhere.
extern constinit SerialLine report_line;

/// Say why this machine cannot be booted, and halt.
[[noreturn]] void refuse(Refusal refusal);

/// While it is there, an exception is what was suspected, and refused as such. One at a time.
class Suspicion {
public:
    explicit Suspicion(Refusal refusal);
    ~Suspicion();
    Suspicion(const Suspicion&) = delete;
    Suspicion& operator=(const Suspicion&) = delete;
};

}  // namespace selene::boot
