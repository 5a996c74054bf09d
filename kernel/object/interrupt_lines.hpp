// SPDX-License-Identifier: BSD-2-Clause
// Which handler object each interrupt line belongs to.
#pragma once

#include <cstdint>

namespace selene {

struct InterruptHandler;

/// Invariant: handlers_[n] == h exactly when h->line == n and n is not 0.
class InterruptLines {
public:
    static constexpr unsigned maximum = 1020;

    [[nodiscard]] InterruptHandler* handler(unsigned line) const { return line < maximum ? handlers_[line] : nullptr; }
    void set(unsigned line, InterruptHandler* handler) { handlers_[line] = handler; }

private:
    InterruptHandler* handlers_[maximum];
};

}  // namespace selene
