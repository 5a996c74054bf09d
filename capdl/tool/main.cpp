// SPDX-License-Identifier: BSD-2-Clause
// The program `capdl`: its command line.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

#include "image/image_writer.hpp"
#include "model/printer.hpp"
#include "tool/compilation.hpp"

namespace {

// Exit codes, as `./selene` has them.
constexpr int done = 0;
constexpr int refused = 1;
constexpr int wrong_command_line = 2;

struct Options {
    std::string spec;
    std::string kernel;
    std::string loader;
    std::string components;
    std::string output;
    bool strict = false;
    std::vector<std::string> silenced;
};

void report(capdl::Compilation& compilation) {
    const auto colours =
        isatty(STDERR_FILENO) != 0 ? capdl::Diagnostics::Colours::on : capdl::Diagnostics::Colours::off;
    fmt::print(stderr, "{}", compilation.diagnostics().render(colours));
    const size_t errors = compilation.diagnostics().error_count();
    const size_t warnings = compilation.diagnostics().warning_count();
    if (errors + warnings != 0) {
        fmt::print(stderr, "{} error{}, {} warning{}\n", errors, errors == 1 ? "" : "s", warnings,
                   warnings == 1 ? "" : "s");
    }
}

capdl::Compilation compilation_for(const Options& options) {
    const std::optional<std::filesystem::path> components =
        options.components.empty() ? std::nullopt : std::optional<std::filesystem::path>(options.components);
    return capdl::Compilation(
        {.strict = options.strict, .silenced = {options.silenced.begin(), options.silenced.end()}}, components);
}

// Reads the spec and runs the compiler up to a checked model. False if the spec could not be read or was refused.
bool run(const Options& options, capdl::Compilation& compilation) {
    std::expected<std::string, std::string> text = capdl::read_file(options.spec);
    if (!text) {
        fmt::print(stderr, "capdl: {}\n", text.error());
        return false;
    }
    return compilation.run(options.spec, std::move(*text));
}

int check(const Options& options) {
    capdl::Compilation compilation = compilation_for(options);
    const bool accepted = run(options, compilation);
    report(compilation);
    return accepted ? done : refused;
}

int expand(const Options& options) {
    capdl::Compilation compilation = compilation_for(options);
    const bool accepted = run(options, compilation);
    report(compilation);
    if (!accepted) {
        return refused;
    }
    fmt::print("{}", capdl::Printer(compilation.model()).print());
    return done;
}

// The image of a planned system, or what is wrong with the kernel or the loader.
std::expected<std::string, std::string> whole_image(const Options& options, const capdl::Plan& plan) {
    const std::expected<std::string, std::string> kernel = capdl::read_file(options.kernel);
    if (!kernel) {
        return std::unexpected(kernel.error());
    }
    const std::expected<std::string, std::string> loader = capdl::read_file(options.loader);
    if (!loader) {
        return std::unexpected(loader.error());
    }
    const std::expected<std::string, std::string> system = capdl::system_part(*loader, plan);
    if (!system) {
        return std::unexpected(fmt::format("{} is no loader: {}", options.loader, system.error()));
    }
    const std::expected<std::string, std::string> image = capdl::whole_image(*kernel, *system);
    if (!image) {
        return std::unexpected(fmt::format("{} is no kernel: {}", options.kernel, image.error()));
    }
    return *image;
}

int build(const Options& options) {
    capdl::Compilation compilation = compilation_for(options);
    const bool accepted = run(options, compilation);
    const capdl::Plan plan = accepted ? compilation.compile() : capdl::Plan();
    report(compilation);
    if (!accepted || compilation.diagnostics().has_errors()) {
        return refused;
    }
    const std::expected<std::string, std::string> image = whole_image(options, plan);
    if (!image) {
        fmt::print(stderr, "capdl: {}\n", image.error());
        return refused;
    }
    std::ofstream out(options.output, std::ios::binary | std::ios::trunc);
    out.write(image->data(), static_cast<std::streamsize>(image->size()));
    out.close();
    if (!out) {
        fmt::print(stderr, "capdl: {} cannot be written\n", options.output);
        return refused;
    }
    return done;
}

}  // namespace

int main(int argument_count, char** arguments) {
    CLI::App app("Checks CapDL specs and compiles them to system images.", "capdl");
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);
    Options options;
    const auto add_common = [&options](CLI::App* command) {
        command->add_option("SPEC", options.spec, "The spec, a .cdl file")->required();
        command->add_flag("--strict", options.strict, "Take warnings for errors");
        command->add_option("--silence", options.silenced, "Say nothing of warnings of this name")
            ->type_name("WARNING");
        return command;
    };

    CLI::App* check_command = add_common(app.add_subcommand("check", "Say what is wrong with a spec, or nothing"));
    check_command->add_option("--components", options.components,
                              "Folder of the components' ELF files; without it they are not looked at");

    CLI::App* expand_command =
        add_common(app.add_subcommand("expand", "Print the spec in standard syntax, components expanded"));
    expand_command->add_option("--components", options.components,
                               "Folder of the components' ELF files; without it their memory is left out");

    CLI::App* build_command = add_common(app.add_subcommand("build", "Write a system image"));
    build_command->add_option("--kernel", options.kernel, "The kernel part, a flat arm64 image")
        ->required()
        ->type_name("BIN");
    build_command->add_option("--loader", options.loader, "The loader, an ELF file")->required()->type_name("ELF");
    build_command->add_option("--components", options.components, "Folder of the components' ELF files")
        ->required()
        ->type_name("DIR");
    build_command->add_option("-o,--output", options.output, "The image to write")->required()->type_name("IMG");

    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : wrong_command_line;
    }
    return check_command->parsed() ? check(options) : expand_command->parsed() ? expand(options) : build(options);
}
