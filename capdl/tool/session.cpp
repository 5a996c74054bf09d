// SPDX-License-Identifier: BSD-2-Clause
// One run of a word of `capdl`: the spec is read and checked, messages are printed.
#include "tool/session.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

namespace capdl {
namespace {

std::optional<std::filesystem::path> components_of(const Options& options) {
    return options.components.empty() ? std::nullopt : std::optional<std::filesystem::path>(options.components);
}

}  // namespace

Session::Session(const Options& options, std::string spec, Compilation::Programs programs)
    : options_(options),
      spec_(spec.empty() ? options.spec : std::move(spec)),
      compilation_({.strict = options.strict, .silenced = {options.silenced.begin(), options.silenced.end()}},
                   components_of(options), programs) {}

bool Session::run() {
    std::expected<std::string, std::string> text = read_file(spec_);
    if (!text) {
        compilation_.diagnostics().error({}, std::move(text.error()));
        return false;
    }
    return compilation_.run(spec_, std::move(*text));
}

std::optional<Compilation::Formatted> Session::format() {
    std::expected<std::string, std::string> text = read_file(spec_);
    if (!text) {
        compilation_.diagnostics().error({}, std::move(text.error()));
        return std::nullopt;
    }
    return compilation_.format(spec_, std::move(*text));
}

void Session::report() {
    const Diagnostics& diagnostics = compilation_.diagnostics();
    if (options_.messages == MessageFormat::json) {
        fmt::print(stderr, "{}", diagnostics.render_json());
        return;
    }
    const char* no_colour = std::getenv("NO_COLOR");
    const bool coloured = isatty(STDERR_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
    fmt::print(stderr, "{}", diagnostics.render(coloured ? Diagnostics::Colours::on : Diagnostics::Colours::off));
    const size_t errors = diagnostics.error_count();
    const size_t warnings = diagnostics.warning_count();
    if (errors + warnings != 0) {
        fmt::print(stderr, "{} error{}, {} warning{}\n", errors, errors == 1 ? "" : "s", warnings,
                   warnings == 1 ? "" : "s");
    }
}

bool write_file(const std::string& path, std::string_view content) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) {
        fmt::print(stderr, "capdl: {} cannot be written\n", path);
        return false;
    }
    return true;
}

}  // namespace capdl
