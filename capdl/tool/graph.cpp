// SPDX-License-Identifier: BSD-2-Clause
// The word `graph` of `capdl`: pictures, by Graphviz.
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/drawing.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

struct Failure {
    int code;
    std::string why;
};

// Has Graphviz draw the picture.
std::expected<std::string, Failure> render(const std::string& picture) {
    constexpr int not_found = 127;  // as a shell says it
    std::FILE* source = std::tmpfile();
    if (source == nullptr) {
        return std::unexpected(Failure{refused, "no temporary file can be made"});
    }
    std::fwrite(picture.data(), 1, picture.size(), source);
    std::fflush(source);
    std::FILE* dot = popen(fmt::format("exec 2>/dev/null; dot -Tsvg /dev/fd/{}", fileno(source)).c_str(), "r");
    if (dot == nullptr) {
        std::fclose(source);
        return std::unexpected(Failure{refused, "no further process can be started"});
    }
    std::string drawn;
    std::string part(1 << 16, '\0');
    for (size_t size = 1; size != 0;) {
        size = std::fread(part.data(), 1, part.size(), dot);
        drawn.append(part, 0, size);
    }
    const int status = pclose(dot);
    std::fclose(source);
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_found) {
        return std::unexpected(
            Failure{missing_tool, "Graphviz's `dot` is not installed; the package is called graphviz"});
    }
    if (status != 0) {
        return std::unexpected(Failure{refused, "Graphviz's `dot` could not draw the picture"});
    }
    return drawn;
}

// Puts the picture, or its source, where it is wanted.
std::expected<void, Failure> deliver(const Options& options, const std::string& picture) {
    const std::expected<std::string, Failure> result = options.source_only ? picture : render(picture);
    if (!result) {
        return std::unexpected(result.error());
    }
    if (options.output.empty()) {
        fmt::print("{}", *result);
        return {};
    }
    if (const std::expected<void, std::string> written = write_file(options.output, *result); !written) {
        return std::unexpected(Failure{refused, written.error()});
    }
    return {};
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
    if (!picture) {
        session.report();
        return refused;
    }
    if (const std::expected<void, Failure> delivered = deliver(options, *picture); !delivered) {
        session.refuse(delivered.error().why);
        return delivered.error().code;
    }
    session.report();
    return done;
}

}  // namespace capdl
