// SPDX-License-Identifier: BSD-2-Clause
// What the shell can do.
#pragma once

#include <string_view>
#include <vector>

#include <sel/endpoint.hpp>

namespace shell {

/// The words of a line: separated by spaces.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view line);

/// Carries out lines. Whatever is refused is said in a sentence; no line ends the shell but `exit`.
class Commands {
public:
    /// Ends the component if the specification has not given what it needs.
    Commands();

    void run(std::string_view line);

private:
    using Words = std::vector<std::string_view>;

    struct Command {
        std::string_view name;
        std::string_view usage;
        std::string_view help;
        size_t least, most;  ///< words, with the command itself
        void (Commands::*function)(const Words&);
    };

    void help(const Words& words);
    void components(const Words& words);
    void memory(const Words& words);
    void threads(const Words& words);
    void programs(const Words& words);
    void start(const Words& words);
    void tasks(const Words& words);
    void kill(const Words& words);
    void capabilities(const Words& words);
    void exit(const Words& words);

    [[nodiscard]] bool show_task_capabilities(std::string_view name);
    [[nodiscard]] static std::string_view known_as(uint64_t object);
    void show_table(std::string_view name);

    static const Command table[];

    sel::Endpoint console_, memory_, tasks_;
};

}  // namespace shell
