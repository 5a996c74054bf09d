// SPDX-License-Identifier: BSD-2-Clause
// Finds the word that somebody probably meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace capdl {

/// Takes candidates one by one and keeps the one that is nearest to a mistyped word, counting inserted, missing,
/// wrong and swapped characters. What differs in more than a third of its characters is no near miss; if there is none,
/// a word that it begins, or that begins it, is kept: `prio` for `priority`.
class NearMiss {
public:
    explicit NearMiss(std::string_view word);

    void offer(std::string_view candidate);
    /// The nearest candidate, or nothing.
    [[nodiscard]] std::string_view best() const { return best_.empty() ? beginning_ : best_; }

private:
    std::string_view word_;
    std::string_view best_;
    std::string_view beginning_;
    size_t best_distance_;  ///< only what is nearer than this is of interest
};

}  // namespace capdl
