// SPDX-License-Identifier: BSD-2-Clause
// The head of an image's system part: what the boot stage needs to know to start the first task.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capdl {

// The system part lies behind the kernel part, on whole pages; all numbers are little-endian, all offsets count from
// its own beginning.
//
//   0         SystemHeader
//   4096      the loader's segments: code and constants, then initial values of variables
//   ...       the system image (image/format.hpp): the last segment, read-only

inline constexpr char system_magic[8] = {'S', 'E', 'L', 'E', 'N', 'S', 'Y', 'S'};
inline constexpr uint32_t system_version = 1;
inline constexpr uint32_t segment_limit = 8;

// Flags of a segment; none is both writable and executable.
inline constexpr uint32_t segment_read = 1;
inline constexpr uint32_t segment_write = 2;
inline constexpr uint32_t segment_execute = 4;

struct Segment {
    uint64_t address;      ///< user address, a multiple of 4096
    uint64_t offset;       ///< of its bytes, a multiple of 4096
    uint64_t file_size;    ///< bytes in the file
    uint64_t memory_size;  ///< at least file_size; the rest is zero. Equal if the segment is read-only
    uint32_t flags;
    uint32_t reserved;
};

struct SystemHeader {
    char magic[8];
    uint32_t version;
    uint32_t segment_count;  ///< at most segment_limit
    uint64_t total_size;     ///< of the system part, a multiple of 4096
    uint64_t entry;          ///< user address where the first task starts
    uint64_t slots;          ///< empty slots that the first task needs in its table, beyond those that the kernel fills
    Segment segments[segment_limit];
};

static_assert(sizeof(Segment) == 40);
static_assert(sizeof(SystemHeader) == 40 + segment_limit * sizeof(Segment));
static_assert(offsetof(SystemHeader, segments) == 40);

}  // namespace capdl
