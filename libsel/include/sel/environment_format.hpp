// SPDX-License-Identifier: BSD-2-Clause
// The bytes of a component's environment: what the CapDL compiler writes and the component reads through
// sel::environment().
#pragma once

#include <cstdint>

namespace sel {

/// An environment is one block of read-only memory that tells a component what it was given and by which names.
/// The CapDL compiler writes it; the component's start thread gets its address in x0. All numbers are little-endian.
///
///   0                 +-------------------------------+
///                     | EnvironmentHeader             |  48 bytes
///   48                +-------------------------------+
///                     | EnvironmentEntry [0]          |  32 bytes each, entry_count of them, in any order
///                     | EnvironmentEntry [1] ...      |
///   strings_offset    +-------------------------------+
///                     | "\0" "requests\0" "ram\0" ... |  strings, each followed by a zero byte
///   size              +-------------------------------+
///
/// Every string offset counts from strings_offset. The string area starts with a zero byte, so offset 0 is the empty
/// name, which entries without a name carry.
///
/// Example: what a component was given, on its console.
///
///     void list_capabilities(const sel::Environment& environment) {
///         for (const sel::EnvironmentEntry& entry : environment.entries()) {
///             if (entry.kind != sel::EnvironmentKind::capability) continue;
///             sel::println("slot {}: {}", entry.value0, environment.name(entry));
///         }
///     }

inline constexpr uint64_t environment_magic = 0x56'4e'45'4e'45'4c'45'53;  // the bytes "SELENENV"
inline constexpr uint32_t environment_version = 1;

// What an entry describes, and so what its values mean. Zero is no kind, so that blank memory is never an entry.
enum class EnvironmentKind : uint16_t {
    capability = 1,  // a capability:      value0 slot index,     value1 badge (0: none);     rights as in the spec
    memory = 2,      // mapped memory:     value0 address,        value1 size in bytes,       value2 physical address of
                     //                    device memory, else 0; rights R, W, X of the mapping (G stands for X)
    argument = 3,    // a string:          value0 string offset,  value1 size in bytes without the zero byte
    peer = 4,        // who has a badge:   value0 slot index of the endpoint, value1 badge, value2 string offset of the
                     //                    name of the component that holds it; the entry's name is the endpoint's
    slot_range = 5,  // slots of the component's own table: value0 first index, value1 count. Without a name they are
                     // free; with one the specification has given them a purpose
    free_addresses = 6,  // addresses where nothing is mapped:       value0 first address, value1 size in bytes
    models = 7,       // what a device is, under the name of its registers' memory: value0 string offset, value1 size in
                      // bytes of a list of strings, the device tree's property `compatible`, cut or filled up with zero
    table_links = 8,  // the own table is one of several that a root links: value0 slot index of the root, value1
                      // log2 of the slots of each table, value2 log2 of the root's
};

/// The room for the models of a device. Longer lists are cut, as the most special names come first.
inline constexpr uint64_t models_bytes = 128;

struct EnvironmentHeader {
    uint64_t magic;    // environment_magic
    uint32_t version;  // environment_version
    uint32_t entry_count;
    uint64_t ipc_buffer;      // address of the start thread's IPC buffer; 0: it has none
    uint64_t stack_bottom;    // lowest address of the start thread's stack
    uint64_t stack_size;      // in bytes
    uint32_t strings_offset;  // from the start of the environment
    uint32_t size;            // of the whole environment, in bytes
};

struct EnvironmentEntry {
    EnvironmentKind kind;
    uint16_t rights;       // a mask of abi::Right
    uint32_t name_offset;  // from strings_offset
    uint64_t value0;
    uint64_t value1;
    uint64_t value2;
};

static_assert(sizeof(EnvironmentHeader) == 48 && alignof(EnvironmentHeader) == 8);
static_assert(sizeof(EnvironmentEntry) == 32 && alignof(EnvironmentEntry) == 8);

}  // namespace sel
