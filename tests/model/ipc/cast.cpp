// SPDX-License-Identifier: BSD-2-Clause
// From a deed to what society makes of it.
#include "cast.hpp"

#include <algorithm>
#include <utility>

namespace selene::ipc_model {

using Kind = Deed::Kind;
using abi::ErrorCode;

namespace {

bool is_talk(Kind kind) { return kind <= Kind::fault; }
bool is_of_outside(Kind kind) { return kind == Kind::pass || kind == Kind::pass_late || kind == Kind::interrupt; }

}  // namespace

bool Cast::is_possible(const Deed& deed) const {
    if (is_of_outside(deed.kind)) return true;
    if (society.current == nullptr) return false;
    const bool first = society.current == &threads[0];
    switch (deed.kind) {
    case Kind::call:
    case Kind::send:
    case Kind::receive:
    case Kind::reply_receive:
    case Kind::fault: return !first;
    case Kind::wait: return !first || (deed.what == 0 && !device_is_quiet);
    case Kind::suspend:
    case Kind::resume: return deed.what != 0 && threads.at(deed.what).exists && threads[deed.what].started;
    case Kind::set_priority: return threads.at(deed.what).exists && (deed.what != 0 || deed.y == 255);
    case Kind::bind_context: return deed.what != 0 && contexts.at(deed.what).exists && threads.at(deed.with).exists;
    case Kind::unbind_context:
    case Kind::configure: return deed.what != 0 && contexts.at(deed.what).exists;
    case Kind::yield_to: return contexts.at(deed.what).exists && society.current->asks_again == nullptr;
    case Kind::consumed: return deed.what != 0 && contexts.at(deed.what).exists;
    case Kind::bind_notification: return notifications.at(deed.what).exists && threads.at(deed.with).exists;
    case Kind::unbind_notification: return notifications.at(deed.what).exists;
    case Kind::cancel_sends: return endpoints.at(deed.what).exists;
    case Kind::look_after: return deed.with != 0 && endpoints.at(deed.what).exists;
    case Kind::look_away: return deed.with != 0;
    case Kind::thread:
    case Kind::context:
    case Kind::notification: return deed.what != 0;
    default: return true;
    }
}

std::optional<Answer> Cast::apply(const Deed& deed) {
    std::optional<Answer> answer;
    if (deed.kind == Kind::pass || deed.kind == Kind::pass_late) {
        pass(deed);
        return answer;
    }
    if (deed.kind == Kind::interrupt) {
        if (!device_is_quiet) society.interrupted(notifications[0], device_bits);
        device_is_quiet = true;
        return answer;
    }
    if (is_talk(deed.kind)) {
        talk(deed);
    } else {
        society.current->words_known = false;
        answer =
            deed.kind >= Kind::thread && deed.kind <= Kind::context ? (come_or_go(deed), std::nullopt) : invoke(deed);
    }
    society.leave();
    return answer;
}

std::optional<Answer> Cast::go_on() {
    Thread& thread = *society.current;
    if (std::exchange(thread.calls_again, false)) {
        const auto number = static_cast<size_t>(thread.called.endpoint - endpoints.data());
        if (thread.called.endpoint->exists) {
            society.call(thread.called);
        } else {
            refuse_empty(0, slots.endpoints.at(number) + thread.called.badge);
        }
        society.leave();
        return std::nullopt;
    }
    Context& context = *std::exchange(thread.asks_again, nullptr);
    const auto number = static_cast<size_t>(&context - contexts.data());
    const Answer answer = context.exists ? *society.yield_to(context, true)
                                         : Answer::refused(ErrorCode::empty_slot, 0, slots.contexts.at(number));
    society.leave();
    return answer;
}

// --- Talk ----------------------------------------------------------------------------------------------------------

bool Cast::talk(const Deed& deed) {
    Thread& thread = *society.current;
    if (deed.kind == Kind::fault) {
        society.fault(static_cast<abi::FaultKind>(deed.what), deed.x, deed.y);
        return true;
    }
    // What is said is in its registers, whether it is heard or not; the rest is 0, as the library has it.
    thread.message.tag = abi::Tag{}.with_length(deed.length).with_label(deed.label);
    if (deed.must_arrive) thread.message.tag = thread.message.tag.with_must_arrive();
    for (size_t i = 0; i < abi::register_words; ++i) thread.message.words[i] = i < deed.length ? deed.x + i : 0;
    for (size_t i = abi::register_words; i < deed.length; ++i) thread.buffer[i - abi::register_words] = deed.x + i;
    thread.words_known = true;
    if (deed.kind == Kind::yield) return society.yield(), true;
    return talk_through_endpoint(deed) || talk_through_notification(deed);
}

bool Cast::refuse_empty(uint64_t argument, uint64_t slot) {
    Thread& thread = *society.current;
    thread.x0 = static_cast<uint64_t>(ErrorCode::empty_slot);
    thread.message.tag = abi::Tag{}.with_error();
    thread.message.words[0] = argument;
    thread.message.words[1] = slot;
    thread.message.words[2] = 0;
    return true;
}

bool Cast::talk_through_endpoint(const Deed& deed) {
    if (deed.kind > Kind::answer) return false;
    const bool receives = deed.kind >= Kind::receive && deed.kind <= Kind::reply_receive;
    Reply* reply = nullptr;
    if (deed.kind == Kind::answer) {
        if (!replies.at(deed.what).exists) return refuse_empty(0, slots.replies[deed.what]);
        return society.answer(replies[deed.what]), true;
    }
    Endpoint& endpoint = endpoints.at(deed.what);
    if (!endpoint.exists) return refuse_empty(0, slots.endpoints[deed.what] + deed.door);
    if (receives && deed.with != no_reply) {
        reply = &replies.at(deed.with);
        if (!reply->exists) return refuse_empty(2, slots.replies[deed.with]);
    }
    const Door door{&endpoint, deed.door};
    if (deed.kind == Kind::call) society.call(door);
    if (deed.kind == Kind::send || deed.kind == Kind::try_send) society.send(door, deed.kind == Kind::send);
    if (deed.kind == Kind::reply_receive) return society.answer_and_receive(endpoint, reply), true;
    if (receives) society.receive(endpoint, reply, deed.kind == Kind::receive);
    return true;
}

bool Cast::talk_through_notification(const Deed& deed) {
    Notification& notification = notifications.at(deed.what);
    if (!notification.exists) {
        refuse_empty(0, slots.notifications[deed.what] + deed.door);
    } else if (deed.kind == Kind::signal) {
        society.signal(notification, deed.door != 0 ? deed.door : 1);
    } else {
        society.wait(notification, deed.kind == Kind::wait);
    }
    return true;
}

// --- Methods -------------------------------------------------------------------------------------------------------

std::optional<Answer> Cast::invoke(const Deed& deed) {
    switch (deed.kind) {
    case Kind::suspend: return society.suspend(threads.at(deed.what));
    case Kind::resume: return society.resume(threads.at(deed.what));
    case Kind::set_priority:
        return society.set_priority(threads.at(deed.what), static_cast<uint8_t>(deed.x), static_cast<uint8_t>(deed.y));
    case Kind::bind_context: return society.bind(contexts.at(deed.what), threads.at(deed.with));
    case Kind::unbind_context: return society.unbind(contexts.at(deed.what));
    case Kind::configure: return society.configure(contexts.at(deed.what), deed.x, deed.y, deed.length);
    case Kind::consumed: return society.consumed(contexts.at(deed.what));
    case Kind::yield_to: {
        Thread& thread = *society.current;
        const auto answer = society.yield_to(contexts.at(deed.what), false);
        if (!answer) thread.asks_again = &contexts[deed.what];
        return answer;
    }
    default: return invoke_at_meeting(deed);
    }
}

std::optional<Answer> Cast::invoke_at_meeting(const Deed& deed) {
    constexpr uint64_t first_place = 2;  // of the fault endpoint in a task
    switch (deed.kind) {
    case Kind::bind_notification: return society.bind(notifications.at(deed.what), threads.at(deed.with));
    case Kind::unbind_notification: return society.unbind(notifications.at(deed.what));
    case Kind::cancel_sends: society.cancel_sends(endpoints.at(deed.what), deed.door); return Answer{};
    case Kind::look_after: {
        auto& door = deed.x == 0 ? threads.at(deed.with).fault_door : threads.at(deed.with).timeout_door;
        if (door) return Answer::refused(ErrorCode::occupied_slot, 1, first_place + deed.x);
        door = Door{&endpoints.at(deed.what), deed.door};
        return Answer{};
    }
    case Kind::look_away: {
        auto& door = deed.x == 0 ? threads.at(deed.with).fault_door : threads.at(deed.with).timeout_door;
        if (!door) return Answer::refused(ErrorCode::empty_slot, 1, first_place + deed.x);
        door.reset();
        return Answer{};
    }
    case Kind::acknowledge: device_is_quiet = false; return Answer{};
    default: return Answer{};
    }
}

// --- What comes and goes ---------------------------------------------------------------------------------------------

void Cast::come_or_go(Thread& thread, uint64_t priority) {
    if (thread.exists && thread.started) return society.end(thread);
    thread.exists = true;
    thread.priority = static_cast<uint8_t>(priority);
    thread.maximum = 255;
    society.start(thread);
}

void Cast::come_or_go(const Deed& deed) {
    const auto toggle = [&](auto& thing) { thing.exists ? society.end(thing) : void(thing.exists = true); };
    switch (deed.kind) {
    case Kind::thread: return come_or_go(threads.at(deed.what), deed.x);
    case Kind::endpoint: {
        Endpoint& endpoint = endpoints.at(deed.what);
        for (Thread& thread : threads) {
            for (auto* door : {&thread.fault_door, &thread.timeout_door}) {
                if (*door && (*door)->endpoint == &endpoint) door->reset();
            }
        }
        return toggle(endpoint);
    }
    case Kind::reply: return toggle(replies.at(deed.what));
    case Kind::notification: return toggle(notifications.at(deed.what));
    case Kind::context: return toggle(contexts.at(deed.what));
    default: return;
    }
}

void Cast::pass(const Deed& deed) {
    if (deed.kind == Kind::pass_late) return society.pass(deed.x);
    for (uint64_t left = deed.x; left > 0;) {
        const uint64_t ticks = std::min(left, society.deadline - society.now);
        society.pass(ticks);
        left -= ticks;
    }
}

}  // namespace selene::ipc_model
