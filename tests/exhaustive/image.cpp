// SPDX-License-Identifier: BSD-2-Clause
// Saving, comparing and restoring the memory of a state.
#include "image.hpp"

#include <cstring>
#include <stdexcept>

namespace selene::test {

namespace {

constexpr size_t word_bytes = 8;
constexpr size_t units_of_word = word_bytes / sizeof(uint16_t);

}  // namespace

void Image::track(void* from, size_t bytes) {
    if (bytes % word_bytes != 0) throw std::logic_error("an image is of whole words");
    ranges_.push_back({static_cast<std::byte*>(from), bytes});
    size_ += bytes;
    if (size_ / word_bytes > UINT16_MAX) throw std::logic_error("an image is too large for its differences");
}

Image::Bytes Image::save() const {
    Bytes bytes(size_);
    save(bytes);
    return bytes;
}

void Image::save(Bytes& to) const {
    std::byte* at = to.data();
    for (const Range& range : ranges_) {
        std::memcpy(at, range.from, range.bytes);
        at += range.bytes;
    }
}

void Image::restore(const Bytes& from) const {
    const std::byte* at = from.data();
    for (const Range& range : ranges_) {
        std::memcpy(range.from, at, range.bytes);
        at += range.bytes;
    }
}

bool Image::equals(const Bytes& other) const {
    const std::byte* at = other.data();
    for (const Range& range : ranges_) {
        if (std::memcmp(range.from, at, range.bytes) != 0) return false;
        at += range.bytes;
    }
    return true;
}

Image::Difference Image::difference(const Bytes& base, const Bytes& state) {
    Difference found;
    for (size_t at = 0; at < base.size(); at += word_bytes) {
        if (std::memcmp(base.data() + at, state.data() + at, word_bytes) == 0) continue;
        const size_t end = found.size();
        found.resize(end + 1 + units_of_word);
        found[end] = static_cast<uint16_t>(at / word_bytes);
        std::memcpy(&found[end + 1], state.data() + at, word_bytes);
    }
    found.shrink_to_fit();
    return found;
}

void Image::apply(const Difference& difference, Bytes& base) {
    for (size_t at = 0; at < difference.size(); at += 1 + units_of_word)
        std::memcpy(base.data() + difference[at] * word_bytes, &difference[at + 1], word_bytes);
}

}  // namespace selene::test
