// SPDX-License-Identifier: BSD-2-Clause
// What the program `bench_adder` serves.
#pragma once

#include <tuple>

#include <sel/rpc.hpp>

namespace bench {

/// Two words there, two back.
inline constexpr sel::rpc::Method<1, std::tuple<uint64_t, uint64_t>(uint64_t, uint64_t)> swap;
inline constexpr sel::rpc::Method<2, uint64_t(sel::rpc::Text<200>)> measure_text;
inline constexpr sel::rpc::Method<3, void()> nothing;

using Adder = sel::rpc::Interface<swap, measure_text, nothing>;

}  // namespace bench
