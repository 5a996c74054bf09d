// SPDX-License-Identifier: BSD-2-Clause
// A protocol with every kind of argument and result.
#pragma once

#include <tuple>

#include <sel/rpc.hpp>

namespace rpc_test {

enum class Refusal : uint16_t { odd = 1 };

struct Pair {
    uint32_t one, other;
    friend bool operator==(const Pair&, const Pair&) = default;
};

inline constexpr sel::rpc::Method<1, uint64_t(uint64_t, uint64_t)> add;
inline constexpr sel::rpc::Method<2, Pair(Pair, bool)> swap;
inline constexpr sel::rpc::Method<3, sel::rpc::Text<400>(sel::rpc::Text<200>, sel::rpc::Text<200>)> join;
inline constexpr sel::rpc::Method<4, uint64_t(sel::rpc::Items<uint64_t, 100>)> sum;
inline constexpr sel::rpc::Method<5, uint64_t(uint64_t)> halve;  // refuses odd numbers
inline constexpr sel::rpc::Method<6, uint64_t()> badge;
inline constexpr sel::rpc::Method<7, uint64_t()> wait;          // until somebody wakes
inline constexpr sel::rpc::Method<8, uint64_t(uint64_t)> wake;  // all who wait, with this; returns how many
inline constexpr sel::rpc::Method<9, void()> drop;              // those who wait get no answer
/// Keeps a notification, returns a child of it with this badge; `knock` signals what was kept.
inline constexpr sel::rpc::Method<10,
                                  sel::rpc::Mapped<sel::Notification>(sel::rpc::Granted<sel::Notification>, uint64_t)>
    deposit;
inline constexpr sel::rpc::Method<11, void()> knock;
inline constexpr sel::rpc::Method<12, uint64_t(sel::rpc::Buffer)> sum_bytes;  // of the shared memory

using Interface = sel::rpc::Interface<add, swap, join, sum, halve, badge, wait, wake, drop, deposit, knock, sum_bytes>;

}  // namespace rpc_test
