// SPDX-License-Identifier: BSD-2-Clause
// One run of a word of `capdl`: the spec is read and checked, messages are printed.
#include "tool/session.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <unistd.h>

#include "text/sizes.hpp"

namespace capdl {
namespace {

std::optional<std::filesystem::path> components_of(const Options& options) {
    return options.components.empty() ? std::nullopt : std::optional<std::filesystem::path>(options.components);
}

// What a person reads on a terminal may be in colour, unless they do not want that (no-color.org).
bool is_coloured() {
    const char* no_colour = std::getenv("NO_COLOR");
    return isatty(STDERR_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

std::expected<std::string, std::string> standard_input() {
    std::string text;
    std::string part(1 << 16, '\0');
    while (std::cin.read(part.data(), static_cast<std::streamsize>(part.size())) || std::cin.gcount() != 0) {
        text.append(part, 0, static_cast<size_t>(std::cin.gcount()));
        if (text.size() > FileLibrary::size_limit) {
            return std::unexpected(fmt::format("standard input is larger than {}", size_text(FileLibrary::size_limit)));
        }
    }
    return text;
}

}  // namespace

Session::Session(const Options& options, std::string spec, Compilation::Programs programs)
    : options_(options),
      spec_(spec.empty() ? options.spec : std::move(spec)),
      compilation_({.strict = options.strict, .silenced = {options.silenced.begin(), options.silenced.end()}},
                   components_of(options), programs) {}

std::expected<std::string, std::string> Session::text() const {
    return spec_ == standard_input_name ? standard_input() : read_file(spec_);
}

bool Session::run() {
    std::expected<std::string, std::string> text = this->text();
    if (!text) {
        compilation_.diagnostics().error({}, std::move(text.error()));
        return false;
    }
    return compilation_.run(spec_, std::move(*text));
}

std::optional<Compilation::Formatted> Session::format() {
    std::expected<std::string, std::string> text = this->text();
    if (!text) {
        compilation_.diagnostics().error({}, std::move(text.error()));
        return std::nullopt;
    }
    return compilation_.format(spec_, std::move(*text));
}

int Session::refuse(std::string why) {
    compilation_.diagnostics().error({}, std::move(why));
    report();
    return refused;
}

void Session::report(std::initializer_list<Session*> sessions) {
    std::vector<const Diagnostics*> runs;
    size_t errors = 0;
    size_t warnings = 0;
    for (Session* session : sessions) {
        runs.push_back(&session->compilation_.diagnostics());
        errors += runs.back()->error_count();
        warnings += runs.back()->warning_count();
    }
    if ((*sessions.begin())->options_.messages == MessageFormat::json) {
        fmt::print(stderr, "{}", Diagnostics::render_json(runs));
        return;
    }
    for (const Diagnostics* run : runs) {
        fmt::print(stderr, "{}", run->render(is_coloured() ? Diagnostics::Colours::on : Diagnostics::Colours::off));
    }
    if (errors + warnings != 0) {
        fmt::print(stderr, "{} error{}, {} warning{}\n", errors, errors == 1 ? "" : "s", warnings,
                   warnings == 1 ? "" : "s");
    }
}

std::expected<void, std::string> write_file(const std::string& path, std::string_view content) {
    namespace files = std::filesystem;
    std::error_code ignored;
    const files::file_status status = files::status(path, ignored);
    const bool is_there = files::exists(status);
    const bool is_replaced = !is_there || files::is_regular_file(status);
    const files::path target = is_there ? files::canonical(path, ignored) : files::path(path);
    const files::path part = is_replaced ? files::path(fmt::format("{}.{}", target.string(), getpid())) : target;
    const auto failed = [&] {
        const std::string reason = std::strerror(errno);
        if (is_replaced) {
            files::remove(part, ignored);
        }
        return std::unexpected(fmt::format("{} cannot be written: {}", path, reason));
    };
    if (is_there && access(path.c_str(), W_OK) != 0) {
        return std::unexpected(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
    }
    errno = 0;
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) {
        return failed();
    }
    if (is_replaced) {
        if (is_there) {
            files::permissions(part, status.permissions(), ignored);
        }
        if (std::rename(part.c_str(), target.c_str()) != 0) {
            return failed();
        }
    }
    return {};
}

}  // namespace capdl
