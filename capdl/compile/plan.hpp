// SPDX-License-Identifier: BSD-2-Clause
// What the loader will do, as records of the image format: the compiler's result before it becomes bytes.
#pragma once

#include <string>
#include <vector>

#include "image/format.hpp"

namespace capdl {

struct Plan {
    std::string names;  ///< each followed by a zero byte
    std::vector<image::ObjectRecord> objects;
    std::vector<image::RunRecord> runs;
    std::vector<image::PlacedRecord> placed;
    std::vector<image::TableRecord> tables;
    std::vector<image::MappingRecord> mappings;
    std::vector<image::FillRecord> fills;
    std::vector<image::CapabilityRecord> capabilities;
    std::vector<image::TaskRecord> tasks;
    std::vector<image::SchedContextRecord> sched_contexts;
    std::vector<image::InterruptRecord> interrupts;
    std::vector<image::ThreadRecord> threads;
    std::vector<image::SlotRecord> slots;
    std::vector<image::HandoverRecord> handovers;
    std::vector<image::GrantRecord> grants;
    std::string contents;

    std::vector<uint32_t> numbers;  ///< by object of the Model: its number, or none
    uint32_t extra_count = 0;
    uint32_t origins_table = image::none;
    image::Mode mode = image::Mode::start;
    uint32_t ticket = 0;
};

}  // namespace capdl
