// SPDX-License-Identifier: BSD-2-Clause
// The offsets that assembly uses, against the types they belong to.
#include "machine.hpp"
#include "object/thread.hpp"
#include "scheduling/core.hpp"
#include "syscall/invocation.hpp"
#include "thread_layout.hpp"

namespace selene {

static_assert(offsetof(Thread, preserved) == THREAD_PRESERVED);
static_assert(offsetof(Thread, preserved[10]) == THREAD_X29 && offsetof(Thread, preserved[11]) == THREAD_X30);
static_assert(offsetof(Thread, sp) == THREAD_SP && offsetof(Thread, pc) == THREAD_SP + 8);
static_assert(offsetof(Thread, tls) == THREAD_TLS);
static_assert(offsetof(Thread, entry_scratch) == THREAD_ENTRY_SCRATCH);
static_assert(offsetof(Thread, resume) == THREAD_RESUME);
static_assert(offsetof(Thread, registers) == THREAD_REGISTERS && offsetof(Registers, pstate) == 152);
static_assert(offsetof(Thread, fpcr) == THREAD_FPCR && offsetof(Thread, fpsr) == THREAD_FPCR + 4);
static_assert(offsetof(Thread, vectors) == THREAD_VECTORS);
static_assert(static_cast<uint32_t>(ResumeKind::all) == RESUME_ALL);
static_assert(offsetof(Thread, summary) == THREAD_SUMMARY);
static_assert(uint32_t{state_uses_fpu} << state_shift == 1u << SUMMARY_USES_FPU);
static_assert(offsetof(Core, fpu_owner) == CORE_FPU_OWNER && machine::fpu_live == CORE_WORD_FPU_LIVE);
static_assert(machine::fpu_on_value == FPU_ON && machine::fpu_off_value == FPU_OFF);
static_assert(Core::stack_top == CORE_STACK_TOP);
static_assert(offsetof(Core, entered) == CORE_STACK_TOP + STACK_ENTERED);
static_assert(offsetof(Core, current) == CORE_STACK_TOP + STACK_CURRENT);
static_assert(offsetof(Core, reschedule) == offsetof(Core, current) + 8);
// Every compiler lays references out as it does pointers.
#pragma clang diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(Invocation, result_length) == INVOCATION_RESULT_LENGTH);
static_assert(sizeof(Invocation) <= sizeof(Core::invocation));
static_assert(static_cast<unsigned>(abi::SystemCall::call) == SYSTEM_CALL_CALL);
static_assert(static_cast<unsigned>(abi::SystemCall::reply_receive) == SYSTEM_CALL_REPLY_RECEIVE);
static_assert(static_cast<unsigned>(abi::SystemCall::wait) == SYSTEM_CALL_WAIT);
static_assert(static_cast<unsigned>(abi::SystemCall::poll) == SYSTEM_CALL_POLL);
static_assert(static_cast<unsigned>(abi::SystemCall::signal) == SYSTEM_CALL_SIGNAL);
static_assert(static_cast<unsigned>(abi::SystemCall::yield) == SYSTEM_CALL_YIELD);
static_assert(abi::system_call_count == SYSTEM_CALL_COUNT);
static_assert(static_cast<unsigned>(abi::ErrorCode::empty_slot) == ERROR_EMPTY_SLOT);
static_assert(abi::Tag{}.with_error().raw() == TAG_ERROR);
static_assert(abi::Tag(~uint64_t{0}).length() == TAG_LENGTH && abi::Tag(TAG_LENGTH).length() == TAG_LENGTH);
static_assert(abi::register_words == REGISTER_WORDS);

}  // namespace selene
