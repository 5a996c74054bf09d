// SPDX-License-Identifier: BSD-2-Clause
// Where assembly finds things in a thread and a core; layout_check.cpp compares each with the C++ type.
#pragma once

#define THREAD_PRESERVED 0
#define THREAD_X29 80
#define THREAD_X30 88
#define THREAD_SP 96
#define THREAD_TLS 112
#define THREAD_ENTRY_SCRATCH 120
#define THREAD_RESUME 132
#define THREAD_REGISTERS 192
#define THREAD_FPCR 420
#define THREAD_VECTORS 512
#define RESUME_ALL 1
#define CORE_STACK_TOP 0x4000

#define SYSTEM_CALL_CALL 0
#define SYSTEM_CALL_REPLY_RECEIVE 1
#define SYSTEM_CALL_COUNT 10
