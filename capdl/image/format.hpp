// SPDX-License-Identifier: BSD-2-Clause
// The system image: the flat description of a system that the compiler writes and the loader reads in place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capdl::image {

// All numbers are little-endian, all offsets count from the beginning of the image. A section is an array of records of
// one size, aligned to 8 bytes:
//
//   +--------------------+
//   | Header             |  says where each section lies
//   +--------------------+
//   | records            |  in the order of SectionKind
//   | ...                |
//   +--------------------+
//   | contents           |  bytes that go into frames
//   +--------------------+
//
// Objects are numbered. The origin of object n lies in slot `base + n` of the loader's own table, where `base` is its
// first empty slot; behind the objects follow the derived capabilities that the loader itself needs ("extra" ones). So
// a *source* is the number of an object or of an extra capability, or one of the authorities, which have numbers of
// their own.
//
//   0 .. objects-1            origins of objects
//   objects .. +extras-1      derived: badged fault endpoints, second mappings of a frame, ...
//   held_base ..              in the image of a restartable group: slots of its supervisor's table, from 0 on
//   authority_base ..         capabilities that the first task has from the start
//
// Sections are sorted so that the loader does its work in one pass each, many objects in a call: a parent comes before
// its children, objects of one kind in one untyped lie side by side, capabilities come after those they are derived
// from.
//
// A restartable group has an image of its own, in its supervisor's memory: the part of the whole that rebuilds it.
// Objects and extra capabilities are numbered anew, `untyped: none` stands for the group's home, contents lie in memory
// that the supervisor has beside the image. It says nothing of what stays: slots, handovers, objects at a place.

inline constexpr uint64_t magic = 0x474d495f4e4c4553;  // the bytes "SELN_IMG"
inline constexpr uint32_t version = 5;
inline constexpr uint64_t page_size = 4096;
/// Where the image lies in the loader's address space.
inline constexpr uint64_t address = 0x1000'0000;

/// Slots that the loader needs for what it makes for itself and for what it keeps of the machine's: in its own table,
/// besides objects and extra capabilities, and in the table that they all go to in the end.
inline constexpr uint64_t loader_slots = 256;

/// Words that a thread starts with: in x0 to x7, as "Procedure Call Standard for the Arm 64-bit Architecture" passes them.
inline constexpr uint32_t start_arguments = 8;

/// No object, no capability.
inline constexpr uint32_t none = ~uint32_t{0};

/// Sources from here on are slots of the supervisor's table, by their indices.
inline constexpr uint32_t held_base = 0x8000'0000;

/// Sources from here on are the first task's own capabilities.
inline constexpr uint32_t authority_base = 0xffff'0000;
inline constexpr uint32_t interrupt_control = authority_base;
inline constexpr uint32_t power_control = authority_base + 1;
inline constexpr uint32_t schedule_control = authority_base + 0x100;  ///< plus the number of the core

enum class SectionKind : uint32_t {
    names,
    objects,
    runs,
    placed,
    tables,
    mappings,
    fills,
    capabilities,
    tasks,
    sched_contexts,
    interrupts,
    threads,
    slots,
    handovers,
    grants,
    contents,
};
inline constexpr uint32_t section_kinds = static_cast<uint32_t>(SectionKind::contents) + 1;

struct Section {
    uint64_t offset;
    uint64_t count;  ///< of records; of bytes for names and contents
};

/// How far the loader goes.
enum class Mode : uint32_t {
    start,    ///< all the way
    dry_run,  ///< builds, hands over, reads back; then it undoes all that and says so
};

struct Header {
    uint64_t magic;
    uint64_t checksum;  ///< of all bytes that follow it, `size` - 16 of them
    uint64_t size;      ///< of the whole image, a multiple of 8
    uint32_t version;
    uint32_t section_count;
    uint32_t extra_count;    ///< derived capabilities that the loader keeps
    uint32_t origins_table;  ///< the table that all origins go to in the end
    Mode mode;
    uint32_t ticket;           ///< random: a loader that stays shows it with its reports, which no component can
    uint64_t workspace;        ///< zeroed memory behind the loader's variables, its address there; a multiple of 64
    uint64_t workspace_bytes;  ///< workspace_bytes_for() or more
    Section sections[section_kinds];
};

