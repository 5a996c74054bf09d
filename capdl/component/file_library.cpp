// SPDX-License-Identifier: BSD-2-Clause
// The files that a spec names: components and contents of frames.
#include "component/file_library.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "text/near_miss.hpp"
#include "text/sizes.hpp"

namespace capdl {

std::expected<std::string, std::string> read_file(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        return std::unexpected(fmt::format("there is no file {}", path.string()));
    }
    if (error) {
        return std::unexpected(fmt::format("{} cannot be read: {}", path.string(), error.message()));
    }
    if (!std::filesystem::is_regular_file(status)) {
        return std::unexpected(fmt::format("{} is {}", path.string(),
                                           std::filesystem::is_directory(status) ? "a folder" : "no regular file"));
    }
    const uintmax_t size = std::filesystem::file_size(path, error);
    if (error || size > FileLibrary::size_limit) {
        return std::unexpected(fmt::format("{} is larger than {}", path.string(), size_text(FileLibrary::size_limit)));
    }
    std::string content(size, '\0');
    std::ifstream stream(path, std::ios::binary);
    if (!stream.read(content.data(), static_cast<std::streamsize>(size)) && size != 0) {
        return std::unexpected(fmt::format("{} cannot be read: {}", path.string(), std::strerror(errno)));
    }
    return content;
}

std::expected<std::string_view, std::string> FileLibrary::read(std::string_view name) {
    auto known = files_.find(name);
    if (known == files_.end()) {
        std::expected<std::string, std::string> content =
            std::unexpected(std::string("no folder was named to search for it"));
        for (const std::filesystem::path& folder : folders_) {
            content = read_file(folder / name);
            if (content) {
                break;
            }
        }
        known = files_.emplace(name, std::move(content)).first;
    }
    if (!known->second) {
        return std::unexpected(known->second.error());
    }
    return *known->second;
}

std::string FileLibrary::similar(std::string_view name) const {
    std::vector<std::string> files;
    for (const std::filesystem::path& folder : folders_) {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
            files.push_back(entry.path().filename().string());
        }
    }
    std::ranges::sort(files);
    NearMiss meant(name);
    for (const std::string& file : files) {
        meant.offer(file);
    }
    return std::string(meant.best());
}

}  // namespace capdl
