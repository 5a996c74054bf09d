// SPDX-License-Identifier: BSD-2-Clause
// Reply: the place where a caller waits for its answer.
#pragma once

#include <cstdint>

#include "base/lock.hpp"

namespace selene {

struct Thread;

/// `holder` is the thread that receives with it or serves `caller`; both links have an inverse (Thread::reply,
/// Thread::blocked_on). Its core is that of the context lent through it. A `settled` caller has been refused already: it
/// waits only because `holder` runs on its time to find a better one.
struct alignas(64) Reply {
    Thread* caller SELENE_GUARDED_BY(own_core);
    uint64_t settled SELENE_GUARDED_BY(own_core);
    Thread* holder SELENE_GUARDED_BY(own_core);
    uint64_t unused[5];
};
static_assert(sizeof(Reply) == 64);

}  // namespace selene
