// SPDX-License-Identifier: BSD-2-Clause
// The words of `capdl` that check, expand, format and build.
#include "tool/commands.hpp"

#include <fmt/format.h>

#include "analysis/machine_check.hpp"
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

bool has_target(const Options& options) { return !options.machine.empty() || options.memory != 0; }

// What is taken of the machine's memory, as far as the options tell.
std::expected<TakenMemory, std::string> taken_memory(const Options& options, const Plan& plan, uint64_t image,
                                                     std::string_view tree, const Machine* machine) {
    TakenMemory taken{.image = image};
    if (options.kernel.empty() || options.loader.empty()) {
        return taken;
    }
    const std::expected<std::string, std::string> kernel = read_file(options.kernel);
    const std::expected<std::string, std::string> loader = read_file(options.loader);
    if (!kernel || !loader) {
        return std::unexpected(kernel ? loader.error() : kernel.error());
    }
    const uint64_t ranges = machine == nullptr ? 1 : machine->memory().size();
    const uint64_t cores = machine == nullptr ? 1 : machine->cores();
    const auto kept = kept_memory(*kernel, *loader, plan, image, tree, ranges, cores);
    if (!kept) {
        return std::unexpected(kept.error());
    }
    taken.kept = *kept;
    return taken;
}

// Whether the machine has what a system wants, and room for it if there is a plan; `image`: bytes of the system's image,
// if they are known.
void check_target(const Options& options, Session& session, const Plan* plan, uint64_t image) {
    Diagnostics& diagnostics = session.compilation().diagnostics();
    std::vector<MemoryRange> memory{{0, options.memory}};
    std::expected<std::string, std::string> tree = std::string();
    std::optional<Machine> machine;
    if (!options.machine.empty()) {
        tree = read_file(options.machine);
        const std::expected<Machine, std::string> read =
            tree ? Machine::read(*tree) : std::unexpected(std::string(tree.error()));
        if (!read) {
            diagnostics.error({}, tree ? fmt::format("{}: {}", options.machine, read.error()) : read.error());
            return;
        }
        machine = *read;
        check_machine(session.model(), *machine, diagnostics);
        memory = machine->memory();
    }
    if (plan == nullptr || diagnostics.has_errors()) {
        return;
    }
    const auto taken = taken_memory(options, *plan, image, *tree, machine ? &*machine : nullptr);
    if (taken) {
        check_memory_fit(session.model(), *plan, memory, *taken, diagnostics);
    } else {
        diagnostics.error({}, taken.error());
    }
}

// What can be said of a spec that was refused, beyond why.
void check_the_rest(const Options& options, Session& session) {
    if (has_target(options) && session.compilation().is_resolved()) {
        check_target(options, session, nullptr, 0);
    }
}

}  // namespace

int check(const Options& options) {
    Session session(options, {}, Compilation::Programs::needed);
    bool accepted = session.run();
    if (accepted && has_target(options)) {
        const bool is_whole = !options.components.empty();
        const Plan plan = is_whole ? session.compilation().compile() : session.compilation().place();
        check_target(options, session, &plan, is_whole ? system_image(plan).size() : 0);
        accepted = !session.compilation().diagnostics().has_errors();
    } else if (!accepted) {
        check_the_rest(options, session);
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
    Session session(options, {}, Compilation::Programs::needed);
    const bool accepted = session.run();
    Plan plan = accepted ? session.compilation().compile() : Plan();
    plan.mode = options.dry_run ? image::Mode::dry_run : image::Mode::start;
    plan.ticket = options.ticket;
    if (accepted && has_target(options)) {
        check_target(options, session, &plan, system_image(plan).size());
    } else if (!accepted) {
        session.compilation().report_unsupported();
        check_the_rest(options, session);
    }
    if (!accepted || session.compilation().diagnostics().has_errors()) {
        session.report();
        return refused;
    }
    const std::expected<std::string, std::string> image = image_of(options, plan);
    if (!image) {
        return session.refuse(image.error());
    }
    if (const auto written = write_file(options.output, *image); !written) {
        return session.refuse(written.error());
    }
    session.report();
    return done;
}

int format(const Options& options) {
    Session session(options);
    const std::optional<Compilation::Formatted> formatted = session.format();
    const bool changes = formatted && formatted->before != formatted->after;
    if (options.in_place && changes) {
        const auto written = options.spec == standard_input_name
                                 ? std::unexpected(std::string("standard input cannot be changed in place"))
                                 : write_file(options.spec, formatted->after);
        if (!written) {
            return session.refuse(written.error());
        }
    }
    session.report();
    if (!formatted || (options.only_check && changes)) {
        return refused;
    }
    if (!options.only_check && !options.in_place) {
        fmt::print("{}", formatted->after);
    }
    return done;
}

}  // namespace capdl
