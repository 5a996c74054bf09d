// SPDX-License-Identifier: BSD-2-Clause
// Source texts and places in them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace capdl {

/// A stretch of source text: bytes [begin, begin + length) in the numbering of a SourceMap, which puts all texts
/// one after the other. The empty span at 0 means "no place": what the compiler itself made has it.
struct Span {
    uint32_t begin = 0;
    uint32_t length = 0;

    [[nodiscard]] constexpr uint32_t end() const { return begin + length; }
    [[nodiscard]] constexpr bool exists() const { return begin != 0; }
    friend constexpr bool operator==(Span, Span) = default;
};

/// The smallest span that holds both.
[[nodiscard]] Span join(Span first, Span last);

/// A span as a reader counts: file, line and column from 1, columns in characters.
struct Place {
    std::string_view path;
    uint32_t line = 0;
    uint32_t column = 0;
    std::string_view line_text;   ///< without its line end
    uint32_t offset_in_line = 0;  ///< in bytes
};

/// All texts of one run. Texts stay where they are, so views into them stay valid.
class SourceMap {
public:
    /// Most bytes of all texts together; spans are 32 bits wide.
    static constexpr uint64_t size_limit = 0xF000'0000;

    /// Adds a text and returns the span of all of it. The sum of all texts must stay below `size_limit`.
    Span add(std::string path, std::string text);

    /// Bytes that a further text can have.
    [[nodiscard]] uint64_t room() const { return size_limit - next_begin_; }

    [[nodiscard]] std::string_view text(Span span) const;
    [[nodiscard]] Place place(Span span) const;

private:
    struct Source {
        std::string path;
        std::string text;
        uint32_t begin;
        mutable std::vector<uint32_t> line_begins;  ///< found when the first place is asked for
    };
    [[nodiscard]] const Source& source_of(Span span) const;

    std::deque<Source> sources_;
    uint32_t next_begin_ = 1;  ///< 0 is "no place"
};

}  // namespace capdl
