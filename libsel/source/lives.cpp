// SPDX-License-Identifier: BSD-2-Clause
// Telling of deaths, and looking who has died.

#include <sel/lives.hpp>

#include <bit>

namespace sel {

namespace {

Result<void> check_number(uint32_t number) {
    if (number - 1 < Lives::most_partners) return {};
    return refused({abi::ErrorCode::argument_out_of_range, 1, Lives::most_partners});
}

}  // namespace

Result<void> Lives::check() const {
    const uint64_t gone = dead();
    if (gone == 0) return {};
    return refused({LibraryError::partner_died, static_cast<uint64_t>(std::countr_zero(gone)) + 1});
}

/// Who is about to wait looks here before, and the signal is still there when it waits: nobody misses it.
Result<void> LivesKeeper::died(uint32_t number) {
    SEL_TRY_VOID(check_number(number));
    state_.dead_.fetch_or(Lives::bit(number), std::memory_order_release);  // pairs with Lives::dead
    Result<void> result;
    for (const Notification& bell : bells_) {
        if (const auto signalled = bell.signal(); !signalled && result) result = signalled;
    }
    return result;
}

Result<void> LivesKeeper::forget(uint32_t number) {
    SEL_TRY_VOID(check_number(number));
    state_.dead_.fetch_and(~Lives::bit(number), std::memory_order_release);
    return {};
}

}  // namespace sel
