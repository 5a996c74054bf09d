// SPDX-License-Identifier: BSD-2-Clause
// The files that a spec includes.
#pragma once

#include <filesystem>
#include <vector>

#include "language/parser.hpp"

namespace capdl {

/// Reads included files, which are named relative to the file that names them.
class IncludedFiles : public IncludedTexts {
public:
    /// Files that include each other.
    static constexpr size_t depth_limit = 16;
    /// Files in one run.
    static constexpr size_t file_limit = 1000;

    IncludedFiles(SourceMap& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

    std::optional<Span> open(std::string_view name, Span where) override;
    void close() override { open_.pop_back(); }

private:
    struct OpenFile {
        std::filesystem::path path;
        Span where;
    };
    SourceMap& sources_;
    Diagnostics& diagnostics_;
    std::vector<OpenFile> open_;
    size_t count_ = 0;
};

}  // namespace capdl
