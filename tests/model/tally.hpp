// SPDX-License-Identifier: BSD-2-Clause
// Tally: how often each method was obeyed, and refused with what.
#pragma once

#include <map>
#include <string>

#include "lock_step.hpp"

namespace selene::model {

class Tally {
public:
    void count(ObjectType type, uint32_t method, const Outcome& outcome) {
        ++counts_[{type, method}][outcome.code];
        ++(outcome.refused() ? refused_ : obeyed_);
    }

    [[nodiscard]] unsigned obeyed() const { return obeyed_; }
    [[nodiscard]] unsigned refused() const { return refused_; }
    /// A line for each method: obeyed, refused.
    [[nodiscard]] std::string table() const;
    /// The methods that were never obeyed or never refused, but for those that end the machine.
    [[nodiscard]] std::string missing() const;

private:
    using Codes = std::map<uint64_t, unsigned>;
    [[nodiscard]] unsigned obeyed(ObjectType type, uint32_t method) const;
    [[nodiscard]] unsigned refused(ObjectType type, uint32_t method) const;

    std::map<std::pair<ObjectType, uint32_t>, Codes> counts_;
    unsigned obeyed_ = 0;
    unsigned refused_ = 0;
};

}  // namespace selene::model
