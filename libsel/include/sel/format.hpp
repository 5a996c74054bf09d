// SPDX-License-Identifier: BSD-2-Clause
// Text from values: a small part of std::format, checked when compiled, in five kilobytes and without floating point.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace sel {

// A format string is text with one field for each argument, in order. {{ and }} stand for the braces themselves.
//
//     field     = "{" [ ":" [ [fill] align ] [ "#" ] [ "0" ] [ width ] [ "." precision ] [ type ] ] "}"
//     align     = "<" | ">" | "^"         default: numbers to the right, everything else to the left
//     type      = "d" decimal | "x" hexadecimal | "X" | "b" binary | "c" character
//               | "f" | "e" | "g"         floating point, in components that have it
//
// `#` puts 0x or 0b in front, `0` fills a number with zeros. Arguments are integers, bool, char, strings, pointers,
// enumerations (as their number), and every type with a function `describe(sel::Output&, const T&)` beside it. A
// field that does not fit its argument, and a wrong number of arguments, are errors when compiled.
//
// std::format would do more, in forty kilobytes, and needs floating point.

/// Example: a type of one's own, printed as `(1, 2)`.
///
///     struct Point {
///         int x, y;
///     };
///     void describe(sel::Output& output, const Point& point) { sel::format_to(output, "({}, {})", point.x, point.y); }
/// Where formatted text goes, piece by piece.
class Output {
public:
    using Put = void (*)(void* context, std::string_view text);

    constexpr Output(Put put, void* context) : put_(put), context_(context) {}

    void write(std::string_view text) { put_(context_, text); }
    void repeat(char character, size_t count);

private:
    Put put_;
    void* context_;
};

template <typename T>
concept Describable = requires(Output& output, const T& value) { describe(output, value); };

namespace detail {

#if defined(__aarch64__) && !defined(__ARM_FP)
inline constexpr bool has_floating_point = false;
#else
inline constexpr bool has_floating_point = true;
#endif

enum class ArgumentKind : uint8_t {
    signed_integer,
    unsigned_integer,
    boolean,
    character,
    text,
    pointer,
    real,
    described
};

struct Described {
    const void* value;
    void (*describe)(Output&, const void*);
};

struct Argument {
    ArgumentKind kind;
    union {
        uint64_t number;
        double real;
        std::string_view text;
        Described described;
    };
};

template <typename T>
consteval ArgumentKind kind_of() {
    using enum ArgumentKind;
    if constexpr (Describable<T>) {
        return described;
    } else if constexpr (std::same_as<T, bool>) {
        return boolean;
    } else if constexpr (std::same_as<T, char>) {
        return character;
    } else if constexpr (std::is_enum_v<T>) {
        return kind_of<std::underlying_type_t<T>>();
    } else if constexpr (std::is_integral_v<T>) {
        static_assert(sizeof(T) <= 8, "integers have at most 64 bits here");
        return std::is_signed_v<T> ? signed_integer : unsigned_integer;
    } else if constexpr (std::is_floating_point_v<T>) {
        static_assert(has_floating_point, "this component has no floating point: declare it with FLOAT to print it");
        return real;
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return text;
    } else {
        static_assert(std::is_pointer_v<T> || std::is_null_pointer_v<T>, "give this type a function describe()");
        return pointer;
    }
}

template <typename T>
Argument argument(const T& value) {
    constexpr ArgumentKind kind = kind_of<T>();
    if constexpr (kind == ArgumentKind::described) {
        const auto describe_it = [](Output& output, const void* it) { describe(output, *static_cast<const T*>(it)); };
        return {.kind = kind, .described = {&value, describe_it}};
    } else if constexpr (kind == ArgumentKind::real) {
        return {.kind = kind, .real = static_cast<double>(value)};
    } else if constexpr (kind == ArgumentKind::text) {
        return {.kind = kind, .text = value};
    } else if constexpr (kind == ArgumentKind::pointer) {
        return {.kind = kind, .number = reinterpret_cast<uintptr_t>(value)};
    } else {
        return {.kind = kind, .number = static_cast<uint64_t>(value)};  // signed ones extend their sign
    }
}

/// What stands between the braces of one field.
struct Field {
    char fill = ' ';
    char align = 0;  // 0: by the kind of the argument
    bool prefix = false;
    bool zeros = false;
    size_t width = 0;
    int precision = -1;  // negative: not given
    char type = 0;       // 0: by the kind of the argument

