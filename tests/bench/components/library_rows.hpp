// SPDX-License-Identifier: BSD-2-Clause
// The rows of the benchmark's group `library`: one function for a few related ones.
#pragma once

#include <stage.hpp>

#include <sel/result.hpp>

namespace bench {

// Each measures the rows that its comment names. All instructions count, the user's and the kernel's. Errors: the first
// refusal.

// rpc_rows.cpp
sel::Result<void> measure_calls();  // rpc.*

// channel_rows.cpp
sel::Result<void> measure_channels(test::Stage& stage);  // channel.*

// pager_rows.cpp
sel::Result<void> measure_paging(test::Stage& stage);  // pager.*

// restart_rows.cpp
sel::Result<void> measure_restarts();  // restart.*

// sync_rows.cpp
sel::Result<void> measure_synchronisation(test::Stage& stage);  // sync.*

}  // namespace bench
