// SPDX-License-Identifier: BSD-2-Clause
// The files that a spec includes.
#include "tool/included_files.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "component/file_library.hpp"
#include "text/sizes.hpp"

namespace capdl {

std::optional<Span> IncludedFiles::open(std::string_view name, Span where) {
    const std::filesystem::path including(sources_.place(where).path);
    const std::filesystem::path path = (including.parent_path() / name).lexically_normal();
    const auto again = std::ranges::find(open_, path, &OpenFile::path);
    if (again != open_.end() || path == including.lexically_normal()) {
        Diagnostic& error = diagnostics_.error(where, fmt::format("{} includes itself, in the end", path.string()));
        if (again != open_.end()) {
            error.note(again->where, "it is included here");
        }
        return std::nullopt;
    }
    if (open_.size() == depth_limit || count_ == file_limit) {
        diagnostics_.error(where, open_.size() == depth_limit
                                      ? fmt::format("more than {} files that include each other", depth_limit)
                                      : fmt::format("more than {} included files", file_limit));
        return std::nullopt;
    }
    std::expected<std::string, std::string> text = read_file(path);
    if (!text) {
        diagnostics_.error(where, text.error());
        return std::nullopt;
    }
    if (text->size() >= sources_.room()) {
        diagnostics_.error(where,
                           fmt::format("all texts together are larger than {}", size_text(SourceMap::size_limit)));
        return std::nullopt;
    }
    ++count_;
    open_.push_back({path, where});
    return sources_.add(path.string(), std::move(*text));
}

}  // namespace capdl
