// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the memory server.
#pragma once

#include <cstdint>
#include <tuple>

#include <sel/rpc.hpp>

namespace memory_server {

/// What the server itself refuses.
enum class Refusal : uint32_t {
    limit_reached = 1,  ///< as many frames are lent to this client as it may have; details: the limit, 0
    not_yours = 2,      ///< no frame with this number is lent to this client; details: the number, 0
};

/// Lends a frame of 4 KiB, zeroed, and returns its number; the capability allows to read and write, and can be passed
/// on. Errors: limit_reached, no_memory.
inline constexpr sel::rpc::Method<1, std::tuple<uint64_t, sel::rpc::Mapped<sel::Frame>>()> allocate;

/// Takes back the frame with this number: it disappears from the client and from everybody it was passed on to.
/// Errors: not_yours.
inline constexpr sel::rpc::Method<2, void(uint64_t)> release;

/// Pages that the server has left.
inline constexpr sel::rpc::Method<3, uint64_t()> available;

using Interface = sel::rpc::Interface<allocate, release, available>;

}  // namespace memory_server
