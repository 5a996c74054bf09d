// SPDX-License-Identifier: BSD-2-Clause
// The files that a spec names: components and contents of frames.
#include "component/file_library.hpp"

#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "text/sizes.hpp"

namespace capdl {

std::expected<std::string, std::string> read_file(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return std::unexpected(fmt::format("there is no file {}", path.string()));
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

}  // namespace capdl
