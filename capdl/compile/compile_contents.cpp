// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: what frames hold.
#include <algorithm>
#include <fmt/format.h>

#include "compile/compiler.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

int digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

}  // namespace

void Compiler::compile_contents() {
    std::vector<std::pair<uint32_t, ObjectId>> frames;
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model_[id].type == ObjectType::frame && !model_.fills_of(id).empty()) {
            frames.emplace_back(number(id), id);
        }
    }
    std::ranges::sort(frames);
    for (const auto& [frame_number, frame] : frames) {
        for (const Fill& fill : model_.fills_of(frame)) {
            compile_fill(frame, fill);
        }
    }
}

void Compiler::compile_fill(ObjectId frame, const Fill& fill) {
    image::FillRecord record{.frame = number(frame),
                             .kind = image::FillKind::contents,
                             .offset = fill.offset,
                             .length = fill.length,
                             .value = fill.source_offset,
                             .subject = image::none,
                             .executable = is_executable_[index_of(frame)] ? 1u : 0u};
    switch (fill.source) {
    case FillSource::file:
    case FillSource::bytes: record.value = content_offset(fill); break;
    case FillSource::device_tree: record.kind = image::FillKind::device_tree; break;
    case FillSource::boot_info: record.kind = image::FillKind::boot_info; break;
    case FillSource::device_base:
    case FillSource::device_start:
    case FillSource::device_models:
        record.kind = fill.source == FillSource::device_base    ? image::FillKind::device_base
                      : fill.source == FillSource::device_start ? image::FillKind::device_start
                                                                : image::FillKind::device_models;
        record.subject = number(fill.frame);
        if (model_.parameter(fill.frame, Parameter::device) == nullptr) {
            diagnostics_.error(fill.span, fmt::format("`{}` is not the frame of a device", name(fill.frame)));
        }
        break;
    case FillSource::handed_over: compile_description(fill, frame, record); break;
    case FillSource::restart_plan: compile_restart_plan(fill, record); return;
    }
    plan_.fills.push_back(record);
}

// Puts the bytes into the contents, once if several frames hold the same part of a file; returns where they are.
uint64_t Compiler::content_offset(const Fill& fill) {
    const auto key =
        std::tuple(fill.text, fill.source_offset, fill.source == FillSource::bytes ? ~uint64_t{0} : fill.length);
    const auto [known, is_new] = known_contents_.emplace(key, plan_.contents.size());
    if (!is_new) {
        return known->second;
    }
    if (fill.source == FillSource::bytes) {
        const std::string_view digits = model_.text(fill.text);
        for (size_t index = 0; index + 1 < digits.size(); index += 2) {
            plan_.contents += static_cast<char>(digit(digits[index]) << 4 | digit(digits[index + 1]));
        }
    } else {
        const std::expected<std::string_view, std::string> file = files_.read(model_.text(fill.text));
        if (!file) {
            diagnostics_.error(fill.span, fmt::format("this frame cannot be filled: {}", file.error()));
        } else if (fill.source_offset > file->size() || fill.length > file->size() - fill.source_offset) {
            diagnostics_.error(fill.span, fmt::format("\"{}\" has {}, which ends before this part",
                                                      model_.text(fill.text), size_text(file->size())));
        } else {
            plan_.contents += file->substr(fill.source_offset, fill.length);
        }
    }
    plan_.contents.resize((plan_.contents.size() + 7) / 8 * 8);
    return known->second;
}

}  // namespace capdl
