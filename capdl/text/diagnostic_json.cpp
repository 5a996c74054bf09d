// SPDX-License-Identifier: BSD-2-Clause
// What the compiler has to say about a spec, for programs.
#include <nlohmann/json.hpp>

#include "text/diagnostic.hpp"

namespace capdl {
namespace {

using Json = nlohmann::ordered_json;

void add_place(Json& object, const SourceMap& sources, Span span) {
    if (!span.exists()) {
        return;
    }
    const Place begin = sources.place(span);
    const Place end = sources.place({span.end(), 0});
    object["file"] = begin.path;
    object["line"] = begin.line;
    object["column"] = begin.column;
    object["end_line"] = end.line;
    object["end_column"] = end.column;
}

Json described(const SourceMap& sources, const Diagnostic& diagnostic) {
    Json entry;
    entry["severity"] = diagnostic.severity == Severity::error ? "error" : "warning";
    if (!diagnostic.warning_name.empty()) {
        entry["name"] = diagnostic.warning_name;
    }
    entry["message"] = diagnostic.message;
    if (!diagnostic.hint.empty()) {
        entry["hint"] = diagnostic.hint;
    }
    add_place(entry, sources, diagnostic.span);
    entry["notes"] = Json::array();
    for (const Diagnostic::Note& note : diagnostic.notes) {
        Json said;
        said["message"] = note.message;
        add_place(said, sources, note.span);
        entry["notes"].push_back(std::move(said));
    }
    return entry;
}

}  // namespace

std::string Diagnostics::render_json(std::span<const Diagnostics* const> runs) {
    Json list = Json::array();
    size_t errors = 0;
    size_t warnings = 0;
    for (const Diagnostics* run : runs) {
        for (const Diagnostic* diagnostic : run->in_order()) {
            list.push_back(described(run->sources_, *diagnostic));
        }
        errors += run->error_count();
        warnings += run->warning_count();
    }
    Json all;
    all["diagnostics"] = std::move(list);
    all["errors"] = errors;
    all["warnings"] = warnings;
    // Names in a spec may hold bytes that are no text; those are replaced.
    return all.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace capdl
