// SPDX-License-Identifier: BSD-2-Clause
// The system image, read in place.
#pragma once

#include <span>
#include <string_view>

#include "image/format.hpp"

namespace capdl::loader {

/// Typed views of the image's sections. The compiler has made the image and the loader trusts what it says, but not that it is all there: opening it checks that
/// every section lies inside.
class SystemView {
public:
    /// Nothing if the bytes are no image of this version, or a section reaches beyond them.
    [[nodiscard]] static bool valid(uint64_t address, uint64_t bytes);

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
    [[nodiscard]] std::span<const char> contents() const { return records<char>(image::SectionKind::contents); }

    [[nodiscard]] std::string_view name(uint32_t offset) const {
        return offset == image::none ? std::string_view()
                                     : std::string_view(records<char>(image::SectionKind::names).data() + offset);
    }

private:
    const image::Header& header_;
};

}  // namespace capdl::loader
