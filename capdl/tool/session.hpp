// SPDX-License-Identifier: BSD-2-Clause
// One run of a word of `capdl`: the spec is read and checked, messages are printed.
#pragma once

#include <expected>
#include <initializer_list>

#include "tool/commands.hpp"
#include "tool/compilation.hpp"

namespace capdl {

/// Reads a spec and runs the compiler up to a checked Model.
class Session {
public:
    /// The spec is `options.spec` unless another one is named. Only what makes or judges an image needs all programs.
    explicit Session(const Options& options, std::string spec = {},
                     Compilation::Programs programs = Compilation::Programs::if_there);

    /// False if the spec could not be read or was refused; `report` says why.
    [[nodiscard]] bool run();
    /// The spec laid out afresh; nothing if it cannot be read or has mistakes of syntax.
    [[nodiscard]] std::optional<Compilation::Formatted> format();
    /// Prints what the compiler has to say, as the options want it; of two runs, both in one go.
    void report() { report({this}); }
    static void report(std::initializer_list<Session*> sessions);
    /// Reports this, too, and all else; returns the exit code.
    int refuse(std::string why);

    [[nodiscard]] Compilation& compilation() { return compilation_; }
    [[nodiscard]] const Model& model() const { return compilation_.model(); }

private:
    [[nodiscard]] std::expected<std::string, std::string> text() const;

    const Options& options_;
    std::string spec_;
    Compilation compilation_;
};

/// Writes a file, whole or not at all where it is a regular one; or says why it cannot.
[[nodiscard]] std::expected<void, std::string> write_file(const std::string& path, std::string_view content);

}  // namespace capdl
