// SPDX-License-Identifier: BSD-2-Clause
// Source texts and places in them.
#include "text/source.hpp"

#include <algorithm>

namespace capdl {

Span join(Span first, Span last) {
    if (!first.exists()) {
        return last;
    }
    if (!last.exists()) {
        return first;
    }
    const uint32_t begin = std::min(first.begin, last.begin);
    return {begin, std::max(first.end(), last.end()) - begin};
}

Span SourceMap::add(std::string path, std::string text) {
    const Span span{next_begin_, static_cast<uint32_t>(text.size())};
    next_begin_ += span.length + 1;  // the end of a text is a place of its own
    sources_.push_back({std::move(path), std::move(text), span.begin, {}});
    return span;
}

const SourceMap::Source& SourceMap::source_of(Span span) const {
    const auto after = std::ranges::upper_bound(sources_, span.begin, {}, &Source::begin);
    return *std::prev(after);
}

std::string_view SourceMap::text(Span span) const {
    if (!span.exists()) {
        return {};
    }
    const Source& source = source_of(span);
    return std::string_view(source.text).substr(span.begin - source.begin, span.length);
}

Place SourceMap::place(Span span) const {
    const Source& source = source_of(span);
    if (source.line_begins.empty()) {
        source.line_begins.push_back(0);
        for (size_t at = source.text.find('\n'); at != std::string::npos; at = source.text.find('\n', at + 1)) {
            source.line_begins.push_back(static_cast<uint32_t>(at + 1));
        }
    }
    const uint32_t offset = span.begin - source.begin;
    const auto line = std::prev(std::ranges::upper_bound(source.line_begins, offset));
    const std::string_view rest = std::string_view(source.text).substr(*line);
    const std::string_view line_text = rest.substr(0, rest.find_first_of("\r\n"));

    const uint32_t offset_in_line = std::min(offset - *line, static_cast<uint32_t>(line_text.size()));
    const auto characters =
        std::ranges::count_if(line_text.substr(0, offset_in_line), [](char byte) { return (byte & 0xC0) != 0x80; });
    return {.path = source.path,
            .line = static_cast<uint32_t>(line - source.line_begins.begin()) + 1,
            .column = static_cast<uint32_t>(characters) + 1,
            .line_text = line_text,
            .offset_in_line = offset_in_line};
}

}  // namespace capdl