/// An object: how an error names it. Its type is that of the run it belongs to.
struct ObjectRecord {
    uint32_t name;     ///< in the names, which end with zero bytes
    uint32_t element;  ///< in its array, or none
};

/// Objects that one retype makes.
struct RunRecord {
    uint32_t first;
    uint32_t count;
    uint32_t untyped;  ///< the object that they are made from; none: the loader chooses one of the machine's
    uint32_t type;     ///< abi::ObjectType
    uint64_t size;     ///< size argument of retype
};

/// An object at a place in the machine: a frame or an untyped.
struct PlacedRecord {
    uint32_t object;
    uint32_t type;
    uint64_t size;      ///< size argument of retype
    uint64_t address;   ///< physical, if there is no device name
    uint32_t device;    ///< name of a device in the device tree, or none
    uint32_t index;     ///< which of the device's register ranges
    uint32_t optional;  ///< 1: on a machine without the device, a frame of ordinary memory
    uint32_t reserved;
};

/// A page table to hang into a space.
struct TableRecord {
    uint32_t space;
    uint32_t table;
    uint64_t address;
};

/// Frames of one size to map at consecutive addresses.
struct MappingRecord {
    uint32_t space;
    uint32_t first;  ///< source of the first frame; the others follow
    uint32_t count;
    uint16_t rights;
    uint16_t kind;  ///< abi::MemoryKind
    uint64_t address;
};

enum class FillKind : uint32_t {
    contents,       ///< bytes of the contents section: value is their offset
    device_tree,    ///< bytes of the device tree: value is the offset
    device_base,    ///< 8 bytes: physical address of the registers of placed object `subject`
    device_start,   ///< 8 bytes: value plus the registers' offset in their page
    device_models,  ///< what the device is compatible with, from byte `value` of that list on; 0 behind its end
    handed_over,    ///< sel/handover_format.hpp, for handover `subject`
    boot_info,      ///< bytes of abi::BootInfo: value is the offset
    line,           ///< 4 bytes: the interrupt controller's number of the line of handler `subject`; ~0 without one
};

/// A part of the content of a frame. Sorted by frame.
struct FillRecord {
    uint32_t frame;
    FillKind kind;
    uint64_t offset;
    uint64_t length;
    uint64_t value;
    uint32_t subject;
    uint32_t executable;  ///< 1: the frame holds instructions
};

/// Children of capabilities in consecutive slots, into consecutive slots.
struct CapabilityRecord {
    uint32_t table;         ///< where they go; none: the loader's own table, as extra capabilities
    uint32_t source_table;  ///< where the parents lie; none: `source` counts as described above
    uint64_t slot;          ///< first slot; an extra capability's number
    uint64_t source;        ///< first source, or first slot of the source table
    uint32_t count;
    uint32_t rights;
    uint64_t badge;  ///< or guard
};

struct TaskRecord {
    uint32_t task;
    uint32_t table;             ///< source
    uint32_t space;             ///< source
    uint32_t fault_endpoint;    ///< source, or none
    uint32_t timeout_endpoint;  ///< source, or none
    uint32_t reserved;
};

struct SchedContextRecord {
    uint32_t object;
    uint32_t core;
    uint64_t budget_us;
    uint64_t period_us;
    uint64_t refills;
};

struct InterruptRecord {
    uint32_t handler;
    uint32_t notification;  ///< source, or none
    uint32_t line;          ///< if there is no device name; none in a group's image: there is no such line
    uint32_t device;        ///< name, or none
    uint32_t index;         ///< which of the device's interrupts
    uint32_t trigger;       ///< abi::Trigger
    uint32_t optional;      ///< 1: on a machine without the device, a handler of no line
    uint32_t reserved;
};

struct ThreadRecord {
    uint32_t thread;
    uint32_t task;
    uint32_t sched_context;  ///< or none
    uint32_t buffer;         ///< frame of the IPC buffer, or none
    uint32_t notification;   ///< source of the bound notification, or none
    uint8_t priority;
    uint8_t maximum_priority;
    uint8_t starts;          ///< 1: runs; 0: waits for a resume
    uint8_t floating_point;  ///< 1: allowed
    uint64_t buffer_offset;
    uint64_t pc;
    uint64_t sp;
    uint64_t arguments[start_arguments];
    uint64_t tls;
};

