// SPDX-License-Identifier: BSD-2-Clause
// The boot archive: files that came with the image, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tasks {

/// A tar archive in memory, in the format "ustar" of POSIX.1-1988 (and what GNU tar makes of it for short names), which
/// selene_archive() in CMake makes.
///
///     +--------------------+
///     | header             |  512 bytes: name, size in octal, kind
///     | contents           |  filled up to a multiple of 512 bytes
///     | header ...         |
///     | zeros              |  at the end
///     +--------------------+
///
/// Nothing in it is believed: a size beyond the end is the end of the archive.
class BootArchive {
public:
    struct File {
        std::string_view name;
        std::string_view contents;
    };

    BootArchive() = default;
    explicit BootArchive(std::string_view bytes) : bytes_(bytes) {}

    /// The contents of the first file with this name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

    /// The file that begins at `offset`, which then is that of the next one; begin with 0.
    [[nodiscard]] std::optional<File> next(uint64_t& offset) const;

private:
    std::string_view bytes_;
};

}  // namespace tasks
