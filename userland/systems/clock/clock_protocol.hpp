// SPDX-License-Identifier: BSD-2-Clause
// What the clock's clients ask it.
#pragma once

#include <cstdint>

namespace clock_driver {

/// The label of a request.
enum class Operation : uint32_t {
    now,    ///< word 0 of the answer: seconds since the device was set
    sleep,  ///< word 0: seconds to wait; the answer comes then, word 0 as for `now`
};

/// The label of an answer.
enum class Answer : uint32_t {
    done,
    not_understood,
    busy,  ///< as many sleep as there are Replies
};

}  // namespace clock_driver
