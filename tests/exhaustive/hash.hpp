// SPDX-License-Identifier: BSD-2-Clause
// A 128-bit hash of a canonical state, and the set of those that have been seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace selene::test {

/// Two states with one hash would be taken for one: of n states the chance is about n * n / 2^129, for a hundred
/// million states one in 6 * 10^22.
struct Hash128 {
    uint64_t low = 0;
    uint64_t high = 0;
    friend bool operator==(const Hash128&, const Hash128&) = default;
};

/// MurmurHash3's mixing for 128 bits (Austin Appleby, public domain), over 16-bit units.
inline Hash128 hash_of(std::span<const uint16_t> text) {
    constexpr uint64_t c1 = 0x87c37b91114253d5;
    constexpr uint64_t c2 = 0x4cf5ad432745937f;
    constexpr size_t units = 8;
    const auto rotate = [](uint64_t value, unsigned bits) { return value << bits | value >> (64 - bits); };
    const auto finish = [](uint64_t value) {
        value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
        value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
        return value ^ value >> 33;
    };
    uint64_t h1 = 0x5e1e;
    uint64_t h2 = 0x5e1e;
    for (size_t at = 0; at < text.size(); at += units) {
        uint64_t block[2] = {0, 0};
        const size_t left = text.size() - at;
        std::memcpy(block, text.data() + at, (left < units ? left : units) * sizeof(uint16_t));
        h1 = (rotate(h1 ^ rotate(block[0] * c1, 31) * c2, 27) + h2) * 5 + 0x52dce729;
        h2 = (rotate(h2 ^ rotate(block[1] * c2, 33) * c1, 31) + h1) * 5 + 0x38495ab5;
    }
    h1 ^= text.size();
    h2 ^= text.size();
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    return {h1, h2 + h1};
}

/// Open addressing; never more than half full.
class HashSet {
public:
    HashSet() : places_(1 << 12) {}

    /// Whether it was new.
    bool insert(Hash128 hash) {
        if (2 * count_ >= places_.size()) grow();
        if (!put(hash)) return false;
        ++count_;
        return true;
    }
    [[nodiscard]] size_t size() const { return count_; }

private:
    bool put(Hash128 hash) {
        // An empty place is all zero; no state hashes to that.
        const size_t mask = places_.size() - 1;
        for (size_t at = hash.low & mask;; at = (at + 1) & mask) {
            if (places_[at] == hash) return false;
            if (places_[at] == Hash128{}) {
                places_[at] = hash;
                return true;
            }
        }
    }
    void grow() {
        std::vector<Hash128> old(2 * places_.size());
        old.swap(places_);
        for (const Hash128& hash : old) {
            if (hash != Hash128{}) put(hash);
        }
    }

    std::vector<Hash128> places_;
    size_t count_ = 0;
};

}  // namespace selene::test
