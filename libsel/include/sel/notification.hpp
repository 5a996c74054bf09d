// SPDX-License-Identifier: BSD-2-Clause
// Notifications: a word of bits that signals set and a wait takes.
#pragma once

#include <sel/endpoint.hpp>

namespace sel {

/// A word of bits. Each capability's badge says which bits its signals set; without a badge it is the lowest. Signals
/// never wait and are never lost, but those that set the same bit before anybody looks are one. bind() and unbind() are
/// the generated ones.
///
/// Every operation may also refuse with empty_slot, index_out_of_range, wrong_type or missing_right.
///
/// Example: wait for two events, whichever comes first.
///
///     sel::Result<void> wait_for_both(sel::Notification events, uint64_t one, uint64_t other) {
///         uint64_t seen = 0;
///         while ((seen & one) == 0 || (seen & other) == 0) {
///             SEL_TRY(bits, events.wait());
///             seen |= bits;
///         }
///         return {};
///     }
class Notification : public stub::Notification {
public:
    using stub::Notification::Notification;

    /// Sets the bits of this capability's badge. Rights: W.
    Result<void> signal() const;

    /// Waits until a bit is set, and returns all that are and clears them. Rights: R. Errors: cancelled.
    [[nodiscard]] Result<uint64_t> wait() const;

    /// Returns and clears the bits that are set, zero if none is. Rights: R.
    [[nodiscard]] Result<uint64_t> poll() const;
};

/// Lets the next ready thread of the same priority run.
inline void yield() { short_system_call<abi::SystemCall::yield>(0); }

inline Result<void> Notification::signal() const {
    SEL_TRY_VOID(detail::checked(short_system_call<abi::SystemCall::signal>(index().raw())));
    return {};
}

inline Result<uint64_t> Notification::wait() const {
    SEL_TRY(out, detail::checked(short_system_call<abi::SystemCall::wait>(index().raw())));
    return out.x0;
}

inline Result<uint64_t> Notification::poll() const {
    SEL_TRY(out, detail::checked(short_system_call<abi::SystemCall::poll>(index().raw())));
    return out.x0;
}

}  // namespace sel
