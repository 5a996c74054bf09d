// SPDX-License-Identifier: BSD-2-Clause
// The simulated machine's hot path and long path: registers are words in memory.
#include "hot_entry.hpp"

#include <algorithm>

#include "ipc/hot_switch.hpp"
#include "simulated_machine.hpp"

namespace selene::machine {

namespace {

using abi::SystemCall;
using hot::Fpu;
using hot::Look;

constexpr unsigned reply_register = 10;

Thread* the_caller = nullptr;

class HotPath {
public:
    HotPath(Core& core, Thread& thread) : core_(core), thread_(thread), x_(thread.registers.x) {}

    /// The thread that goes on; null if nothing has been done or found.
    Thread* enter(SystemCall number) SELENE_REQUIRES(own_core) {
        switch (number) {
        case SystemCall::signal: return signal();
        case SystemCall::wait:
        case SystemCall::poll: return take(number);
        case SystemCall::yield: return hot::may_go_on() ? &go_on(thread_, 0, {}) : nullptr;
        case SystemCall::call: return call();
        case SystemCall::reply_receive: return reply_receive();
        default: return nullptr;
        }
    }

private:
    Thread* signal() SELENE_REQUIRES(own_core) {
        hot::Bits found{};
        const Look look = hot::find_signalled(x_[0], found);
        if (look == Look::nothing) return nullptr;
        if (look == Look::object) return &handle_signal(core_, thread_, *found.notification, found.bits);
        hot::set(found);
        return &go_on(thread_, 0, {});
    }

    Thread* take(SystemCall number) SELENE_REQUIRES(own_core) {
        hot::Bits found{};
        const Look look = hot::find_taken(x_[0], static_cast<uint64_t>(number), found);
        if (look == Look::nothing) return nullptr;
        if (look == Look::object) return &handle_wait(core_, thread_, *found.notification);
        hot::take(found);
        return &go_on(thread_, found.bits, {});
    }

    Thread* call() SELENE_REQUIRES(own_core) {
        hot::Partner receiver{};
        const Look look = hot::is_short(x_[1]) ? hot::find_receiver<Fpu::unused>(x_[0], receiver) : Look::nothing;
        if (look == Look::object) return &handle_call(core_, thread_, *receiver.endpoint, receiver.badge);
        if (look == Look::capability) return nullptr;
        if (look == Look::nothing) return long_call();
        hot::pass_call(receiver);
        return &pass_words(*receiver.thread, receiver.badge);
    }

    Thread* long_call() SELENE_REQUIRES(own_core) {
        hot::Partner receiver{};
        if (!hot::is_plain(x_[1]) || hot::find_receiver<Fpu::may_be_used>(x_[0], receiver) != Look::ready)
            return nullptr;
        if (!hot::carry_rest(&thread_, receiver.thread, x_[1])) return nullptr;
        const uint64_t fpu = (calling_core_word() | receiver.summary) & hot::used_fpu;
        hot::pass_call(receiver);
        if (fpu != 0) hot::pass_fpu(fpu, &thread_, receiver.thread);
        return &pass_words(*receiver.thread, receiver.badge);
    }

    Thread* reply_receive() SELENE_REQUIRES(own_core) {
        hot::Partner caller{};
        const uint64_t reply = x_[reply_register];
        const Look look = hot::is_short(x_[1]) ? hot::find_caller<Fpu::unused>(x_[0], reply, caller) : Look::nothing;
        if (look == Look::object) return &handle_reply_receive(core_, thread_, *caller.endpoint, *caller.reply);
        if (look == Look::nothing) return long_reply_receive();
        hot::pass_answer(caller, x_[0]);
        return &pass_words(*caller.thread, 0);
    }

    Thread* long_reply_receive() SELENE_REQUIRES(own_core) {
        hot::Partner caller{};
        const uint64_t reply = x_[reply_register];
        if (!hot::is_plain(x_[1]) || hot::find_caller<Fpu::may_be_used>(x_[0], reply, caller) != Look::ready)
            return nullptr;
        if (!hot::carry_rest(&thread_, caller.thread, x_[1])) return nullptr;
        const uint64_t fpu = (calling_core_word() | caller.summary) & hot::used_fpu;
        hot::pass_answer(caller, x_[0]);
        if (fpu != 0) hot::pass_fpu(fpu, &thread_, caller.thread);
        return &pass_words(*caller.thread, 0);
    }

    /// Tag and words of the call are the partner's now.
    Thread& pass_words(Thread& partner, uint64_t result) SELENE_REQUIRES(own_core) {
        std::copy_n(x_ + 2, abi::register_words, partner.registers.x + 2);
        return go_on(partner, result, abi::Tag(x_[1]));
    }

    /// Who goes on is known to the machine's registers alone; here the checks of the kernel ask for it.
    Thread& go_on(Thread& next, uint64_t result, abi::Tag tag) SELENE_REQUIRES(own_core) {
        ++simulated().hot_calls;
        core_.current = &next;
        next.registers.x[0] = result;
        next.registers.x[1] = tag.raw();
        return next;
    }

    Core& core_;
    Thread& thread_;
    uint64_t* x_;
};

}  // namespace

Thread* calling_thread() { return the_caller; }

void copy_words(const uint64_t* from, uint64_t* to, uint64_t count) { std::copy_n(from, count, to); }

Thread& enter_by_hot_path(Core& core, Thread& thread, SystemCall number) {
    own_core.assert_held();
    if (direct_switches()) {
        the_caller = &thread;
        if (Thread* next = HotPath(core, thread).enter(number); next != nullptr) return *next;
    }
    return handle_system_call(core, thread, static_cast<uint64_t>(number));
}

}  // namespace selene::machine
