// SPDX-License-Identifier: BSD-2-Clause
// Finds the word that somebody probably meant.
#include "text/near_miss.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace capdl {
namespace {

constexpr size_t longest_word = 64;

bool same_letter(char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

// The restricted Damerau-Levenshtein distance, by rows; words of at most `longest_word` characters.
size_t distance(std::string_view from, std::string_view to) {
    using Row = std::array<size_t, longest_word + 1>;
    Row before_previous{};
    Row previous{};
    Row current{};
    for (size_t column = 0; column <= to.size(); ++column) {
        previous[column] = column;
    }
    for (size_t row = 1; row <= from.size(); ++row) {
        current[0] = row;
        for (size_t column = 1; column <= to.size(); ++column) {
            const bool same = same_letter(from[row - 1], to[column - 1]);
            current[column] =
                std::min({previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (same ? 0 : 1)});
            if (row > 1 && column > 1 && same_letter(from[row - 1], to[column - 2]) &&
                same_letter(from[row - 2], to[column - 1])) {
                current[column] = std::min(current[column], before_previous[column - 2] + 1);
            }
        }
        before_previous = previous;
        previous = current;
    }
    return previous[to.size()];
}

}  // namespace

NearMiss::NearMiss(std::string_view word) : word_(word), best_distance_(std::max<size_t>(word.size() / 3, 1) + 1) {
    if (word.size() > longest_word) {
        best_distance_ = 0;
    }
}

void NearMiss::offer(std::string_view candidate) {
    constexpr size_t least_beginning = 4;
    const auto [shorter, longer] = std::minmax({candidate.size(), word_.size()});  // values; references would dangle
    if (shorter >= least_beginning && 2 * shorter >= longer && beginning_.empty() && candidate != word_ &&
        candidate.substr(0, shorter) == word_.substr(0, shorter)) {
        beginning_ = candidate;
    }
    const size_t lengths_differ = longer - shorter;
    if (candidate.empty() || candidate == word_ || candidate.size() > longest_word ||
        lengths_differ >= best_distance_) {
        return;
    }
    const size_t found = distance(word_, candidate);
    if (found < best_distance_ && found < word_.size()) {
        best_ = candidate;
        best_distance_ = found;
    }
}

}  // namespace capdl
