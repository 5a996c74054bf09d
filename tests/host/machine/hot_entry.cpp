// SPDX-License-Identifier: BSD-2-Clause
// What a hot path looks at, in plain C++: see arch-aarch64/hot_path.cpp.
#include "hot_entry.hpp"

#include "capability/capability_space.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"

namespace selene::machine {

namespace {

using abi::SystemCall;

constexpr unsigned reply_register = 10;

class Look {
public:
    Look(Core& core, Thread& thread) : core_(core), thread_(thread) {}

    /// The thread that goes on, null if it has found nothing.
    Thread* enter(SystemCall number) {
        switch (number) {
        case SystemCall::signal: return signal();
        case SystemCall::wait: return wait();
        case SystemCall::call: return call();
        case SystemCall::reply_receive: return reply_receive();
        default: return nullptr;
        }
    }

private:
    /// What an index names in a flat table, if it is of this type and allows this.
    Capability find(uint64_t index, CapType type, Rights rights) {
        const Slot* slot = thread_.task != nullptr ? look_up_flat(*thread_.task, CapIndex(index)) : nullptr;
        if (slot == nullptr || slot->type() != type || !slot->capability().allows(rights)) return {};
        return slot->capability();
    }
    bool is_short() const { return static_cast<uint32_t>(thread_.registers.x[1]) <= abi::register_words; }

    Thread* signal() {
        const Capability found = find(thread_.registers.x[0], CapType::notification, rights::write);
        if (found.empty() || found.object<Notification>()->idle()) return nullptr;
        const uint64_t badge = found.word1();
        return &handle_signal(core_, thread_, *found.object<Notification>(), badge != 0 ? badge : 1);
    }

    Thread* wait() {
        const Capability found = find(thread_.registers.x[0], CapType::notification, rights::read);
        if (found.empty() || found.object<Notification>()->bits != 0) return nullptr;
        return &handle_wait(core_, thread_, *found.object<Notification>());
    }

    Thread* call() {
        const Capability found = find(thread_.registers.x[0], CapType::endpoint, rights::write | rights::reply);
        if (!is_short() || found.empty() || !found.object<Endpoint>()->passive_receivers.empty()) return nullptr;
        return &handle_call(core_, thread_, *found.object<Endpoint>(), found.word1());
    }

    Thread* reply_receive() {
        const Capability found = find(thread_.registers.x[0], CapType::endpoint, rights::read);
        const Capability reply =
            find(thread_.registers.x[reply_register], CapType::reply, rights::read | rights::write);
        if (!is_short() || found.empty() || reply.empty() || reply.object<Reply>() != thread_.reply) return nullptr;
        Endpoint& endpoint = *found.object<Endpoint>();
        if (thread_.bound != nullptr && thread_.bound->bits != 0) return nullptr;
        if (!endpoint.passive_receivers.empty() || !endpoint.donors.empty()) return nullptr;
        if (thread_.reply->caller == nullptr || thread_.reply->settled != Settled::no) return nullptr;
        return &handle_reply_receive(core_, thread_, endpoint, *thread_.reply);
    }

    Core& core_;
    Thread& thread_;
};

}  // namespace

Thread& enter_by_hot_path(Core& core, Thread& thread, SystemCall number) {
    own_core.assert_held();
    Thread* next = Look(core, thread).enter(number);
    return next != nullptr ? *next : handle_system_call(core, thread, static_cast<uint64_t>(number));
}

}  // namespace selene::machine
