// SPDX-License-Identifier: BSD-2-Clause
// Keys, and what they do to a line.
#include "line_editor.hpp"

#include <algorithm>

namespace shell {

namespace {

constexpr char key(char letter) { return static_cast<char>(letter & 0x1f); }
constexpr char escape = 0x1b;
constexpr char rubout = 0x7f;

}  // namespace

std::optional<std::string> LineEditor::take(char byte, std::string& echo) {
    const char before = last_;
    last_ = byte;
    switch (escape_) {
    case Escape::begun:
        parameters_.clear();
        escape_ = byte == '[' || byte == 'O' ? Escape::parameters : Escape::none;
        return std::nullopt;
    case Escape::parameters:
        if ((byte >= '0' && byte <= '9') || byte == ';') {
            if (parameters_.size() < 8) parameters_ += byte;
        } else {
            escape_ = Escape::none;
            sequence(byte, echo);
        }
        return std::nullopt;
    case Escape::none: break;
    }
    // Some terminals send both at the end of a line.
    if (byte == '\n' && before == '\r') return std::nullopt;
    if (byte >= ' ' && byte < rubout) {
        insert(byte, echo);
        return std::nullopt;
    }
    return control(byte, echo);
}

std::optional<std::string> LineEditor::control(char byte, std::string& echo) {
    switch (byte) {
    case '\r':
    case '\n': {
        echo += '\n';
        std::string line = std::move(text_);
        if (!line.empty() && (history_.empty() || history_.back() != line)) history_.push_back(line);
        if (history_.size() > most_lines) history_.erase(history_.begin());
        begin_anew();
        return line;
    }
    case key('C'):
        echo += "^C\n" + prompt_;
        begin_anew();
        break;
    case '\b':
    case rubout: remove(cursor_ - (cursor_ == 0 ? 0 : 1), cursor_, echo); break;
    case escape: escape_ = Escape::begun; break;
    case key('A'): move(0, echo); break;
    case key('B'): move(cursor_ - (cursor_ == 0 ? 0 : 1), echo); break;
    case key('D'): remove(cursor_, std::min(cursor_ + 1, text_.size()), echo); break;
    case key('E'): move(text_.size(), echo); break;
    case key('F'): move(std::min(cursor_ + 1, text_.size()), echo); break;
    case key('K'): remove(cursor_, text_.size(), echo); break;
    case key('L'):
        echo += "\x1b[H\x1b[J";
        show(echo);
        break;
    case key('N'): recall(recalled_ + 1, echo); break;
    case key('P'):
        if (recalled_ != 0) recall(recalled_ - 1, echo);
        break;
    case key('U'): remove(0, cursor_, echo); break;
    case key('W'): remove(word_before(), cursor_, echo); break;
    default: break;
    }
    return std::nullopt;
}

void LineEditor::sequence(char final, std::string& echo) {
    const auto press = [&](char letter) { (void)control(key(letter), echo); };
    switch (final) {
    case 'A': return press('P');
    case 'B': return press('N');
    case 'C': return press('F');
    case 'D': return press('B');
    case 'F': return press('E');
    case 'H': return press('A');
    case '~':
        if (parameters_ == "1" || parameters_ == "7") press('A');
        if (parameters_ == "3") press('D');
        if (parameters_ == "4" || parameters_ == "8") press('E');
        return;
    default: return;
    }
}

void LineEditor::insert(char byte, std::string& echo) {
    if (text_.size() == most_length) {
        echo += '\a';
        return;
    }
    text_.insert(cursor_++, 1, byte);
    if (cursor_ == text_.size() && cursor_ - left_ <= width()) {
        echo += byte;
    } else {
        show(echo);
    }
}

void LineEditor::remove(size_t from, size_t to, std::string& echo) {
    if (from == to) return;
    text_.erase(from, to - from);
    cursor_ = from;
    show(echo);
}

void LineEditor::move(size_t to, std::string& echo) {
    if (to == cursor_) return;
    cursor_ = to;
    show(echo);
}

void LineEditor::recall(size_t number, std::string& echo) {
    if (number > history_.size()) return;
    if (recalled_ == history_.size()) unsent_ = text_;
    recalled_ = number;
    text_ = number == history_.size() ? unsent_ : history_[number];
    cursor_ = text_.size();
    show(echo);
}

void LineEditor::begin_anew() {
    text_.clear();
    cursor_ = 0;
    left_ = 0;
    recalled_ = history_.size();
}

/// The line anew, or the part of it that fits, and the cursor where it belongs.
void LineEditor::show(std::string& echo) {
    const size_t last = text_.size() - std::min(text_.size(), width());
    left_ = std::clamp(left_, cursor_ - std::min(cursor_, width()), std::min(cursor_, last));
    const size_t right = std::min(text_.size(), left_ + width());
    echo += "\r" + prompt_ + text_.substr(left_, right - left_) + "\x1b[K";
    if (cursor_ != right) echo += "\x1b[" + std::to_string(right - cursor_) + "D";
}

size_t LineEditor::word_before() const {
    size_t begin = cursor_;
    while (begin != 0 && text_[begin - 1] == ' ') --begin;
    while (begin != 0 && text_[begin - 1] != ' ') --begin;
    return begin;
}

}  // namespace shell
