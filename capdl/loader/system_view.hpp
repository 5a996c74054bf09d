// SPDX-License-Identifier: BSD-2-Clause
// The system image, read in place.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "image/format.hpp"

namespace capdl::loader {

/// Typed views of the image's sections. The compiler has made the image and the loader trusts what it says, but not
/// that it has come through unharmed: opening it checks that nothing in it makes the loader read or write beyond what
/// it may. What else is wrong the kernel refuses.
class SystemView {
public:
    /// False if the bytes are no image of this version, or a damaged one: its checksum, a section or a fill that
    /// reaches beyond its bounds, names that do not end. The address is a multiple of 8.
    [[nodiscard]] static bool valid(uint64_t address, uint64_t bytes);

    /// `address`: of a valid image, which stays there.
    explicit SystemView(uint64_t address) : header_(*reinterpret_cast<const image::Header*>(address)) {}

    [[nodiscard]] const image::Header& header() const { return header_; }
    template <class Record>
    [[nodiscard]] std::span<const Record> records(image::SectionKind kind) const {
        const image::Section& section = header_.sections[static_cast<uint32_t>(kind)];
        return {reinterpret_cast<const Record*>(reinterpret_cast<const char*>(&header_) + section.offset),
                section.count};
    }

    [[nodiscard]] std::span<const image::ObjectRecord> objects() const {
        return records<image::ObjectRecord>(image::SectionKind::objects);
    }
    [[nodiscard]] std::span<const image::RunRecord> runs() const {
        return records<image::RunRecord>(image::SectionKind::runs);
    }
    [[nodiscard]] std::span<const image::PlacedRecord> placed() const {
        return records<image::PlacedRecord>(image::SectionKind::placed);
    }
    [[nodiscard]] std::span<const image::FillRecord> fills() const {
        return records<image::FillRecord>(image::SectionKind::fills);
    }
    [[nodiscard]] std::span<const image::SlotRecord> slots() const {
        return records<image::SlotRecord>(image::SectionKind::slots);
    }
    [[nodiscard]] std::span<const image::HandoverRecord> handovers() const {
        return records<image::HandoverRecord>(image::SectionKind::handovers);
    }
    [[nodiscard]] std::span<const image::GrantRecord> grants() const {
        return records<image::GrantRecord>(image::SectionKind::grants);
    }
    /// Room for pieces of the machine's memory, behind the loader's variables.
    [[nodiscard]] std::span<image::Piece> workspace() const {
        return {reinterpret_cast<image::Piece*>(header_.workspace), header_.workspace_bytes / sizeof(image::Piece)};
    }
    [[nodiscard]] std::span<const char> contents() const { return records<char>(image::SectionKind::contents); }

    /// The name at an offset; empty if there is none.
    [[nodiscard]] std::string_view name(uint32_t offset) const {
        const auto names = records<char>(image::SectionKind::names);
        return offset < names.size() ? std::string_view(names.data() + offset) : std::string_view();
    }
    /// Log2 of the size of an object, if it is a frame.
    [[nodiscard]] std::optional<unsigned> frame_size_bits(uint32_t object) const;

private:
    [[nodiscard]] bool fits(const image::FillRecord& fill) const;

    const image::Header& header_;
};

}  // namespace capdl::loader
