// SPDX-License-Identifier: BSD-2-Clause
// The way from a spec's text to a checked Model, which all commands share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compile/plan.hpp"
#include "component/expansion.hpp"
#include "component/file_library.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// One run of the compiler on one spec.
class Compilation {
public:
    using Programs = ComponentExpansion::Programs;

    /// With a folder of components, their ELF files are read: all, or those that are there.
    Compilation(WarningPolicy warnings, std::optional<std::filesystem::path> components,
                Programs programs = Programs::needed);

    /// Reads, parses, resolves, expands, checks. False if the spec was refused; then `diagnostics` say why.
    bool run(std::string path, std::string text);

    /// A spec's text and how it is laid out.
    struct Formatted {
        std::string before;
        std::string after;
    };
    /// Instead of `run`. Nothing if the text does not parse; then `diagnostics` say why.
    [[nodiscard]] std::optional<Formatted> format(std::string path, std::string text);

    /// After a successful `run`: what the loader will do. Reports what cannot be built.
    [[nodiscard]] Plan compile();

    /// Instead of `compile`, where there are no components: names, objects and what is made from what, no more.
    [[nodiscard]] Plan place();

    /// Instead of `compile`, where `run` has refused the spec: reports what the kernel lacks all the same.
    void report_unsupported();

    /// Whether `run` came as far as to know the spec's objects, though it may have refused it.
    [[nodiscard]] bool is_resolved() const { return is_resolved_; }

    [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }
    [[nodiscard]] const Model& model() const { return model_; }

private:
    void collect_policies(const Module& module);

    SourceMap sources_;
    NameTable names_;
    Diagnostics diagnostics_;
    Model model_;
    FileLibrary files_;
    bool has_files_;
    Programs programs_;
    bool is_resolved_ = false;
};

}  // namespace capdl
