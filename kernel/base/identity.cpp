// SPDX-License-Identifier: BSD-2-Clause
// The permutation behind identities.
#include "base/identity.hpp"

#include <bit>

namespace selene {

namespace {

constexpr unsigned half_bits = 32;
constexpr int alpha = 8;
constexpr int beta = 3;

// In bits that are 0 in every address; what differs in kind must not have the same identity.
constexpr uint64_t slot_mark = 1;
constexpr uint64_t untyped_mark = 2;
constexpr uint64_t frame_mark = 3;

constexpr uint32_t low(uint64_t word) { return static_cast<uint32_t>(word); }
constexpr uint32_t high(uint64_t word) { return static_cast<uint32_t>(word >> half_bits); }

}  // namespace

void IdentityCipher::initialise(uint64_t key0, uint64_t key1) {
    uint32_t later[] = {high(key0), low(key1), high(key1)};
    uint32_t key = low(key0);
    for (uint32_t round = 0; round < rounds; ++round) {
        keys_[round] = key;
        uint32_t& next = later[round % 3];
        next = (key + std::rotr(next, alpha)) ^ round;
        key = std::rotl(key, beta) ^ next;
    }
}

Identity IdentityCipher::of_object(const void* object) const {
    return object == nullptr ? Identity() : Identity(encrypt(reinterpret_cast<uint64_t>(object)));
}

Identity IdentityCipher::of_slot(const void* slot) const {
    return Identity(encrypt(reinterpret_cast<uint64_t>(slot) | slot_mark));
}

Identity IdentityCipher::of_memory(PhysAddr base, Memory kind) const {
    return Identity(encrypt(base.value() | (kind == Memory::untyped ? untyped_mark : frame_mark)));
}

uint64_t IdentityCipher::encrypt(uint64_t word) const {
    uint32_t x = high(word);
    uint32_t y = low(word);
    for (const uint32_t key : keys_) {
        x = (std::rotr(x, alpha) + y) ^ key;
        y = std::rotl(y, beta) ^ x;
    }
    return uint64_t{x} << half_bits | y;
}

}  // namespace selene