/// What kind of slot it is that a SlotRecord speaks of, and so what its index means.
enum class SlotPlace : uint8_t {
    own,      ///< of the loader's own table: the number of a source
    table,    ///< of a table: the slot's
    task,     ///< of a task: abi::TaskSlot
    thread,   ///< of a thread: abi::ThreadSlot
    handler,  ///< of an interrupt handler: 0
};

/// A capability of the finished system and where it stands: the loader looks before it starts anything. There is one of
/// these for every slot that is not empty then, but for what the loader has of its own. They are in the order of the
/// derivation tree, as the loader's work makes it: a child right after its parent, the child that was made last first.
struct SlotRecord {
    uint32_t holder = none;  ///< the object that has the slot; none if the loader has
    SlotPlace place = SlotPlace::own;
    uint8_t type = 0;  ///< abi::ObjectType
    uint8_t rights = 0;
    uint8_t depth = 0;    ///< below what the loader makes from the machine's memory, or below an authority
    uint32_t index = 0;   ///< see SlotPlace
    uint32_t object = 0;  ///< what the capability is to: a number, or that of an authority
    uint64_t size = 0;    ///< as retype takes it
    uint64_t detail = 0;  ///< badge, guard or address, as abi's slot report has it
};

/// Somebody who is handed what memory is left.
struct HandoverRecord {
    uint32_t table;  ///< where it goes
    uint32_t reserved;
    uint64_t slot;   ///< first slot there
    uint64_t slots;  ///< how many
    uint64_t quota;  ///< bytes of RAM at most; 0: all that is left then
};

/// An untyped that goes, with all that is made from it, to who may take that back.
struct GrantRecord {
    uint32_t object;
    uint32_t table;
    uint64_t slot;
};

/// A range of the machine's memory, in the loader's workspace.
struct Piece {
    uint64_t slot;  ///< of the loader's own table; of the receiver's if it is handed over
    uint64_t base;  ///< physical address
    uint64_t bytes;
    uint64_t taken;      ///< from its beginning
    uint32_t receiver;   ///< number of the handover, or none
    uint8_t is_device;   ///< 1: no RAM
    uint8_t is_root;     ///< 1: the machine's own; 0: cut from another piece
    uint8_t is_loaders;  ///< 1: the loader lies in it
    uint8_t reserved;
    uint64_t identity;  ///< of the memory, as the kernel says it; known once it is handed over
};

/// Bytes of the workspace: what the machine has, and what is cut off because it has a place or a receiver.
[[nodiscard]] constexpr uint64_t workspace_bytes_for(uint64_t placed, uint64_t handovers) {
    constexpr uint64_t machine_ranges = 128;
    return (machine_ranges * (1 + handovers) + 2 * placed) * sizeof(Piece);
}

inline constexpr size_t checksum_begin = offsetof(Header, size);

static_assert(checksum_begin == 16 && sizeof(Header) == 64 + section_kinds * sizeof(Section));
static_assert(sizeof(ObjectRecord) == 8 && sizeof(RunRecord) == 24 && sizeof(PlacedRecord) == 40);
static_assert(sizeof(TableRecord) == 16 && sizeof(MappingRecord) == 24 && sizeof(FillRecord) == 40);
static_assert(sizeof(CapabilityRecord) == 40 && sizeof(TaskRecord) == 24 && sizeof(SchedContextRecord) == 32);
static_assert(sizeof(InterruptRecord) == 32 && sizeof(ThreadRecord) == 120);
static_assert(sizeof(SlotRecord) == 32 && sizeof(HandoverRecord) == 32 && sizeof(Piece) == 48);
static_assert(sizeof(GrantRecord) == 16);

/// FNV-1a over 64-bit words, as in "The FNV Non-Cryptographic Hash Algorithm": finds what a bad copy did, not what an
/// attacker did. `size` is a multiple of 8.
[[nodiscard]] inline uint64_t checksum(const char* bytes, size_t size) {
    constexpr uint64_t offset_basis = 0xcbf29ce484222325;
    constexpr uint64_t prime = 0x100000001b3;
    uint64_t hash = offset_basis;
    for (size_t offset = 0; offset < size; offset += sizeof(uint64_t)) {
        uint64_t word;
        __builtin_memcpy(&word, bytes + offset, sizeof word);
        hash = (hash ^ word) * prime;
    }
    return hash;
}

}  // namespace capdl::image
