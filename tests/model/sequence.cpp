// SPDX-License-Identifier: BSD-2-Clause
// Drawing, running and shrinking.
#include "sequence.hpp"

#include "draw.hpp"

namespace selene::model {

namespace {

std::optional<std::string> step(LockStep& both, const Operation& operation) {
    try {
        return both.step(operation);
    } catch (const machine::Panic& panic) {
        return panic.what();
    }
}

}  // namespace

Played play(uint64_t seed, unsigned operations, const Setting& setting, Tally& tally) {
    std::mt19937_64 random(seed);
    Played played;
    LockStep both(setting);
    while (played.operations.size() < operations && !both.over() && !played.difference) {
        played.operations.push_back(random_operation(random, both));
        const Operation& operation = played.operations.back();
        const auto type = both.type_of_self(operation);
        played.difference = step(both, operation);
        if (type) tally.count(*type, operation.method, both.last());
    }
    return played;
}

std::optional<std::string> run(const std::vector<Operation>& operations, const Setting& setting) {
    LockStep both(setting);
    for (size_t i = 0; i < operations.size(); ++i) {
        if (auto difference = step(both, operations[i])) return "after " + std::to_string(i + 1) + ": " + *difference;
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
