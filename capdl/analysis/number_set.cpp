// SPDX-License-Identifier: BSD-2-Clause
// A set of numbers of which many lie close together.
#include "analysis/number_set.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace capdl {

bool NumberSet::has(uint32_t number) const {
    const auto part = std::ranges::lower_bound(parts_, number / 64, {}, &Part::word);
    return part != parts_.end() && part->word == number / 64 && (part->bits >> number % 64 & 1) != 0;
}

void NumberSet::add(uint32_t number) {
    auto part = std::ranges::lower_bound(parts_, number / 64, {}, &Part::word);
    if (part == parts_.end() || part->word != number / 64) {
        part = parts_.insert(part, {number / 64, 0});
    }
    part->bits |= uint64_t{1} << number % 64;
}

NumberSet NumberSet::merge(const NumberSet& other) {
    NumberSet news;
    std::vector<Part> missing;
    auto at = parts_.begin();
    for (const Part& part : other.parts_) {
        if (at != parts_.end() && at->word < part.word) {
            at = std::lower_bound(at + 1, parts_.end(), part.word,
                                  [](const Part& each, uint32_t word) { return each.word < word; });
        }
        if (at == parts_.end() || at->word != part.word) {
            missing.push_back(part);
            news.parts_.push_back(part);
        } else if (const uint64_t added = part.bits & ~at->bits; added != 0) {
            at->bits |= added;
            news.parts_.push_back({part.word, added});
        }
    }
    if (!missing.empty()) {
        std::vector<Part> all;
        all.reserve(parts_.size() + missing.size());
        std::ranges::merge(parts_, missing, std::back_inserter(all), {}, &Part::word, &Part::word);
        parts_ = std::move(all);
    }
    return news;
}

NumberSet NumberSet::without(const NumberSet& other) const {
    NumberSet rest;
    auto at = other.parts_.begin();
    for (const Part& part : parts_) {
        while (at != other.parts_.end() && at->word < part.word) {
            ++at;
        }
        const bool is_there = at != other.parts_.end() && at->word == part.word;
        if (const uint64_t bits = is_there ? part.bits & ~at->bits : part.bits; bits != 0) {
            rest.parts_.push_back({part.word, bits});
        }
    }
    return rest;
}

NumberSet NumberSet::united(const std::vector<const NumberSet*>& sets) {
    NumberSet all;
    for (const NumberSet* set : sets) {
        all.parts_.insert(all.parts_.end(), set->parts_.begin(), set->parts_.end());
    }
    std::ranges::sort(all.parts_, {}, &Part::word);
    size_t count = 0;
    for (const Part& part : all.parts_) {
        if (count != 0 && all.parts_[count - 1].word == part.word) {
            all.parts_[count - 1].bits |= part.bits;
        } else {
            all.parts_[count++] = part;
        }
    }
    all.parts_.resize(count);
    return all;
}

}  // namespace capdl
