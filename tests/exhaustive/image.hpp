// SPDX-License-Identifier: BSD-2-Clause
// Image: the memory that the states of a small world differ in, to be saved, compared and restored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace selene::test {

/// Ranges of memory whose contents are a state. Everything else must never change; `Stage::check_rest` says whether it
/// has.
class Image {
public:
    using Bytes = std::vector<std::byte>;
    /// What a state has different from the first one: for each 8-byte word its number and its contents.
    using Difference = std::vector<uint16_t>;

    /// `bytes` at `from`, whole words.
    void track(void* from, size_t bytes);

    [[nodiscard]] size_t size() const { return size_; }
    [[nodiscard]] Bytes save() const;
    void save(Bytes& to) const;
    void restore(const Bytes& from) const;
    [[nodiscard]] bool equals(const Bytes& other) const;

    [[nodiscard]] static Difference difference(const Bytes& base, const Bytes& state);
    static void apply(const Difference& difference, Bytes& base);

private:
    struct Range {
        std::byte* from;
        size_t bytes;
    };
    std::vector<Range> ranges_;
    size_t size_ = 0;
};

}  // namespace selene::test
