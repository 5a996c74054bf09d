// SPDX-License-Identifier: BSD-2-Clause
// Bytes as what the CapDL compiler reads: it refuses with a message, or builds; what it prints means the same again.
#include <stdexcept>
#include <string>

#include "image/image_writer.hpp"
#include "inputs.hpp"
#include "model/printer.hpp"
#include "sample_elf.hpp"
#include "tool/compilation.hpp"

namespace selene::fuzz {

namespace {

using capdl::Compilation;

void hold(bool promise, const char* what) {
    if (!promise) throw std::runtime_error(what);
}

struct Outcome {
    bool built = false;
    std::string expanded;
    std::string image;
};

Outcome compile(const std::string& text, const capdl::test::SampleFolder& folder) {
    Compilation compilation({}, folder.path());
    Outcome outcome;
    if (compilation.run((folder.path() / "spec.cdl").string(), text)) {
        outcome.expanded = capdl::Printer(compilation.model()).print();
        const capdl::Plan plan = compilation.compile();
        outcome.built = !compilation.diagnostics().has_errors();
        if (outcome.built) outcome.image = capdl::system_image(plan);
    }
    hold(!outcome.expanded.empty() || compilation.diagnostics().has_errors(), "refused without a word");
    hold(!compilation.diagnostics().render_json().empty(), "no messages");
    (void)compilation.diagnostics().render();
    return outcome;
}

void check_format(const std::string& text) {
    const auto formatted = Compilation({}, std::nullopt).format("spec.cdl", text);
    if (!formatted) return;
    const auto again = Compilation({}, std::nullopt).format("spec.cdl", formatted->after);
    hold(again && again->after == formatted->after, "laid out twice, it changes");
}

Played compile_and_check(const std::string& text, const capdl::test::SampleFolder& folder) {
    const Outcome first = compile(text, folder);
    if (!first.expanded.empty()) {
        const Outcome second = compile(first.expanded, folder);
        hold(second.expanded == first.expanded, "the expansion expands to something else");
        hold(second.built == first.built && second.image == first.image, "the expansion builds something else");
    }
    check_format(text);
    return {1, first.built ? 1u : 0u};
}

}  // namespace

Played play_specs(Input input) {
    const capdl::test::SampleFolder folder;
    folder.add("a.elf", capdl::test::SampleElf().bytes());
    std::string text;
    unsigned number = 0;
    for (size_t begin = 0; begin <= input.size(); ++number) {
        size_t end = begin;
        while (end < input.size() && input[end] != 0) ++end;
        const std::string piece(input.begin() + static_cast<ptrdiff_t>(begin),
                                input.begin() + static_cast<ptrdiff_t>(end));
        if (number == 0) {
            text = piece;
        } else {
            folder.add(std::to_string(number), piece);
        }
        begin = end + 1;
    }
    return compile_and_check(text, folder);
}

Played play_elf_files(Input input) {
    const capdl::test::SampleFolder folder;
    folder.add("a.elf", std::string(input.begin(), input.end()));
    return compile_and_check("arch aarch64 components { a = \"a.elf\" { own = ep word: \"text\" } }", folder);
}

}  // namespace selene::fuzz
