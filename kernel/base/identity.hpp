// SPDX-License-Identifier: BSD-2-Clause
// Identities: numbers that stand for objects towards user level and do not tell where these lie.
#pragma once

#include <cstdint>

#include "base/units.hpp"

namespace selene {

/// A permutation of 64-bit words under the key of this boot: the block cipher Speck64/128 (R. Beaulieu et al., "The
/// SIMON and SPECK Families of Lightweight Block Ciphers", section 4).
class IdentityCipher {
public:
    /// `key0` and `key1` should be unknown to user level.
    void initialise(uint64_t key0, uint64_t key1);

    /// The identity of an object by its kernel address, or 0 for null.
    [[nodiscard]] Identity of_object(const void* object) const;
    /// Of a slot: the first one of some objects lies where these do.
    [[nodiscard]] Identity of_slot(const void* slot) const;
    /// Of memory that is or may be user level's.
    enum class Memory : uint8_t { frame, untyped };
    [[nodiscard]] Identity of_memory(PhysAddr base, Memory kind) const;

    [[nodiscard]] uint64_t encrypt(uint64_t word) const;

private:
    static constexpr unsigned rounds = 27;

    uint32_t keys_[rounds];
};

}  // namespace selene
