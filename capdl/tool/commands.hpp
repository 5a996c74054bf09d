// SPDX-License-Identifier: BSD-2-Clause
// The words of `capdl`, each with its options: what is printed where, and the exit code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace capdl {

// Exit codes, as `./selene` has them.
inline constexpr int done = 0;
inline constexpr int refused = 1;
inline constexpr int wrong_command_line = 2;
inline constexpr int missing_tool = 3;

/// As the name of a spec: what is read from standard input.
inline constexpr std::string_view standard_input_name = "-";

enum class MessageFormat : uint8_t { text, json };

/// What all words have in common; each looks only at what it knows.
struct Options {
    std::string spec;
    std::string components;
    bool strict = false;
    std::vector<std::string> silenced;
    MessageFormat messages = MessageFormat::text;
    std::string machine;  ///< its device tree, a file; empty: not known
    uint64_t memory = 0;  ///< its bytes of memory, without a device tree; 0: not known
    // build
    std::string kernel;
    std::string loader;
    std::string output;
    bool dry_run = false;
    uint32_t ticket = 0;
    // format
    bool in_place = false;
    bool only_check = false;
    // snapshot
    std::string console;
    // why, diff, graph
    std::string other_spec;
    std::string from;
    std::string to;
    std::string around;
    bool memory_map = false;
    bool source_only = false;
};

// Each writes its result to standard output and messages to standard error, and returns the exit code. What goes wrong
// is a message like those about the spec, so that a program finds all of it in one place.
int check(const Options& options);
int expand(const Options& options);
int build(const Options& options);
int format(const Options& options);
int why(const Options& options);
int policy(const Options& options);
int snapshot(const Options& options);
int stat(const Options& options);
int diff(const Options& options);
int graph(const Options& options);
int lsp(const Options& options);

}  // namespace capdl
