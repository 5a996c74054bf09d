// SPDX-License-Identifier: BSD-2-Clause
// Faults of other threads: what they say, and a loop that answers them.
#pragma once

#include <cstdint>
#include <variant>

#include <sel/ending.hpp>
#include <sel/endpoint.hpp>

namespace sel {

enum class FaultAccess : uint64_t { read = 0, write = 1, execute = 2 };

/// A thread has touched what no mapping allows.
struct PageFault {
    uint64_t address;
    FaultAccess access;
    uint64_t pc;
};
/// A thread has made a system call that there is not: how components end (sel/ending.hpp).
struct UnknownSystemCall {
    uint64_t number;
    uint64_t pc;
};
/// An undefined instruction, a misaligned access, a breakpoint, or floating point that the thread was not given.
struct UserException {
    uint64_t syndrome;
    uint64_t pc;
};
/// A thread has no time any more.
struct TimeoutFault {
    uint64_t consumed;  ///< ticks
    abi::TimeoutCause cause;
};

using Fault = std::variant<PageFault, UnknownSystemCall, UserException, TimeoutFault>;

/// What a fault's message says. Only for messages that arrived as a fault: the kernel alone can make those.
[[nodiscard]] Fault read_fault(const Message& message);

/// What becomes of a thread that has faulted.
enum class Verdict : uint32_t {
    resume = 0,  ///< it goes on where it was, and does the same again
    stay = 1,    ///< it stays as it is
};

/// Answers faults until the endpoint is gone, and returns why. `handler` has a member
///     Verdict fault(uint64_t badge, const Fault& fault)
/// The badge is that of the fault endpoint in the thread's task: it tells whose fault it is. A message that is no
/// fault, which a task could send that holds the endpoint for other purposes, is answered with `stay`.
///
/// Rights: R on the endpoint, W on the reply. Errors: those of Endpoint::receive.
///
/// Example: let every thread that has used up its time go on, and no other.
///
///     struct Patience {
///         sel::Verdict fault(uint64_t, const sel::Fault& fault) {
///             return std::holds_alternative<sel::TimeoutFault>(fault) ? sel::Verdict::resume : sel::Verdict::stay;
///         }
///     };
///
///     sel::Result<void> be_patient(sel::Endpoint faults, sel::Reply reply) {
///         Patience patience;
///         return sel::serve_faults(faults, reply, patience);
///     }
template <typename Handler>
Result<void> serve_faults(Endpoint faults, Reply reply, Handler& handler) {
    Result<Received> next = faults.receive(reply);
    while (next) {
        Verdict verdict = Verdict::stay;
        if (next->arrival == Arrival::fault) verdict = handler.fault(next->badge, read_fault(next->message));
        next = faults.reply_receive(reply, Message(verdict));
        // Who was to be answered may be gone: that ends nothing.
        if (!next) next = faults.receive(reply);
    }
    return refused(next.error());
}

}  // namespace sel
