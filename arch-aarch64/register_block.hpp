// SPDX-License-Identifier: BSD-2-Clause
// Typed access to the memory-mapped registers of a device.
#pragma once

#include <cstdint>
#include <utility>

namespace selene {

/// The registers of a device. `Register` enumerates their byte offsets; where one stands for an array,
/// `index` counts its 32-bit words.
template <class Register>
class RegisterBlock {
public:
    constexpr RegisterBlock() = default;
    explicit constexpr RegisterBlock(uintptr_t base) : base_(base) {}

    [[nodiscard]] uint32_t read(Register name, unsigned index = 0) const {
        return *at<uint32_t>(name, index * sizeof(uint32_t));
    }
    void write(Register name, uint32_t value) const { *at<uint32_t>(name, 0) = value; }
    void write(Register name, unsigned index, uint32_t value) const {
        *at<uint32_t>(name, index * sizeof(uint32_t)) = value;
    }

    [[nodiscard]] uint64_t read64(Register name) const { return *at<uint64_t>(name, 0); }
    void write64(Register name, unsigned index, uint64_t value) const {
        *at<uint64_t>(name, index * sizeof(uint64_t)) = value;
    }

private:
    template <class Word>
    [[nodiscard]] volatile Word* at(Register name, uintptr_t offset) const {
        return reinterpret_cast<volatile Word*>(base_ + std::to_underlying(name) + offset);
    }

    uintptr_t base_ = 0;
};

}  // namespace selene
