// SPDX-License-Identifier: BSD-2-Clause
// Faults out of their messages.

#include <sel/fault.hpp>

namespace sel {

Fault read_fault(const Message& message) {
    switch (static_cast<abi::FaultKind>(message.label())) {
    case abi::FaultKind::page_fault:
        return PageFault{message.word(0), static_cast<FaultAccess>(message.word(1)), message.word(2)};
    case abi::FaultKind::unknown_system_call: return UnknownSystemCall{message.word(0), message.word(1)};
    case abi::FaultKind::user_exception: return UserException{message.word(0), message.word(1)};
    case abi::FaultKind::timeout: return TimeoutFault{message.word(0), static_cast<abi::TimeoutCause>(message.word(1))};
    }
    return UserException{message.word(0), message.word(1)};
}

}  // namespace sel