    friend bool operator==(const Field&, const Field&) = default;
};

// Called where a format string is wrong. It is no constant expression, so the compiler stops with a message that
// shows the call; the same parser runs at run time, where strings have been checked.
void wrong_format_string(const char* reason);

constexpr bool is_align(char c) { return c == '<' || c == '>' || c == '^'; }

constexpr size_t parse_number(std::string_view& text) {
    size_t number = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        number = number * 10 + static_cast<size_t>(text[0] - '0');
        text.remove_prefix(1);
    }
    if (number > 1024) {
        wrong_format_string("a width or precision is at most 1024");
    }
    return number;
}

/// Parses what follows an opening brace, and takes it and the closing brace away from the text.
constexpr Field parse_field(std::string_view& text) {
    Field field;
    const auto take = [&text](char wanted) {
        const bool found = !text.empty() && text[0] == wanted;
        text.remove_prefix(found ? 1 : 0);
        return found;
    };
    if (take(':')) {
        if (text.size() >= 2 && is_align(text[1])) {
            field.fill = text[0];
            text.remove_prefix(1);
        }
        if (!text.empty() && is_align(text[0])) {
            field.align = text[0];
            text.remove_prefix(1);
        }
        field.prefix = take('#');
        field.zeros = take('0');
        field.width = parse_number(text);
        if (take('.')) {
            field.precision = static_cast<int>(parse_number(text));
        }
        if (!text.empty() && text[0] != '}') {
            field.type = text[0];
            text.remove_prefix(1);
        }
    }
    if (!take('}')) {
        wrong_format_string("a field is not closed, or holds something that is not understood");
    }
    return field;
}

consteval void check_field(const Field& field, ArgumentKind kind) {
    using enum ArgumentKind;
    const std::string_view types = kind == signed_integer || kind == unsigned_integer ? "dxXbc"
                                   : kind == character                                ? "cdxXb"
                                   : kind == boolean                                  ? "dxXb"
                                   : kind == real                                     ? "feg"
                                                                                      : "";
    if (field.type != 0 && types.find(field.type) == types.npos) {
        wrong_format_string("the type of a field does not fit its argument");
    }
    if (field.precision >= 0 && kind != real && kind != text) {
        wrong_format_string("only floating point and strings have a precision");
    }
    if (kind == described && field != Field{}) {
        wrong_format_string("a described type takes no options");
    }
}

void format_arguments(Output& output, std::string_view format, std::span<const Argument> arguments);

}  // namespace detail

/// A format string that has been checked against the types of its arguments.
template <typename... Arguments>
class FormatString {
public:
    template <size_t size>
    consteval FormatString(const char (&format)[size]) : text_(format, size - 1) {
        const std::array<detail::ArgumentKind, sizeof...(Arguments)> kinds{detail::kind_of<Arguments>()...};
        size_t next = 0;
        for (std::string_view rest = text_; !rest.empty();) {
            const char c = rest[0];
            rest.remove_prefix(1);
            if (c != '{' && c != '}') {
                continue;
            }
            if (!rest.empty() && rest[0] == c) {
                rest.remove_prefix(1);
            } else if (c == '}') {
                detail::wrong_format_string("a closing brace is written }}");
            } else if (next == kinds.size()) {
                detail::wrong_format_string("there are more fields than arguments");
            } else {
                detail::check_field(detail::parse_field(rest), kinds[next++]);
            }
        }
        if (next != kinds.size()) {
            detail::wrong_format_string("there are more arguments than fields");
        }
    }

    [[nodiscard]] constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

template <typename... Arguments>
using FormatFor = FormatString<std::type_identity_t<std::decay_t<Arguments>>...>;

/// Writes formatted text to an output.
template <typename... Arguments>
void format_to(Output output, FormatFor<Arguments...> format, const Arguments&... arguments) {
    const std::array<detail::Argument, sizeof...(Arguments)> list{
        detail::argument<std::decay_t<const Arguments&>>(arguments)...};
    detail::format_arguments(output, format.text(), list);
}

/// Writes formatted text to a buffer and returns what it holds of it: what does not fit is left out.
template <typename... Arguments>
std::string_view format_to(std::span<char> buffer, FormatFor<Arguments...> format, const Arguments&... arguments) {
    struct Rest {
        std::span<char> free;
    } rest{buffer};
    const auto put = [](void* context, std::string_view text) {
        auto& free = static_cast<Rest*>(context)->free;
        const size_t size = text.copy(free.data(), free.size());
        free = free.subspan(size);
    };
    format_to(Output(put, &rest), format, arguments...);
    return {buffer.data(), buffer.size() - rest.free.size()};
}

/// Formatted text as a string.
template <typename... Arguments>
std::string format(FormatFor<Arguments...> format, const Arguments&... arguments) {
    std::string result;
    const auto put = [](void* context, std::string_view text) { static_cast<std::string*>(context)->append(text); };
    format_to(Output(put, &result), format, arguments...);
    return result;
}

}  // namespace sel
