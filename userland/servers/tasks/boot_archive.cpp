// SPDX-License-Identifier: BSD-2-Clause
// Reading tar archives.
#include "boot_archive.hpp"

#include <algorithm>

namespace tasks {

namespace {

constexpr uint64_t block = 512;
constexpr uint64_t name_size = 100, size_offset = 124, size_size = 12, kind_offset = 156;

/// A field's text, up to its first zero byte.
std::string_view text_of(std::string_view field) { return field.substr(0, std::min(field.find('\0'), field.size())); }

/// Octal digits; nothing if there are none, or something else, or too many.
std::optional<uint64_t> octal(std::string_view field) {
    uint64_t number = 0;
    const std::string_view digits =
        field.substr(0, std::min(field.find_first_of(std::string_view(" \0", 2)), field.size()));
    if (digits.empty()) return std::nullopt;
    for (const char digit : digits) {
        if (digit < '0' || digit > '7') return std::nullopt;
        number = number * 8 + static_cast<uint64_t>(digit - '0');
    }
    return number;
}

}  // namespace

std::optional<BootArchive::File> BootArchive::next(uint64_t& offset) const {
    while (offset <= bytes_.size() && bytes_.size() - offset >= block) {
        const std::string_view header = bytes_.substr(offset, block);
        const std::string_view name = text_of(header.substr(0, name_size));
        const auto size = octal(header.substr(size_offset, size_size));
        if (name.empty() || !size || *size > bytes_.size() - offset - block) break;
        const std::string_view contents = bytes_.substr(offset + block, *size);
        offset += block + (*size + block - 1) / block * block;
        const char kind = header[kind_offset];
        if (kind == '0' || kind == '\0') return File{name, contents};
    }
    offset = bytes_.size();
    return std::nullopt;
}

std::optional<std::string_view> BootArchive::find(std::string_view name) const {
    uint64_t offset = 0;
    while (const auto file = next(offset)) {
        if (file->name == name) return file->contents;
    }
    return std::nullopt;
}

}  // namespace tasks
