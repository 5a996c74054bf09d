// SPDX-License-Identifier: BSD-2-Clause
// Running and shrinking.
#include "sequence.hpp"

namespace selene::model {

std::optional<std::string> run(const std::vector<Operation>& operations, const Setting& setting) {
    LockStep both(setting);
    for (size_t i = 0; i < operations.size(); ++i) {
        const auto at = [&](const char* when) { return when + std::to_string(i + 1) + ": "; };
        try {
            if (auto difference = both.step(operations[i])) return at("after ") + *difference;
        } catch (const machine::Panic& panic) {
            return at("in ") + panic.what();
        }
    }
    return std::nullopt;
}

std::vector<Operation> shrink(std::vector<Operation> operations, const Setting& setting) {
    for (size_t length = operations.size() / 2; length > 0; length /= 2) {
        for (size_t at = 0; at + length <= operations.size();) {
            std::vector<Operation> shorter = operations;
            const auto from = shorter.begin() + static_cast<std::ptrdiff_t>(at);
            shorter.erase(from, from + static_cast<std::ptrdiff_t>(length));
            if (run(shorter, setting)) {
                operations = std::move(shorter);
            } else {
                at += length;
            }
        }
    }
    return operations;
}

}  // namespace selene::model
