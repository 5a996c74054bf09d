// SPDX-License-Identifier: BSD-2-Clause
// Messages, signals and faults: who meets whom, and what each has then.
#include <algorithm>
#include <utility>

#include "society.hpp"

namespace selene::ipc_model {

using abi::ErrorCode;
using abi::Tag;

namespace {

/// The first of those that a condition holds for, by priority, then by coming.
template <class Condition>
Thread* foremost_of(const std::vector<Thread*>& threads, const Condition& condition) {
    std::vector<Thread*> those;
    std::ranges::copy_if(threads, std::back_inserter(those), [&](const Thread* it) { return condition(*it); });
    return foremost(those);
}

bool is_donor(const Thread& thread) { return thread.doing == Doing::calls || thread.doing == Doing::faults; }
/// A server without time of its own takes who brings some; who has no Reply takes who wants no answer; others take both.
bool takes_donors(const Thread& thread) { return thread.doing == Doing::receives && thread.reply != nullptr; }
bool takes_senders(const Thread& thread) { return thread.doing == Doing::receives && thread.own != nullptr; }
bool is_passive(const Thread& thread) { return thread.own == nullptr; }

Thread* receiver_for_donor(const Endpoint& endpoint) {
    Thread* passive = foremost_of(endpoint.waiters, [](const Thread& it) {
        return (takes_donors(it) && is_passive(it)) || it.doing == Doing::unfinished;
    });
    return passive != nullptr ? passive : foremost_of(endpoint.waiters, takes_donors);
}

Thread* receiver_for_sender(const Endpoint& endpoint) {
    Thread* active =
        foremost_of(endpoint.waiters, [](const Thread& it) { return takes_senders(it) && takes_donors(it); });
    Thread* plain =
        foremost_of(endpoint.waiters, [](const Thread& it) { return takes_senders(it) && !takes_donors(it); });
    if (active == nullptr || plain == nullptr) return active != nullptr ? active : plain;
    return plain->priority > active->priority ? plain : active;
}

Thread* sender_for(const Endpoint& endpoint, const Thread& receiver, const Reply* reply) {
    Thread* donor = reply != nullptr ? foremost_of(endpoint.waiters, is_donor) : nullptr;
    Thread* plain =
        !is_passive(receiver)
            ? foremost_of(endpoint.waiters,
                          [](const Thread& it) { return it.doing == Doing::sends || it.doing == Doing::faults_alone; })
            : nullptr;
    if (donor == nullptr || plain == nullptr) return donor != nullptr ? donor : plain;
    return plain->priority > donor->priority ? plain : donor;
}

}  // namespace

Thread* foremost(const std::vector<Thread*>& threads) {
    const auto best = std::ranges::max_element(threads, {}, [](const Thread* it) { return it->priority; });
    return best == threads.end() ? nullptr : *best;
}

Thread* worker_for(const Reply& reply) {
    Thread* worker = reply.holder;
    while (worker != nullptr && worker->lends) worker = worker->answer_in->holder;
    return worker;
}

// --- Words -------------------------------------------------------------------------------------------------------

void Society::tell(Thread& thread, uint64_t x0, Tag tag) {
    thread.x0 = x0;
    thread.message.tag = tag;
}

void Society::refuse(Thread& thread, const Answer& answer) {
    tell(thread, answer.code, Tag{}.with_error());
    thread.message.words[0] = answer.detail0;
    thread.message.words[1] = answer.detail1;
    thread.message.words[2] = 0;
}

void Society::carry(const Thread& from, Thread& to) {
    to.message.words = from.message.words;
    to.words_known = from.words_known;
    for (size_t i = abi::register_words; i < from.message.tag.length(); ++i)
        to.buffer[i - abi::register_words] = from.buffer[i - abi::register_words];
}

Answer Society::may_send(const Thread& thread) {
    const bool is_long = thread.message.tag.length() > abi::register_words;
    return is_long && !thread.has_buffer ? Answer::refused(ErrorCode::no_buffer, 0) : Answer{};
}

Answer Society::fits(const Thread& from, const Thread& to) {
    if (const Answer answer = may_send(from); answer.is_refusal()) return answer;
    const bool is_long = from.message.tag.length() > abi::register_words;
    return is_long && !to.has_buffer ? Answer::refused(ErrorCode::no_buffer, 1) : Answer{};
}

// --- Waiting -----------------------------------------------------------------------------------------------------

void Society::queue_up(Thread& thread, Doing doing, Endpoint& endpoint) {
    take_off(thread);
    choose_anew_ = true;
    thread.doing = doing;
    thread.endpoint = &endpoint;
    endpoint.waiters.push_back(&thread);
}

/// Out of the queue of an endpoint or a notification.
void Society::leave_queue(Thread& thread) {
    if (thread.endpoint != nullptr) std::erase(thread.endpoint->waiters, &thread);
    if (thread.notification != nullptr) std::erase(thread.notification->waiters, &thread);
    thread.endpoint = nullptr;
    thread.notification = nullptr;
}

void Society::hold(Thread& thread, Reply* reply) {
    if (thread.reply == reply) return;
    if (thread.reply != nullptr) thread.reply->holder = nullptr;
    thread.reply = reply;
    if (reply == nullptr) return;
    if (reply->holder != nullptr) reply->holder->reply = nullptr;
    reply->holder = &thread;
}

/// Who has not been answered has its time back: what comes now is paid for by whoever comes.
void Society::serve_with(Thread& thread, Endpoint& endpoint, Reply* reply) {
    if (thread.reply != nullptr && thread.reply != reply) quit(*thread.reply);
    hold(thread, reply);
    if (reply != nullptr) reply->endpoint = &endpoint;
}

/// A server without time of its own works on that of its client.
void Society::lend(Thread& donor, Thread& receiver, Doing doing) {
    take_off(donor);
    choose_anew_ = true;
    donor.doing = doing;
    donor.answer_in = receiver.reply;
    receiver.reply->caller = &donor;
    if (is_passive(receiver)) {
        receiver.time = std::exchange(donor.time, nullptr);
        receiver.lost = Lost::all_of_it;
        donor.lends = true;
    } else {
        receiver.time = receiver.own;
    }
}

/// Who would be served lends time to get to the next receive instead.
void Society::lend_to_finish(Thread& donor, Thread& worker, Doing doing) {
    leave_queue(worker);
    lend(donor, worker, doing);
    worker.reply->settled = true;
    let_go_on(worker);
}

/// A server whose lender has left waits for another where it has received, if it still can.
bool Society::await_lender(Thread& thread) {
    Reply* reply = thread.reply;
    if (reply == nullptr) return false;
    // Who has faulted does so again.
    if (reply->caller != nullptr && reply->caller->doing == Doing::awaits_mending) reply->settled = true;
    disappoint(*reply);
    if (reply->endpoint == nullptr || !reply->endpoint->exists) return false;
    Endpoint& endpoint = *reply->endpoint;
    queue_up(thread, Doing::unfinished, endpoint);
    if (Thread* donor = foremost_of(endpoint.waiters, is_donor); donor != nullptr) {
        leave_queue(*donor);
        lend_to_finish(*donor, thread, donor->doing == Doing::calls ? Doing::awaits_answer : Doing::awaits_mending);
    }
    return true;
}

// --- Calls, sends and answers --------------------------------------------------------------------------------------

void Society::call(Door door) {
    Thread& caller = *current;
    if (const Answer answer = may_send(caller); answer.is_refusal()) return refuse(caller, answer);
    caller.badge = door.badge;
    caller.called = door;
    Thread* receiver = receiver_for_donor(*door.endpoint);
    if (receiver == nullptr) return queue_up(caller, Doing::calls, *door.endpoint);
    if (receiver->doing == Doing::unfinished) return lend_to_finish(caller, *receiver, Doing::awaits_answer);
    if (const Answer answer = fits(caller, *receiver); answer.is_refusal()) return refuse(caller, answer);
    leave_queue(*receiver);
    carry(caller, *receiver);
    tell(*receiver, door.badge, caller.message.tag);
    lend(caller, *receiver, Doing::awaits_answer);
    let_go_on(*receiver, true);
}

void Society::send(Door door, bool waits) {
    Thread& sender = *current;
    if (const Answer answer = may_send(sender); answer.is_refusal()) return refuse(sender, answer);
    Thread* receiver = receiver_for_sender(*door.endpoint);
    if (receiver == nullptr) {
        if (!waits) return refuse(sender, Answer::refused(ErrorCode::would_block));
        sender.badge = door.badge;
        return queue_up(sender, Doing::sends, *door.endpoint);
    }
    if (const Answer answer = fits(sender, *receiver); answer.is_refusal()) return refuse(sender, answer);
    leave_queue(*receiver);
    carry(sender, *receiver);
    tell(*receiver, door.badge, sender.message.tag.with_sent());
    tell(sender, 0, {});
    let_go_on(*receiver);
}

Answer Society::give_answer(Reply& reply) {
    Thread& server = *current;
    Thread* caller = reply.caller;
    if (caller == nullptr) return {};
    const bool settled = reply.settled;
    server.message.tag = Tag(server.message.tag.raw() & ~Tag::must_arrive_mask);
    const bool mends = caller->doing == Doing::awaits_mending;
    if (!settled) {
        if (const Answer answer = may_send(server); answer.is_refusal()) return answer;
    }
    if (!settled && !mends) {
        if (const Answer answer = fits(server, *caller); answer.is_refusal()) return answer;
        carry(server, *caller);
    }
    Thread* const worker = take_home(reply);
    // Who is answered for has not given its time back by itself.
    if (worker != &server) bereave(worker);
    if (settled) {
        dismiss(reply);
        return {};
    }
    reply.caller = nullptr;
    caller->answer_in = nullptr;
    if (mends && server.message.tag.label() != 0) {
        end_by_fault(*caller);
        return {};
    }
    if (!mends) tell(*caller, 0, server.message.tag);
    let_go_on(*caller, worker == nullptr || worker == &server);  // who answers for another does not switch directly
    return {};
}

void Society::answer(Reply& reply) {
    Thread& server = *current;
    if (reply.caller == nullptr) return refuse(server, Answer::refused(ErrorCode::cancelled));
    if (is_passive(server) && worker_for(reply) == &server)
        return refuse(server, Answer::refused(ErrorCode::lent_budget, 0));
    const Answer given = give_answer(reply);
    given.is_refusal() ? refuse(server, given) : tell(server, 0, {});
}

Answer Society::may_receive(const Reply* reply, const Thread* answered) const {
    if (reply == nullptr) return is_passive(*current) ? Answer::refused(ErrorCode::no_reply, 2) : Answer{};
    const bool serves = reply->caller != nullptr && reply->caller != answered;
    const bool taken = reply->holder != nullptr && reply->holder != current &&
                       (reply->holder->doing == Doing::receives || reply->holder->doing == Doing::unfinished);
    return serves || taken ? Answer::refused(ErrorCode::in_use, 2) : Answer{};
}

void Society::receive(Endpoint& endpoint, Reply* reply, bool waits) {
    // Who has only lent it time to come here is no caller that it knows of.
    Reply* lent = current->reply;
    if (lent != nullptr && !lent->settled) lent = nullptr;
    const Answer answer = may_receive(reply, lent != nullptr ? lent->caller : nullptr);
    if (answer.is_refusal()) return refuse(*current, answer);
    if (lent != nullptr) (void)give_answer(*lent);
    receive_now(endpoint, reply, waits);
}

void Society::answer_and_receive(Endpoint& endpoint, Reply* reply) {
    Thread& server = *current;
    if (reply == nullptr) return refuse(server, Answer::refused(ErrorCode::no_reply, 2));
    const bool is_heard = reply->caller != nullptr && !reply->settled;
    if (server.message.tag.must_arrive() && !is_heard) return refuse(server, Answer::refused(ErrorCode::not_bound, 2));
    if (const Answer answer = may_receive(reply, reply->caller); answer.is_refusal()) return refuse(server, answer);
    if (const Answer answer = give_answer(*reply); answer.is_refusal()) return refuse(server, answer);
    receive_now(endpoint, reply, true);
}

bool Society::take_from(Thread& sender, Thread& receiver, Reply* reply) {
    const Doing doing = sender.doing;
    Endpoint& endpoint = *sender.endpoint;
    const bool faults = doing == Doing::faults || doing == Doing::faults_alone;
    if (!faults) {
        if (const Answer answer = fits(sender, receiver); answer.is_refusal()) {
            leave_queue(sender);
            refuse(sender, answer);
            let_go_on(sender);
            return false;
        }
        carry(sender, receiver);
    }
    leave_queue(sender);
    serve_with(receiver, endpoint, reply);
    if (faults) {
        tell_fault(sender, receiver);
        lend(sender, receiver, Doing::awaits_mending);
        return true;
    }
    const Tag tag = sender.message.tag;
    tell(receiver, sender.badge, doing == Doing::calls ? tag : tag.with_sent());
    if (doing == Doing::calls) {
        lend(sender, receiver, Doing::awaits_answer);
    } else {
        tell(sender, 0, {});
        let_go_on(sender);
    }
    return true;
}

void Society::receive_now(Endpoint& endpoint, Reply* reply, bool waits) {
    Thread& receiver = *current;
    // Who has given back the time it worked on could not use a signal.
    if (Notification* bound = receiver.bound; bound != nullptr && bound->bits != 0 && receiver.doing == Doing::runs)
        return tell(receiver, std::exchange(bound->bits, 0), Tag{}.with_signal());
    while (Thread* sender = sender_for(endpoint, receiver, reply)) {
        if (reply == nullptr && sender->doing == Doing::faults_alone) {
            cancel(*sender);
            continue;
        }
        if (!take_from(*sender, receiver, reply)) continue;
        if (receiver.doing == Doing::lacks_time) let_go_on(receiver);
        return;
    }
    if (!waits) {
        if (receiver.doing == Doing::lacks_time) bereave(&receiver);
        return refuse(receiver, Answer::refused(ErrorCode::would_block));
    }
    serve_with(receiver, endpoint, reply);
    queue_up(receiver, Doing::receives, endpoint);
}

// --- Signals -----------------------------------------------------------------------------------------------------

void Society::raise(Notification& notification, uint64_t bits) {
    notification.bits |= bits;
    Thread* waiter = foremost(notification.waiters);
    if (waiter == nullptr) return wake_bound(notification);
    leave_queue(*waiter);
    tell(*waiter, std::exchange(notification.bits, 0), {});
    let_go_on(*waiter);
}

/// A signal ends the receive of who is bound to it and has time of its own to use it.
void Society::wake_bound(Notification& notification) {
    Thread* bound = notification.bound;
    if (bound == nullptr || notification.bits == 0 || bound->doing != Doing::receives || is_passive(*bound)) return;
    leave_queue(*bound);
    tell(*bound, std::exchange(notification.bits, 0), Tag{}.with_signal());
    let_go_on(*bound);
}

void Society::signal(Notification& notification, uint64_t bits) {
    tell(*current, 0, {});
    raise(notification, bits);
}

void Society::wait(Notification& notification, bool waits) {
    Thread& thread = *current;
    if (notification.bits != 0 || !waits) return tell(thread, std::exchange(notification.bits, 0), {});
    take_off(thread);
    thread.doing = Doing::waits;
    thread.notification = &notification;
    notification.waiters.push_back(&thread);
}

// --- Faults ------------------------------------------------------------------------------------------------------

void Society::tell_fault(const Thread& faulted, Thread& handler) {
    constexpr unsigned length = 4;
    handler.message.words = {};
    std::ranges::copy(faulted.fault_words, handler.message.words.begin());
    handler.words_known = true;
    const auto label = static_cast<uint32_t>(faulted.fault_kind);
    tell(handler, faulted.badge, Tag{}.with_label(label).with_fault().with_length(length));
}

/// Tell who looks after such faults; whether there is somebody, now or later.
bool Society::report(Thread& thread, const std::optional<Door>& door) {
    if (!door) return false;
    Endpoint& endpoint = *door->endpoint;
    const auto has_time = [](const Thread& it) { return takes_donors(it) && !is_passive(it); };
    const bool donates = thread.time != nullptr;
    Thread* handler = donates ? receiver_for_donor(endpoint) : foremost_of(endpoint.waiters, has_time);
    // Who could not work on it is passed by.
    const auto hears = [](const Thread& it) { return it.doing == Doing::receives || it.doing == Doing::unfinished; };
    if (handler == nullptr && !donates && foremost_of(endpoint.waiters, hears) != nullptr) return false;
    thread.badge = door->badge;
    if (handler == nullptr) {
        queue_up(thread, donates ? Doing::faults : Doing::faults_alone, endpoint);
        return true;
    }
    if (handler->doing == Doing::unfinished) {
        lend_to_finish(thread, *handler, Doing::awaits_mending);
        return true;
    }
    leave_queue(*handler);
    tell_fault(thread, *handler);
    lend(thread, *handler, Doing::awaits_mending);
    let_go_on(*handler, true);
    return true;
}

void Society::fault(abi::FaultKind kind, uint64_t address, uint64_t syndrome) {
    Thread& thread = *current;
    const uint64_t pc = rules.program_counter;
    thread.fault_kind = kind;
    switch (kind) {
    case abi::FaultKind::page_fault: thread.fault_words = {address, syndrome, pc, syndrome}; break;
    case abi::FaultKind::unknown_system_call: thread.fault_words = {syndrome & 0xffff, pc}; break;
    case abi::FaultKind::user_exception: thread.fault_words = {syndrome, pc, address}; break;
    case abi::FaultKind::timeout: break;
    }
    if (report(thread, thread.fault_door)) return;
    if (thread.reply != nullptr) quit(*thread.reply);
    take_off(thread);
    thread.doing = Doing::nothing;
}

bool Society::report_timeout(Thread& thread, abi::TimeoutCause cause) {
    thread.fault_kind = abi::FaultKind::timeout;
    thread.fault_words = {thread.time != nullptr ? thread.time->consumed : 0, static_cast<uint64_t>(cause), 0, 0};
    return report(thread, thread.timeout_door);
}

}  // namespace selene::ipc_model
