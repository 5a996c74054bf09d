// SPDX-License-Identifier: BSD-2-Clause
// What the lender's clients ask it.
#pragma once

#include <sel/rpc.hpp>

namespace lending {

/// A page to read, until it is given back.
inline constexpr sel::rpc::Method<1, sel::rpc::Mapped<sel::Frame>()> borrow;
/// The page is taken back from the caller, whether it has unmapped it or not.
inline constexpr sel::rpc::Method<2, void()> give_back;

using Interface = sel::rpc::Interface<borrow, give_back>;

}  // namespace lending
