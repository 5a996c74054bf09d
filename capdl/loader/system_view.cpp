// SPDX-License-Identifier: BSD-2-Clause
// Checking the image's frame.
#include "system_view.hpp"

namespace capdl::loader {

bool SystemView::valid(uint64_t address, uint64_t bytes) {
    using namespace image;
    constexpr uint64_t record_bytes[section_kinds] = {
        1,
        sizeof(ObjectRecord),
        sizeof(RunRecord),
        sizeof(PlacedRecord),
        sizeof(TableRecord),
        sizeof(MappingRecord),
        sizeof(FillRecord),
        sizeof(CapabilityRecord),
        sizeof(TaskRecord),
        sizeof(SchedContextRecord),
        sizeof(InterruptRecord),
        sizeof(ThreadRecord),
        1,
    };
    if (bytes < sizeof(Header)) {
        return false;
    }
    const auto& header = *reinterpret_cast<const Header*>(address);
    if (header.magic != magic || header.version != version || header.section_count != section_kinds ||
        header.size > bytes) {
        return false;
    }
    for (uint32_t kind = 0; kind < section_kinds; ++kind) {
        const Section& section = header.sections[kind];
        if (section.offset > header.size || section.count > (header.size - section.offset) / record_bytes[kind]) {
            return false;
        }
    }
    return true;
}

}  // namespace capdl::loader
