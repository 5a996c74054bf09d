// SPDX-License-Identifier: BSD-2-Clause
// From the vectors to the machine-independent kernel.
#include "abi/types.hpp"
#include "event_trace.hpp"
#include "invariants/invariant_watch.hpp"
#include "panic.hpp"
#include "syscall/system_call.hpp"
#include "syndrome.hpp"

using namespace selene;

namespace {

Fault fault_from(uint64_t esr, uint64_t address) {
    switch (syndrome::Class::of(esr)) {
    case syndrome::system_call: return {abi::FaultKind::unknown_system_call, 0, esr};
    case syndrome::instruction_abort:
    case syndrome::data_abort:
        if (syndrome::FaultStatus::of(esr) != syndrome::alignment_fault)
            return {abi::FaultKind::page_fault, address, esr};
        return {abi::FaultKind::user_exception, address, esr};
    default: return {abi::FaultKind::user_exception, 0, esr};
    }
}

/// On the way out the debug kernel looks whether all is well; not while it is traced, since that takes milliseconds.
Thread* leave(Core& core, Thread& thread) {
    if constexpr (config::debug) {
        static constinit InvariantWatch watch;
        if (event_trace::is_recording()) return &thread;
        if (const Violation violation = watch.after_entry(core); violation.found()) report_violation(violation);
    }
    return &thread;
}

}  // namespace

void machine::repeat_system_call(Thread& thread) {
    own_core.assert_held();  // by who handles the call
    const uint64_t again = ReturnAddress::read() - system_call_bytes;
    ReturnAddress::write(again);  // of a method call it is yet to be saved
    thread.pc = again;
}

/// Nothing is left to do here when the method returns, so its result is this one's.
Result<void> selene_method_call(Core* core, abi::Tag tag, Slot* slot, Thread* thread) asm("selene_method_call");
Result<void> selene_method_call(Core* core, abi::Tag tag, Slot* slot, Thread* thread) {
    auto* place = reinterpret_cast<Invocation*>(core->invocation);
    asm("" : "+r"(place));  // a base for pairs of words
    return try_method(place, *core, *thread, *slot, tag);
}

extern "C" {

// vectors.S has saved all registers, so these need keep none. Their arguments are in x20 to x23: clang's convention, which may
// change with its version, and then nothing boots.
[[clang::preserve_none]] Thread* selene_system_call(Core* core, Thread* thread, uint64_t number) {
    return leave(*core, handle_system_call(*core, *thread, number));
}

[[clang::preserve_none]] Thread* selene_signal(Core* core, Thread* thread, Notification* notification, uint64_t bits) {
    return leave(*core, handle_signal(*core, *thread, *notification, bits));
}

[[clang::preserve_none]] Thread* selene_wait(Core* core, Thread* thread, Notification* notification) {
    return leave(*core, handle_wait(*core, *thread, *notification));
}

[[clang::preserve_none]] Thread* selene_call(Core* core, Thread* thread, Endpoint* endpoint, uint64_t badge) {
    return leave(*core, handle_call(*core, *thread, *endpoint, badge));
}

[[clang::preserve_none]] Thread* selene_reply_receive(Core* core, Thread* thread, Endpoint* endpoint, Reply* reply) {
    return leave(*core, handle_reply_receive(*core, *thread, *endpoint, *reply));
}

Thread* selene_conclude_method(Core* core, uint32_t error) {
    const Refused refused{static_cast<abi::ErrorCode>(error)};
    Thread* next = leave(*core, conclude_method(*core, error == 0 ? Result<void>{} : refused));
    own_core.assert_held();  // by the vector, which masks interrupts
    // Its registers need not be loaded: vectors.S lets it go on by a way of its own.
    if (next == core->entered && next->resume == ResumeKind::message) event_trace::leave(*next);
    return next;
}

[[clang::preserve_none]] Thread* selene_exception(Core* core, Thread* thread, uint64_t esr, uint64_t address) {
    if (syndrome::Class::of(esr) == syndrome::floating_point) {
        if (Thread* next = handle_floating_point_trap(*core, *thread); next != nullptr) return leave(*core, *next);
    }
    return leave(*core, handle_fault(*core, *thread, fault_from(esr, address)));
}

[[clang::preserve_none]] Thread* selene_interrupt(Core* core, Thread* thread) {
    event_trace::enter_by_interrupt(*thread);
    return leave(*core, handle_interrupt_entry(*core, *thread));
}

}  // extern "C"
