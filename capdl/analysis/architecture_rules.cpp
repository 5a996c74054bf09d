// SPDX-License-Identifier: BSD-2-Clause
// What each architecture's hardware and each object type allow: slots, frame sizes, what hangs below what.
#include "analysis/architecture_rules.hpp"

#include <algorithm>
#include <array>

namespace capdl {
namespace {

using enum ObjectType;

constexpr std::array<uint8_t, 3> sizes_of_64_bit{12, 21, 30};
constexpr std::array<uint8_t, 4> sizes_of_arm11{12, 16, 20, 24};
constexpr std::array<uint8_t, 3> sizes_of_ia32{12, 21, 22};

constexpr std::array aarch64_levels{TableLevel{pgd, 512, 39, {pud}}, TableLevel{pud, 512, 30, {pd}},
                                    TableLevel{pd, 512, 21, {pt}}, TableLevel{pt, 512, 12, {}}};
constexpr std::array x86_64_levels{TableLevel{pml4, 512, 39, {pdpt}}, TableLevel{pdpt, 512, 30, {pd}},
                                   TableLevel{pd, 512, 21, {pt}}, TableLevel{pt, 512, 12, {}}};
constexpr std::array ia32_levels{TableLevel{pdpt, 4, 30, {pd}}, TableLevel{pd, 1024, 22, {pt}},
                                 TableLevel{pt, 1024, 12, {}}};
constexpr std::array arm11_levels{TableLevel{pd, 4096, 20, {pt}}, TableLevel{pt, 256, 12, {}}};
// RISC-V has one type for all levels, so a table's depth decides what an entry covers.
constexpr std::array riscv_levels{TableLevel{pt, 512, 12, {pt}}};

}  // namespace

std::span<const uint8_t> frame_size_bits(Architecture architecture) {
    switch (architecture) {
    case Architecture::arm11: return sizes_of_arm11;
    case Architecture::ia32: return sizes_of_ia32;
    case Architecture::aarch64:
    case Architecture::riscv:
    case Architecture::x86_64: return sizes_of_64_bit;
    }
    return {};
}

std::span<const TableLevel> table_levels(Architecture architecture) {
    switch (architecture) {
    case Architecture::aarch64: return aarch64_levels;
    case Architecture::arm11: return arm11_levels;
    case Architecture::ia32: return ia32_levels;
    case Architecture::riscv: return riscv_levels;
    case Architecture::x86_64: return x86_64_levels;
    }
    return {};
}

const TableLevel* table_level(Architecture architecture, ObjectType type) {
    const std::span<const TableLevel> levels = table_levels(architecture);
    const auto level = std::ranges::find(levels, type, &TableLevel::type);
    return level == levels.end() ? nullptr : &*level;
}

bool is_space_root(Architecture architecture, ObjectType type) {
    switch (architecture) {
    case Architecture::aarch64: return type == pgd || type == pud;
    case Architecture::arm11: return type == pd;
    case Architecture::ia32: return type == pd || type == pdpt;
    case Architecture::riscv: return type == pt;
    case Architecture::x86_64: return type == pml4;
    }
    return false;
}

std::optional<uint64_t> slot_count(Architecture architecture, ObjectType type) {
    if (const TableLevel* level = table_level(architecture, type)) {
        return level->entries;
    }
    switch (type) {
    case tcb: return thread_slot_count;
    case irq:
    case arm_irq:
    case ioapic_irq:
    case msi_irq: return 1;
    case asid_pool: return 1024;
    case io_pt: return 512;
    case cnode:
    case io_device:
    case arm_io_device: return std::nullopt;
    default: return 0;
    }
}

}  // namespace capdl
