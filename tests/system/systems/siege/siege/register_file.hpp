// SPDX-License-Identifier: BSD-2-Clause
// All registers of a thread, put in before it enters the kernel and taken out when it goes on.
#pragma once

#include <array>
#include <cstdint>

namespace siege {

struct alignas(16) RegisterFile {
    std::array<uint64_t, 31> x;  ///< x0 to x30
    uint64_t flags;              ///< NZCV
    std::array<uint64_t, 64> v;  ///< v0 to v31, two halves each
};

/// What a thread has when it enters the kernel, and what it finds when it goes on.
struct Passage {
    RegisterFile before;
    RegisterFile after;
};

/// Ways into the kernel. Each loads all registers, enters, and stores all registers.
using Way = void (*)(Passage& passage);

void by_call(Passage& passage);           // x0 endpoint
void by_reply_receive(Passage& passage);  // x0 endpoint, x10 Reply
void by_send(Passage& passage);
void by_receive(Passage& passage);
void by_wait(Passage& passage);  // x0 notification
void by_signal(Passage& passage);
void by_poll(Passage& passage);
void by_yield(Passage& passage);
void by_unknown_call(Passage& passage);  // a fault, as the next two
void by_undefined(Passage& passage);
void by_page_fault(Passage& passage);
void by_interrupt(Passage& passage);  // the timer's: x0 says until when to wait for it

// The same without a touch of v0 to v31.
void by_plain_call(Passage& passage);
void by_plain_reply_receive(Passage& passage);

/// Where a thread may begin: x0 is its Passage; it stores its registers as it finds them, signals what before.x[0] names
/// and waits for what before.x[1] names.
void begin_by_storing();

}  // namespace siege
