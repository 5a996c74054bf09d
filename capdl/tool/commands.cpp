// SPDX-License-Identifier: BSD-2-Clause
// The words of `capdl` that check, expand, format and build.
#include "tool/commands.hpp"

#include <fmt/format.h>

#include "analysis/memory_fit.hpp"
#include "image/image_writer.hpp"
#include "model/printer.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

// The image of a planned system, or what is wrong with the kernel or the loader.
std::expected<std::string, std::string> image_of(const Options& options, const Plan& plan) {
    const std::expected<std::string, std::string> kernel = read_file(options.kernel);
    if (!kernel) {
        return std::unexpected(kernel.error());
    }
    const std::expected<std::string, std::string> loader = read_file(options.loader);
    if (!loader) {
        return std::unexpected(loader.error());
    }
    const std::expected<std::string, std::string> system = system_part(*loader, plan);
    if (!system) {
        return std::unexpected(fmt::format("{} is no loader: {}", options.loader, system.error()));
    }
    const std::expected<std::string, std::string> image = whole_image(*kernel, *system);
    if (!image) {
        return std::unexpected(fmt::format("{} is no kernel: {}", options.kernel, image.error()));
    }
    return *image;
}

}  // namespace

int check(const Options& options) {
    Session session(options);
    bool accepted = session.run();
    if (accepted && options.memory != 0) {
        session.compilation().check_fit(options.memory);
        accepted = !session.compilation().diagnostics().has_errors();
    }
    session.report();
    return accepted ? done : refused;
}

int expand(const Options& options) {
    Session session(options);
    const bool accepted = session.run();
    session.report();
    if (!accepted) {
        return refused;
    }
    fmt::print("{}", Printer(session.model()).print());
    return done;
}

int build(const Options& options) {
    Session session(options);
    const bool accepted = session.run();
    const Plan plan = accepted ? session.compilation().compile() : Plan();
    if (accepted && options.memory != 0 && !session.compilation().diagnostics().has_errors()) {
        check_memory_fit(session.model(), plan, options.memory, session.compilation().diagnostics());
    }
    session.report();
    if (!accepted || session.compilation().diagnostics().has_errors()) {
        return refused;
    }
    const std::expected<std::string, std::string> image = image_of(options, plan);
    if (!image) {
        fmt::print(stderr, "capdl: {}\n", image.error());
        return refused;
    }
    return write_file(options.output, *image) ? done : refused;
}

int format(const Options& options) {
    Session session(options);
    const std::optional<Compilation::Formatted> formatted = session.format();
    session.report();
    if (!formatted) {
        return refused;
    }
    if (options.only_check) {
        return formatted->before == formatted->after ? done : refused;
    }
    if (options.in_place) {
        return formatted->before == formatted->after || write_file(options.spec, formatted->after) ? done : refused;
    }
    fmt::print("{}", formatted->after);
    return done;
}

}  // namespace capdl
