// SPDX-License-Identifier: BSD-2-Clause
// The word `graph` of `capdl`: pictures, by Graphviz.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/drawing.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

// A path as one word of a shell.
std::string shell_word(const std::string& text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return result + "'";
}

// Has Graphviz draw the picture; the exit code for the word.
int render(const std::string& picture, const std::string& output) {
    constexpr int not_found = 127;  // as a shell says it
    const std::string command = "dot -Tsvg" + (output.empty() ? "" : " -o " + shell_word(output));
    std::signal(SIGPIPE, SIG_IGN);  // where there is no `dot`, nobody reads
    std::FILE* dot = popen(command.c_str(), "w");
    if (dot == nullptr) {
        fmt::print(stderr, "capdl: no further process can be started\n");
        return refused;
    }
    std::fwrite(picture.data(), 1, picture.size(), dot);
    const int status = pclose(dot);
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_found) {
        fmt::print(stderr, "capdl: Graphviz's `dot` is not installed; the package is called graphviz\n");
        return missing_tool;
    }
    return status == 0 ? done : refused;
}

}  // namespace

int graph(const Options& options) {
    Session session(options);
    const bool accepted = session.run();
    std::optional<std::string> picture;
    if (accepted) {
        picture = options.memory_map        ? draw_memory(session.model())
                  : !options.around.empty() ? draw_surroundings(session.model(), options.around)
                                            : draw_system(session.model());
        if (!picture) {
            session.compilation().diagnostics().error({}, fmt::format("there is no part `{}`", options.around));
        }
    }
    session.report();
    if (!picture) {
        return refused;
    }
    if (!options.source_only) {
        return render(*picture, options.output);
    }
    if (!options.output.empty()) {
        return write_file(options.output, *picture) ? done : refused;
    }
    fmt::print("{}", *picture);
    return done;
}

}  // namespace capdl
