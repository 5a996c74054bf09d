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

}  // namespace

std::string Diagnostics::render_json() const {
    Json list = Json::array();
    for (const Diagnostic* diagnostic : in_order()) {
        Json entry;
        entry["severity"] = diagnostic->severity == Severity::error ? "error" : "warning";
        if (!diagnostic->warning_name.empty()) {
            entry["name"] = diagnostic->warning_name;
        }
        entry["message"] = diagnostic->message;
        if (!diagnostic->hint.empty()) {
            entry["hint"] = diagnostic->hint;
        }
        add_place(entry, sources_, diagnostic->span);
        entry["notes"] = Json::array();
        for (const Diagnostic::Note& note : diagnostic->notes) {
            Json said;
            said["message"] = note.message;
            add_place(said, sources_, note.span);
            entry["notes"].push_back(std::move(said));
        }
        list.push_back(std::move(entry));
    }
    Json all;
    all["diagnostics"] = std::move(list);
    all["errors"] = error_count();
    all["warnings"] = warning_count();
    // Names in a spec may hold bytes that are no text; those are replaced.
    return all.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace capdl
