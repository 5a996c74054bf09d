// SPDX-License-Identifier: BSD-2-Clause
// Bytes: a fuzzer's input, read as choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace selene::fuzz {

/// Beyond the end there are zeroes only.
class Bytes {
public:
    explicit Bytes(std::span<const uint8_t> bytes) : left_(bytes) {}

    [[nodiscard]] bool more() const { return !left_.empty(); }
    uint8_t byte() {
        if (left_.empty()) return 0;
        const uint8_t first = left_.front();
        left_ = left_.subspan(1);
        return first;
    }
    /// A number below `end`, which is at most 256.
    uint64_t below(uint64_t end) { return byte() % end; }
    uint64_t word() {
        uint64_t word = 0;
        for (unsigned i = 0; i < sizeof(word); ++i) word |= uint64_t{byte()} << 8 * i;
        return word;
    }
    /// A word that is small, close to the end of all words, or any.
    uint64_t likely_word() {
        const uint8_t kind = byte();
        if (kind < 160) return kind;
        if (kind < 192) return ~uint64_t{0} - (kind - 160);
        if (kind < 224) return uint64_t{1} << (kind - 160);
        return word();
    }

private:
    std::span<const uint8_t> left_;
};

}  // namespace selene::fuzz
