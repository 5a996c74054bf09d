// SPDX-License-Identifier: BSD-2-Clause
// Interned names: equal names have equal numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace capdl {

/// The number of a name in a NameTable. `Name::none` is no name; its text is empty.
enum class Name : uint32_t { none = 0 };

/// All names of one run.
class NameTable {
public:
    NameTable();

    Name intern(std::string_view text);
    /// The name with this text if it has been seen, else `Name::none`.
    [[nodiscard]] Name find(std::string_view text) const;
    [[nodiscard]] std::string_view text(Name name) const { return texts_[static_cast<uint32_t>(name)]; }
    [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

private:
    std::string_view keep(std::string_view text);

    std::deque<std::string> blocks_;  ///< the texts; a block never grows beyond its capacity, so views stay valid
    std::vector<std::string_view> texts_;
    std::unordered_map<std::string_view, Name> numbers_;
};

}  // namespace capdl
