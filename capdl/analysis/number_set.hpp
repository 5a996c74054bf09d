// SPDX-License-Identifier: BSD-2-Clause
// A set of numbers of which many lie close together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace capdl {

/// Numbers as bits, of which only words that are not 0 are kept.
class NumberSet {
public:
    [[nodiscard]] bool has(uint32_t number) const;
    void add(uint32_t number);
    /// Adds all of another set. What was new.
    NumberSet merge(const NumberSet& other);
    [[nodiscard]] NumberSet without(const NumberSet& other) const;
    /// All that is in any of some sets, faster than one by one.
    [[nodiscard]] static NumberSet united(const std::vector<const NumberSet*>& sets);
    [[nodiscard]] bool empty() const { return parts_.empty(); }
    /// How large it is: what it costs to look at all of it, and to keep it.
    [[nodiscard]] size_t words() const { return parts_.size(); }
    template <class Visitor>
    void each(Visitor visit) const {
        for (const Part& part : parts_) {
            for (uint64_t left = part.bits; left != 0; left &= left - 1) {
                visit(part.word * 64 + static_cast<uint32_t>(__builtin_ctzll(left)));
            }
        }
    }

private:
    struct Part {
        uint32_t word;  ///< the numbers from 64 times this on
        uint64_t bits;
    };
    std::vector<Part> parts_;  ///< in order of the word, none without a bit
};

}  // namespace capdl
