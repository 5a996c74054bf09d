// SPDX-License-Identifier: BSD-2-Clause
// GICv3's redistributors: one for each core, side by side, in an order that only their type registers tell.
#pragma once

#include <cstdint>
#include <optional>

#include "base/field.hpp"
#include "core_affinity.hpp"

namespace selene::redistributor {

/// Arm Generic Interrupt Controller Architecture Specification, GICv3 and GICv4, "Redistributor register map", the first
/// frame (RD_base).
enum class Register : uint32_t { type = 0x0008, waker = 0x0014 };

/// GICR_TYPER, Redistributor Type Register.
namespace type {
using VirtualLpis = Field<1, 1>;  ///< two more frames follow
using Last = Field<4, 4>;
using Affinity = Field<63, 32>;
}  // namespace type

inline constexpr uint64_t frame_bytes = 0x10000;

/// The offset of this core's among those in `size` bytes. `type_at`: reads the type register of the one at an offset.
template <class TypeAt>
std::optional<uint64_t> find(uint64_t size, TypeAt type_at) {
    const uint64_t affinity = CoreAffinity::packed(CoreAffinity::own());
    for (uint64_t offset = 0; offset + 2 * frame_bytes <= size;) {
        const uint64_t value = type_at(offset);
        if (type::Affinity::of(value) == affinity) return offset;
        if (type::Last::of(value) != 0) break;
        offset += type::VirtualLpis::of(value) != 0 ? 4 * frame_bytes : 2 * frame_bytes;
    }
    return std::nullopt;
}

}  // namespace selene::redistributor
