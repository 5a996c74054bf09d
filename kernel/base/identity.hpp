// SPDX-License-Identifier: BSD-2-Clause
// Identities: numbers that stand for objects towards user level and do not tell where these lie.
#pragma once

#include <array>
#include <cstdint>

#include "base/units.hpp"

namespace selene {

/// A pseudo-random function of 64-bit words under the key of this boot: SipHash-1-3 of the word's 8 bytes (J.-P. Aumasson,
/// D. J. Bernstein, "SipHash: a fast short-input PRF", section 2). Who does not know the key learns of two words whether they
/// are the same, and nothing else; that different ones have the same value is as likely as to guess 64 bits.
class IdentityHash {
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

    [[nodiscard]] uint64_t hash(uint64_t word) const;

private:
    std::array<uint64_t, 4> start_;  ///< the state that the key makes
};

}  // namespace selene
