// SPDX-License-Identifier: BSD-2-Clause
// Reply: the place where a caller waits for its answer.
#pragma once

#include <cstdint>

#include "base/lock.hpp"

namespace selene {

struct Thread;

/// Whether a caller knows already how it goes on: it has been refused, or is to begin anew.
enum class Settled : uint64_t { no, yes };

/// `holder` is the thread that receives with it or serves `caller`; both links have an inverse (Thread::reply,
/// Thread::blocked_on). Its core is that of the context lent through it. A `settled` caller gets no answer: it waits only
/// because `holder` runs on its time to get to its next receive.
struct alignas(64) Reply {
    uint64_t endpoint SELENE_GUARDED_BY(own_core);  ///< by what index its holder has last received with it
    Thread* caller SELENE_GUARDED_BY(own_core);
    Settled settled SELENE_GUARDED_BY(own_core);
    Thread* holder SELENE_GUARDED_BY(own_core);
    uint64_t unused[4];
};
static_assert(sizeof(Reply) == 64);

}  // namespace selene
