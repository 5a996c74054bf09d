// SPDX-License-Identifier: BSD-2-Clause
// What a loader that stays (loader/observer.cpp) reports of a system that runs, read.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "image/format.hpp"

namespace capdl {

/// One report. Objects have their numbers of the image, and the kernel's identities; see the head of loader/observer.cpp for
/// the lines, and the reference manual's slot report for what its fields say.
struct ObservedState {
    /// An untyped that was handed over: where it was put, and how large it was.
    struct Handover {
        uint32_t table;
        uint64_t slot;
        uint64_t pages;
    };
    struct Slot {
        image::SlotPlace place = image::SlotPlace::own;
        uint32_t holder = image::none;
        uint32_t index = 0;
        uint32_t type = 0;
        uint64_t rights = 0, object = 0, detail = 0, size = 0, depth = 0, slot = 0, before = 0;
    };
    struct Mapping {
        uint32_t space;
        uint64_t address, level, table, frame, slot, rights, kind;
    };
    struct Table {
        uint32_t space;
        uint64_t address, level, table;
    };
    struct Thread {
        uint32_t number;
        uint64_t stopped, priority, maximum, context, notification;
    };
    struct Context {
        uint32_t number;
        uint64_t budget, period, core;  ///< times in ticks
    };

    /// Something that was made since, and the number that it has in the other lines.
    struct Found {
        uint32_t number;
        uint64_t identity;
    };

    uint64_t frequency = 0;  ///< ticks a second
    std::vector<Handover> handovers;
    std::vector<Slot> slots;
    std::vector<Mapping> mappings;
    std::vector<Table> tables;
    std::vector<Thread> threads;
    std::vector<Context> contexts;
    std::vector<Found> found;

    /// Reads the last whole report of a console's text. Or says what is wrong with it: none, a line that is none or whose
    /// numbers cannot be, a number of lines that is another than its end says.
    [[nodiscard]] static std::expected<ObservedState, std::string> parse(std::string_view console);
};

}  // namespace capdl
