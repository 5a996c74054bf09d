// SPDX-License-Identifier: BSD-2-Clause
// The files that a spec names: components and contents of frames.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace capdl {

/// Reads each file once. Names are relative to one of the folders, which are searched in order.
class FileLibrary {
public:
    /// A larger file is refused.
    static constexpr uint64_t size_limit = uint64_t{1} << 30;

    explicit FileLibrary(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}

    /// The content of a file, valid as long as the library, or a sentence that says why there is none.
    [[nodiscard]] std::expected<std::string_view, std::string> read(std::string_view name);

    /// The file of one of the folders that was probably meant; empty if there is none.
    [[nodiscard]] std::string similar(std::string_view name) const;

private:
    std::vector<std::filesystem::path> folders_;
    std::map<std::string, std::expected<std::string, std::string>, std::less<>> files_;
};

/// Reads a file of at most `size_limit` bytes.
[[nodiscard]] std::expected<std::string, std::string> read_file(const std::filesystem::path& path);

}  // namespace capdl
