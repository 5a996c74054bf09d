// SPDX-License-Identifier: BSD-2-Clause
// Formatting at run time: one pass over a checked format string, one function for each kind of argument.

#include <sel/format.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace sel {

void Output::repeat(char character, size_t count) {
    for (; count != 0; --count) {
        write({&character, 1});
    }
}

namespace detail {

void wrong_format_string(const char*) { std::abort(); }

namespace {

/// Writes text in its field; `sign` (or 0x) stays in front of the zeros that fill a number.
void pad(Output& output, const Field& field, std::string_view sign, std::string_view text, char default_align) {
    const size_t size = sign.size() + text.size();
    const size_t missing = field.width > size ? field.width - size : 0;
    if (field.zeros && field.align == 0) {
        output.write(sign);
        output.repeat('0', missing);
        output.write(text);
        return;
    }
    const char align = field.align != 0 ? field.align : default_align;
    const size_t before = align == '>' ? missing : align == '^' ? missing / 2 : 0;
    output.repeat(field.fill, before);
    output.write(sign);
    output.write(text);
    output.repeat(field.fill, missing - before);
}

void write_integer(Output& output, const Field& field, uint64_t magnitude, bool negative) {
    const bool hexadecimal = field.type == 'x' || field.type == 'X';
    const int base = hexadecimal ? 16 : field.type == 'b' ? 2 : 10;
    std::array<char, 64> digits;
    char* const end = std::to_chars(digits.begin(), digits.end(), magnitude, base).ptr;
    if (field.type == 'X') {
        for (char* c = digits.begin(); c != end; ++c) {
            *c = *c >= 'a' ? static_cast<char>(*c - 'a' + 'A') : *c;
        }
    }
    std::array<char, 3> sign;
    size_t sign_size = 0;
    if (negative) {
        sign[sign_size++] = '-';
    }
    if (field.prefix && base != 10) {
        sign[sign_size++] = '0';
        sign[sign_size++] = hexadecimal ? 'x' : 'b';
    }
    pad(output, field, {sign.data(), sign_size}, {digits.begin(), end}, '>');
}

void write_signed(Output& output, const Field& field, uint64_t number) {
    const bool negative = static_cast<int64_t>(number) < 0;
    write_integer(output, field, negative ? 0 - number : number, negative);
}

void write_character(Output& output, Field field, char character) {
    field.zeros = false;
    pad(output, field, {}, {&character, 1}, '<');
}

void write_text(Output& output, Field field, std::string_view text) {
    field.zeros = false;
    pad(output, field, {}, field.precision < 0 ? text : text.substr(0, static_cast<size_t>(field.precision)), '<');
}

template <bool enabled = has_floating_point>
void write_real(Output& output, const Field& field, double value) {
    if constexpr (enabled) {
        const char conversion[] = {'%', '.', '*', field.type != 0 ? field.type : 'g', '\0'};
        std::array<char, 400> digits;  // the longest is the largest double with %f and the usual precision
        const int size =
            std::snprintf(digits.data(), digits.size(), conversion, field.precision < 0 ? 6 : field.precision, value);
        std::string_view text(digits.data(), std::min<size_t>(static_cast<size_t>(size), digits.size() - 1));
        const size_t sign = text.starts_with('-') ? 1 : 0;
        pad(output, field, text.substr(0, sign), text.substr(sign), '>');
    }
}

void write_argument(Output& output, Field field, const Argument& argument) {
    switch (argument.kind) {
    case ArgumentKind::signed_integer:
        return field.type == 'c' ? write_character(output, field, static_cast<char>(argument.number))
                                 : write_signed(output, field, argument.number);
    case ArgumentKind::unsigned_integer:
        return field.type == 'c' ? write_character(output, field, static_cast<char>(argument.number))
                                 : write_integer(output, field, argument.number, false);
    case ArgumentKind::boolean:
        return field.type == 0 ? write_text(output, field, argument.number != 0 ? "true" : "false")
                               : write_integer(output, field, argument.number, false);
    case ArgumentKind::character:
        return field.type == 0 || field.type == 'c'
                   ? write_character(output, field, static_cast<char>(argument.number))
                   : write_integer(output, field, static_cast<unsigned char>(argument.number), false);
    case ArgumentKind::text: return write_text(output, field, argument.text);
    case ArgumentKind::pointer:
        field.type = 'x';
        field.prefix = true;
        return write_integer(output, field, argument.number, false);
    case ArgumentKind::real: return write_real(output, field, argument.real);
    case ArgumentKind::described: return argument.described.describe(output, argument.described.value);
    }
}

}  // namespace

void format_arguments(Output& output, std::string_view format, std::span<const Argument> arguments) {
    size_t next = 0;
    while (!format.empty()) {
        const size_t brace = std::min(format.find_first_of("{}"), format.size());
        output.write(format.substr(0, brace));
        format.remove_prefix(brace);
        if (format.empty()) {
            return;
        }
        const bool is_doubled = format.size() >= 2 && format[1] == format[0];
        if (is_doubled) {
            output.write(format.substr(0, 1));
            format.remove_prefix(2);
        } else {
            format.remove_prefix(1);
            write_argument(output, parse_field(format), arguments[next++]);
        }
    }
}

}  // namespace detail
}  // namespace sel
