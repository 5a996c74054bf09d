// SPDX-License-Identifier: BSD-2-Clause
// Where assembly finds things in a thread, a core, an invocation and the report area; layout_check.cpp and panic.cpp compare each with the C++ type.
#pragma once

#define THREAD_PRESERVED 0
#define THREAD_X29 80
#define THREAD_X30 88
#define THREAD_SP 96
#define THREAD_TLS 112
#define THREAD_ENTRY_SCRATCH 120
#define THREAD_SUMMARY 128
#define THREAD_RESUME 132
#define THREAD_REGISTERS 192
#define THREAD_FPCR 420
#define THREAD_VECTORS 512
#define RESUME_ALL 1
#define SUMMARY_USES_FPU 14
#define CORE_FPU_OWNER 24
#define CORE_STACK_TOP 0x4000
#define CORE_WORD_FPU_LIVE 0x2000
#define INVOCATION_RESULT_LENGTH 28
#define STACK_ENTERED 32
#define STACK_CURRENT 40
#define TRACE_RECORDING 8
#define REPORT_SP 248
#define REPORT_AREA_SIZE 4096

#define SYSTEM_CALL_CALL 0
#define SYSTEM_CALL_REPLY_RECEIVE 1
#define SYSTEM_CALL_WAIT 6
#define SYSTEM_CALL_POLL 7
#define SYSTEM_CALL_SIGNAL 8
#define SYSTEM_CALL_YIELD 9
#define SYSTEM_CALL_COUNT 10
#define ERROR_EMPTY_SLOT 1
#define TAG_ERROR 0x80000000
#define TAG_LENGTH 0x7f
#define REGISTER_WORDS 8

// What lets user code have the floating-point registers, and what traps its access: of CPACR_EL1 or CPTR_EL2.
#if SELENE_EL == 1
#define FPU_CONTROL cpacr_el1
#define FPU_ON 0x300000
#define FPU_OFF 0
#else
#define FPU_CONTROL cptr_el2
#define FPU_ON 0x33ff
#define FPU_OFF 0x37ff
#endif
