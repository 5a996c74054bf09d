// SPDX-License-Identifier: BSD-2-Clause
// Interned names: equal names have equal numbers.
#include "text/name_table.hpp"

#include <algorithm>

namespace capdl {

NameTable::NameTable() {
    texts_.emplace_back();
    numbers_.emplace(std::string_view{}, Name::none);
}

Name NameTable::intern(std::string_view text) {
    if (const auto known = numbers_.find(text); known != numbers_.end()) {
        return known->second;
    }
    const auto name = static_cast<Name>(texts_.size());
    texts_.push_back(keep(text));
    numbers_.emplace(texts_.back(), name);
    return name;
}

Name NameTable::find(std::string_view text) const {
    const auto known = numbers_.find(text);
    return known == numbers_.end() ? Name::none : known->second;
}

std::string_view NameTable::keep(std::string_view text) {
    constexpr size_t block_size = 65536;
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size()) {
        blocks_.emplace_back().reserve(std::max(block_size, text.size()));
    }
    std::string& block = blocks_.back();
    const size_t begin = block.size();
    block.append(text);
    return std::string_view(block).substr(begin);
}

}  // namespace capdl
