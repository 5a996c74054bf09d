// SPDX-License-Identifier: BSD-2-Clause
// The keyed hash behind identities.
#include "base/identity.hpp"

#include <bit>

namespace selene {

namespace {

// In bits that are 0 in every address; what differs in kind must not have the same identity.
constexpr uint64_t slot_mark = 1;
constexpr uint64_t untyped_mark = 2;
constexpr uint64_t frame_mark = 3;

using State = std::array<uint64_t, 4>;

/// The words that the key is laid over: "somepseudorandomlygeneratedbytes".
constexpr State constants{0x736f6d65'70736575, 0x646f7261'6e646f6d, 0x6c796765'6e657261, 0x74656462'79746573};
constexpr uint64_t last_block = uint64_t{8} << 56;  // of a message of 8 bytes: only its length
constexpr uint64_t end_mark = 0xff;
constexpr unsigned final_rounds = 3;

[[gnu::always_inline]] constexpr void round(State& v) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] = std::rotl(v[0], 32) + v[3];
    v[2] += v[1];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
}

[[gnu::always_inline]] constexpr void absorb(State& v, uint64_t block) {
    v[3] ^= block;
    round(v);
    v[0] ^= block;
}

}  // namespace

void IdentityHash::initialise(uint64_t key0, uint64_t key1) {
    start_ = {key0 ^ constants[0], key1 ^ constants[1], key0 ^ constants[2], key1 ^ constants[3]};
}

Identity IdentityHash::of_object(const void* object) const {
    return object == nullptr ? Identity() : Identity(hash(reinterpret_cast<uint64_t>(object)));
}

Identity IdentityHash::of_slot(const void* slot) const {
    return Identity(hash(reinterpret_cast<uint64_t>(slot) | slot_mark));
}

Identity IdentityHash::of_memory(PhysAddr base, Memory kind) const {
    return Identity(hash(base.value() | (kind == Memory::untyped ? untyped_mark : frame_mark)));
}

uint64_t IdentityHash::hash(uint64_t word) const {
    State state = start_;
    absorb(state, word);
    absorb(state, last_block);
    state[2] ^= end_mark;
#pragma clang loop unroll(full)
    for (unsigned number = 0; number < final_rounds; ++number) round(state);
    return state[0] ^ state[1] ^ state[2] ^ state[3];
}

}  // namespace selene
