// SPDX-License-Identifier: BSD-2-Clause
// Writes events down. vectors.S calls it with the registers that count put away.
#include "event_trace.hpp"

#include "counter.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"
#include "syndrome.hpp"
#include "thread_layout.hpp"

#if SELENE_DEBUG

namespace selene::event_trace {

static_assert(offsetof(abi::KernelTrace, recording) == TRACE_RECORDING);

constinit abi::KernelTrace* selene_trace = nullptr;

bool is_recording() {
    const volatile abi::KernelTrace* trace = selene_trace;
    return trace != nullptr && trace->recording != 0;
}

void record(abi::KernelEventKind kind, unsigned number, const Thread* thread, uint64_t detail) {
    if (!is_recording()) return;
    volatile abi::KernelTrace* trace = selene_trace;
    // Its own count: what lies in the block, the reader may change.
    static constinit uint64_t written = 0;
    volatile abi::KernelEvent& event = trace->events[written % abi::KernelTrace::capacity];
    event.time = VirtualCount::read();
    event.thread = machine::this_core().kernel->identities.of_object(thread).value();
    event.what = abi::KernelEvent::what_of(kind, number);
    event.detail = detail;
    trace->written = ++written;
}

namespace {

/// The other cores wait all the time.
void record_of_boot_core(abi::KernelEventKind kind) {
    if (selene_trace != nullptr && machine::this_core().id == CoreId(0)) record(kind, 0, nullptr, 0);
}

}  // namespace

extern "C" {

/// From vectors.S: user code of `thread` has called the kernel, or made a mistake. `syndrome`: the class and what comes
/// with it; x0 and x1 as they were.
void selene_trace_synchronous(const Thread* thread, uint64_t syndrome, uint64_t x0, uint64_t x1) {
    const uint64_t kind = syndrome::Class::of(syndrome);
    const uint64_t number = syndrome & 0xffff;
    if (kind != syndrome::system_call || number >= abi::system_call_count)
        return record(abi::KernelEventKind::exception, static_cast<unsigned>(kind), thread, 0);
    constexpr uint64_t label = ~uint64_t{0} << 32;
    record(abi::KernelEventKind::system_call, static_cast<unsigned>(number), thread,
           (x1 & label) | static_cast<uint32_t>(x0));
}

/// From vectors.S and the hot path: `thread` goes on.
void selene_trace_leave(const Thread* thread) { leave(*thread); }

/// From machine::wait_for_interrupt.
void selene_trace_idle() { record_of_boot_core(abi::KernelEventKind::idle); }
void selene_trace_awake() { record_of_boot_core(abi::KernelEventKind::awake); }

}  // extern "C"

}  // namespace selene::event_trace

#endif
