// SPDX-License-Identifier: BSD-2-Clause
// The program `capdl`: its command line.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "text/diagnostic.hpp"
#include "text/near_miss.hpp"
#include "tool/commands.hpp"

namespace {

using capdl::Options;

/// The words of the command line, and what each calls.
class CommandLine {
public:
    CommandLine() {
        app_.require_subcommand(1);
        app_.failure_message([](const CLI::App*, const CLI::Error& error) {
            return fmt::format("capdl: {}\nRun with --help for more information.\n", error.what());
        });
        add_check();
        add_expand();
        add_format();
        add_build();
        add_why();
        add_policy();
        add_stat();
        add_diff();
        add_snapshot();
        add_graph();
        words_.emplace_back(app_.add_subcommand("lsp", "Serve an editor by the Language Server Protocol"), capdl::lsp);
    }

    int run(int argument_count, char** arguments) {
        if (argument_count < 2) {
            fmt::print(stderr, "{}", app_.help());
            return capdl::wrong_command_line;
        }
        const std::string word = arguments[1];
        const std::vector<std::string> known = known_words();
        if (!word.starts_with('-') && std::ranges::find(known, word) == known.end()) {
            fmt::print(stderr, "capdl: {}\n", unknown("word", word, known));
            return capdl::wrong_command_line;
        }
        try {
            app_.parse(argument_count, arguments);
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? capdl::done : capdl::wrong_command_line;
        }
        for (const auto& [word, call] : words_) {
            if (word->parsed()) {
                return whole(call(options_));
            }
        }
        return capdl::wrong_command_line;
    }

private:
    [[nodiscard]] std::vector<std::string> known_words() const {
        std::vector<std::string> names;
        for (const auto& [word, call] : words_) {
            names.push_back(word->get_name());
        }
        return names;
    }

    // The exit code, unless the result has not arrived where it was to go.
    static int whole(int code) {
        if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
            return code;
        }
        fmt::print(stderr, "capdl: standard output cannot be written: {}\n", std::strerror(errno));
        return capdl::refused;
    }

    CLI::App* add_word(const std::string& name, const std::string& description, int (*call)(const Options&)) {
        CLI::App* word = app_.add_subcommand(name, description);
        words_.emplace_back(word, call);
        word->add_option("SPEC", options_.spec, "The spec, a .cdl file; `-` is standard input")->required();
        word->add_flag("--strict", options_.strict, "Take warnings for errors");
        word->add_option("--silence", options_.silenced, "Say nothing of warnings of this name; can be repeated")
            ->type_name("WARNING")
            ->allow_extra_args(false)
            ->delimiter(',')
            ->check(check_warning, "");
        const std::map<std::string, capdl::MessageFormat> formats{{"text", capdl::MessageFormat::text},
                                                                  {"json", capdl::MessageFormat::json}};
        word->add_option("--format", options_.messages, "How messages are written: text or json")
            ->transform(CLI::CheckedTransformer(formats).description(""))
            ->type_name("FORMAT");
        return word;
    }

    // Why something has no such name, and which was probably meant.
    template <class Names>
    static std::string unknown(std::string_view what, const std::string& name, const Names& names) {
        capdl::NearMiss meant(name);
        std::string all;
        for (const auto& known : names) {
            meant.offer(known);
            all += fmt::format("{}{}", all.empty() ? "" : ", ", known);
        }
        return meant.best().empty() ? fmt::format("there is no {} `{}`; there are {}", what, name, all)
                                    : fmt::format("there is no {} `{}`; did you mean `{}`?", what, name, meant.best());
    }

    // Why there is no warning of a name; nothing if there is one.
    static std::string check_warning(const std::string& name) {
        std::vector<std::string_view> names;
        for (size_t index = 0; index < capdl::warning_kinds; ++index) {
            names.push_back(capdl::word(static_cast<capdl::Warning>(index)));
        }
        return std::ranges::find(names, name) != names.end() ? "" : unknown("warning", name, names);
    }

    // Bytes, also with k, M, G or T.
    static uint64_t memory_size(const std::string& text) {
        constexpr std::string_view units = "kMGT";
        uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const std::string_view unit(end, text.data() + text.size());
        const size_t index = unit.size() == 1 ? units.find(unit == "K" ? 'k' : unit.front()) : 0;
        const unsigned shift = unit.empty() ? 0 : 10 * (static_cast<unsigned>(index) + 1);
        if (error != std::errc() || unit.size() > 1 || index == std::string_view::npos || number == 0 ||
            number > (uint64_t{1} << 52) >> shift) {
            throw CLI::ValidationError("--memory", fmt::format("`{}` is no size of memory; write 512M, or 2G", text));
        }
        return number << shift;
    }

