// SPDX-License-Identifier: BSD-2-Clause
// The contents of frames.
#include <algorithm>
#include <cstring>

#include "loader.hpp"

namespace capdl::loader {

void Loader::fill(const image::FillRecord& record, uint64_t address) const {
    auto* target = reinterpret_cast<char*>(address + record.offset);
    switch (record.kind) {
    case image::FillKind::contents:
        std::memcpy(target, system_.contents().data() + record.value, record.length);
        return;
    case image::FillKind::device_tree:
    case image::FillKind::boot_info: {
        const bool tree = record.kind == image::FillKind::device_tree;
        const auto* from =
            tree ? reinterpret_cast<const char*>(info_.device_tree_address) : reinterpret_cast<const char*>(&info_);
        const uint64_t size = tree ? info_.device_tree_bytes : sizeof info_;
        const uint64_t start = std::min(record.value, size);
        std::memcpy(target, from + start, std::min(record.length, size - start));
        return;
    }
    case image::FillKind::device_base:
    case image::FillKind::device_start: {
        // The registers of a device need not begin a page.
        const auto subject = std::ranges::find(system_.placed(), record.subject, &image::PlacedRecord::object);
        const uint64_t base = devices_.address_of(*subject).value_or(0);
        const uint64_t value =
            record.kind == image::FillKind::device_base ? base : record.value + base % image::page_size;
        std::memcpy(target, &value, sizeof value);
        return;
    }
    case image::FillKind::device_models: {
        const auto subject = std::ranges::find(system_.placed(), record.subject, &image::PlacedRecord::object);
        const std::string_view models = devices_.models_of(*subject);
        const std::string_view rest = models.substr(std::min<uint64_t>(record.value, models.size()));
        std::memcpy(target, rest.data(), std::min<uint64_t>(rest.size(), record.length));
        return;
    }
    case image::FillKind::line: {
        const auto records = system_.records<image::InterruptRecord>(image::SectionKind::interrupts);
        const auto subject = std::ranges::find(records, record.subject, &image::InterruptRecord::handler);
        const auto found = subject == records.end() ? std::nullopt : devices_.line_of(*subject);
        const uint32_t line = found ? static_cast<uint32_t>(*found) : image::none;
        std::memcpy(target, &line, sizeof line);
        return;
    }
    case image::FillKind::handed_over: return;  // hand_over() has written it
    }
}

}  // namespace capdl::loader
