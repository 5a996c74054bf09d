// SPDX-License-Identifier: BSD-2-Clause
// Notifications as condition variables.

#include "fake_notifications.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>

namespace {

struct Word {
    uint64_t bits = 0;
    uint64_t to_wake = 0;  // who waits and has been signalled directly
    uint64_t waiters = 0;
    uint64_t signals = 0;
    bool is_gone = false;
};

std::mutex everything;
std::condition_variable changed;
std::map<uint64_t, Word> words;
uint64_t last_index = 0;
uint64_t all_calls = 0;
std::map<uint64_t, uint64_t> priorities;
std::function<void()> before_priority;

sel::Registers refusal(sel::abi::ErrorCode code) {
    return {.x0 = static_cast<uint64_t>(code), .tag = sel::abi::Tag().with_error(), .words = {}, .reply = 0};
}

void signal(Word& word) {
    ++word.signals;
    if (word.waiters > word.to_wake) {
        ++word.to_wake;
        changed.notify_all();
    } else {
        word.bits |= 1;
    }
}

}  // namespace

namespace sel {

Registers simulated_system_call(abi::SystemCall number, const Registers& in) {
    std::unique_lock lock(everything);
    ++all_calls;
    if (number == abi::SystemCall::call && in.tag.label() == static_cast<uint32_t>(abi::ThreadMethod::set_priority)) {
        if (const auto meanwhile = std::exchange(before_priority, nullptr)) {
            lock.unlock();
            meanwhile();
            lock.lock();
        }
        priorities[in.x0] = in.words[0];
        return {};
    }
    const auto found = words.find(in.x0);
    if (found == words.end() || found->second.is_gone) return refusal(abi::ErrorCode::empty_slot);
    Word& word = found->second;
    switch (number) {
    case abi::SystemCall::signal: signal(word); return {};
    case abi::SystemCall::poll: return {.x0 = std::exchange(word.bits, 0)};
    case abi::SystemCall::wait: break;
    default: throw std::logic_error("only notifications are here");
    }
    if (word.bits != 0) return {.x0 = std::exchange(word.bits, 0)};
    ++word.waiters;
    changed.wait(lock, [&] { return word.to_wake != 0 || word.is_gone; });
    --word.waiters;
    if (word.is_gone) return refusal(abi::ErrorCode::cancelled);
    --word.to_wake;
    return {.x0 = 1};
}

}  // namespace sel

FakeNotification::FakeNotification() {
    const std::scoped_lock lock(everything);
    index_ = ++last_index;
    words[index_];
}

FakeNotification::~FakeNotification() { destroy(); }

void FakeNotification::destroy() {
    const std::scoped_lock lock(everything);
    words[index_].is_gone = true;
    changed.notify_all();
}

uint64_t FakeNotification::signals() const {
    const std::scoped_lock lock(everything);
    return words[index_].signals;
}

uint64_t FakeNotification::calls() {
    const std::scoped_lock lock(everything);
    return all_calls;
}

uint64_t FakePriorities::of(sel::Thread thread) {
    const std::scoped_lock lock(everything);
    return priorities[thread.index().raw()];
}

void FakePriorities::before_next(std::function<void()> what) {
    const std::scoped_lock lock(everything);
    before_priority = std::move(what);
}