    CLI::Option* add_components(CLI::App* word, const std::string& otherwise) {
        return word->add_option("--components", options_.components, "Folder of the components' ELF files" + otherwise)
            ->type_name("DIR");
    }

    void add_machine(CLI::App* word) {
        CLI::Option* machine =
            word->add_option("--machine", options_.machine, "The machine's device tree: has it what the system wants?")
                ->type_name("DTB");
        word->add_option_function<std::string>(
                "--memory", [this](const std::string& text) { options_.memory = memory_size(text); },
                "The machine's memory, as in 512M: does the system fit?")
            ->type_name("SIZE")
            ->excludes(machine);
    }

    // What else than the system is in the machine's memory.
    std::array<CLI::Option*, 2> add_parts(CLI::App* word) {
        return {word->add_option("--kernel", options_.kernel, "The kernel part, a flat arm64 image")->type_name("BIN"),
                word->add_option("--loader", options_.loader, "The loader, an ELF file")->type_name("ELF")};
    }

    void add_check() {
        CLI::App* word = add_word("check", "Say what is wrong with a spec, or nothing", capdl::check);
        add_machine(word);
        add_components(word, "; without it they are not looked at");
        add_parts(word);
    }

    void add_expand() {
        CLI::App* word = add_word("expand", "Print the spec in standard syntax, components expanded", capdl::expand);
        add_components(word, "; without it their memory is left out");
    }

    void add_format() {
        CLI::App* word = add_word("format", "Print the spec, laid out afresh", capdl::format);
        CLI::Option* in_place = word->add_flag("-i,--in-place", options_.in_place, "Change the file instead");
        word->add_flag("--check", options_.only_check, "Only say, by the exit code, whether something would change")
            ->excludes(in_place);
    }

    void add_build() {
        CLI::App* word = add_word("build", "Write a system image", capdl::build);
        add_machine(word);
        for (CLI::Option* part : add_parts(word)) {
            part->required();
        }
        add_components(word, "")->required();
        word->add_flag("--dry-run", options_.dry_run, "An image whose loader does all but start the system");
        word->add_option("--ticket", options_.ticket, "What a loader that stays shows with its reports")
            ->type_name("N");
        word->add_option("-o,--output", options_.output, "The image to write")->required()->type_name("IMG");
    }

    void add_why() {
        CLI::App* word = add_word("why", "Print every way in which A can affect B, and B can affect A", capdl::why);
        word->add_option("A", options_.from, "A component or an object")->required();
        word->add_option("B", options_.to, "Another one")->required();
        add_components(word, "; without it they are not looked at");
    }

    void add_policy() {
        CLI::App* word = add_word("policy", "Say whether the rules of a spec hold", capdl::policy);
        add_components(word, "; without it they are not looked at");
    }

    void add_stat() {
        CLI::App* word = add_word("stat", "Print memory and slots of each part of a system", capdl::stat);
        add_components(word, "; without it their memory is left out");
    }

    void add_diff() {
        CLI::App* word =
            add_word("diff", "Print the authority that a second spec takes (-) and gives (+)", capdl::diff);
        word->add_option("OTHER", options_.other_spec, "The second spec")->required();
        add_components(word, "; without it they are not looked at");
    }

    void add_snapshot() {
        CLI::App* word = add_word("snapshot", "Print the spec of the system that runs", capdl::snapshot);
        word->add_option("CONSOLE", options_.console, "What a loader that stays has reported, on the system's console")
            ->required();
        add_components(word, "")->required();
    }

    void add_graph() {
        CLI::App* word = add_word("graph", "Draw a system as SVG", capdl::graph);
        add_components(word, "; without it their memory is left out");
        word->add_option("-o,--output", options_.output, "The picture to write; standard output otherwise")
            ->type_name("SVG");
        CLI::Option* around =
            word->add_option("--around", options_.around, "Only one part and what it shares")->type_name("NAME");
        word->add_flag("--memory", options_.memory_map, "What is made from which untyped")->excludes(around);
        word->add_flag("--dot", options_.source_only, "Write Graphviz's input instead");
    }

    CLI::App app_{"Checks CapDL specs and compiles them to system images.", "capdl"};
    Options options_;
    std::vector<std::pair<CLI::App*, int (*)(const Options&)>> words_;
};

}  // namespace

int main(int argument_count, char** arguments) {
    // A file that took the place of a closed stream would get what was meant for that.
    while (fcntl(STDERR_FILENO, F_GETFD) < 0 || fcntl(STDOUT_FILENO, F_GETFD) < 0 || fcntl(STDIN_FILENO, F_GETFD) < 0) {
        if (open("/dev/null", O_RDONLY) < 0) {
            return capdl::refused;
        }
    }
    return CommandLine().run(argument_count, arguments);
}
