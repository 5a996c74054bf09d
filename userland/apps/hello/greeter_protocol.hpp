// SPDX-License-Identifier: BSD-2-Clause
// The protocol between the greeter and its clients.
#pragma once

#include <cstdint>

namespace greeter {

//     operation  request                                     answer
//     add        label 1, words 0 and 1                      label 0, word 0 their sum, word 1 how often this client has called
//     greet      label 2, a frame of 4 KiB as item, in which label 0; the frame holds the greeting, ended by a zero byte
//                the client has written its name, ended by
//                a zero byte
enum class Operation : uint32_t { add = 1, greet = 2 };
enum class Answer : uint32_t { done = 0, not_understood = 1, refused = 2 };

inline constexpr uint64_t page_bytes = 4096;

}  // namespace greeter
