// SPDX-License-Identifier: BSD-2-Clause
// What the client asks of the server.
#pragma once

#include <cstdint>

namespace ipc_test {

//     request      what the server does                              answer
//     echo         adds 1 to each word                               as many words
//     whose        nothing                                           word 0 the badge through which it was asked
//     forward      passes word 0 on to `next`, if there is one       word 0 plus 1 for each server that it passed
//     signal       signals the notifications that came as items      word 0 how many came, word 1 the error of the first
//                                                                    signal or 0, word 2 that of polling it
//     fill         maps the frame that came as item and writes       word 0 what the frame held at first
//                  word 0 to its start
//     give         derives its notification `gift`                   two items, one of them with badge 16
//     listen       nothing                                           word 0 what has been signalled to `gift`
//     pass_by      forgets what came as items                        word 0 how many came
enum class Request : uint32_t { echo = 1, whose, forward, signal, fill, give, listen, pass_by };

inline constexpr uint64_t window_slots = 2;  // how many items the server takes

}  // namespace ipc_test
