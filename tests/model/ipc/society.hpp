// SPDX-License-Identifier: BSD-2-Clause
// Society: threads that talk, wait for each other and share time; who runs, on whose time, and what each was told.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "abi/types.hpp"
#include "budget.hpp"

namespace selene::ipc_model {

struct Thread;
struct Endpoint;
struct Reply;
struct Notification;
struct Context;

/// A capability to an endpoint: the object and a badge.
struct Door {
    Endpoint* endpoint;
    uint64_t badge;
};

/// What is said: the tag, eight words, and those in the buffer.
struct Message {
    abi::Tag tag;
    std::array<uint64_t, abi::register_words> words{};
};

enum class Doing : uint8_t {
    nothing,  ///< not started, or ended by a fault
    runs,
    ready,  ///< would run if nobody else did, or if it were not stopped
    lacks_time,
    receives,    ///< on `endpoint`, with `reply` if it has one
    unfinished,  ///< the same, but its lender has left: it waits for another, to get to its next receive
    sends,       ///< on `endpoint`, as the next two
    calls,
    faults,
    faults_alone,    ///< without time to lend, so among those who send
    awaits_answer,   ///< in `answer_in`
    awaits_mending,  ///< the same, after a fault
    waits,           ///< on `notification`
};

/// What has become of the time that a thread had when it last ran.
enum class Lost : uint8_t { nothing, all_of_it, its_lender };

struct Thread {
    // Who it is.
    unsigned number = 0;
    bool exists = true;
    bool started = true;
    uint8_t priority = 0;
    uint8_t maximum = 255;
    bool has_buffer = true;
    std::optional<Door> fault_door = {};  ///< of its task, as the next
    std::optional<Door> timeout_door = {};
    // What it does.
    Doing doing = Doing::nothing;
    bool stopped = false;
    Endpoint* endpoint = nullptr;
    Reply* answer_in = nullptr;
    Notification* notification = nullptr;
    // Time: `time` is a token, which one thread at most has of each context.
    Context* own = nullptr;
    Context* time = nullptr;
    bool lends = false;  ///< its time is with whoever works on its call
    Lost lost = Lost::nothing;
    // With whom it is linked.
    Reply* reply = nullptr;  ///< it receives with, or serves
    Notification* bound = nullptr;
    // What it says or was told. Its words are not known after a method call.
    uint64_t x0 = 0;
    Message message = {};
    bool words_known = false;
    std::vector<uint64_t> buffer = std::vector<uint64_t>(abi::message_words - abi::register_words);
    uint64_t badge = 0;  ///< of what it sends
    std::array<uint64_t, 4> fault_words{};
    abi::FaultKind fault_kind{};
    Door called = {};               ///< what its last call went through
    bool calls_again = false;       ///< it has lent somebody time to finish, and makes that call anew
    Context* asks_again = nullptr;  ///< it has yielded to who has this, and has not had its answer
};

/// Whoever waits on it stands in the order of coming; who is served is a matter of kind and priority.
struct Endpoint {
    bool exists = true;
    std::vector<Thread*> waiters = {};
};
struct Reply {
    bool exists = true;
    Thread* caller = nullptr;
    Thread* holder = nullptr;
    Endpoint* endpoint = nullptr;  ///< where its holder has last received with it
    bool settled = false;          ///< the caller only lends time, and is to begin anew
};
struct Notification {
    bool exists = true;
    uint64_t bits = 0;
    std::vector<Thread*> waiters = {};
    Thread* bound = nullptr;
};
struct Context {
    bool exists = true;
    bool configured = false;
    size_t capacity = 0;
    Budget budget = {};
    uint64_t consumed = 0;
    Thread* thread = nullptr;  ///< whose own it is
    Thread* waiter = nullptr;  ///< who waits until some of it comes back
};

/// What came of a method: 0 for success.
struct Answer {
    uint64_t code = 0;
    uint64_t detail0 = 0;
    uint64_t detail1 = 0;
    uint64_t result = 0;
    friend bool operator==(const Answer&, const Answer&) = default;

    static Answer refused(abi::ErrorCode code, uint64_t detail0 = 0, uint64_t detail1 = 0) {
        return {static_cast<uint64_t>(code), detail0, detail1, 0};
    }
    [[nodiscard]] bool is_refusal() const { return code != 0; }
};

/// What differs from machine to machine and from way to way.
struct Rules {
    uint64_t minimum_budget = 0;
    unsigned releases_at_once = 0;
    uint64_t program_counter = 0;  ///< of every fault
    /// Who runs after this operation, if a direct switch may let whom it wakes go before its equals.
    Thread* favourite = nullptr;
    /// A direct switch to who is lent the time that is being used goes on with it, however little is left.
    bool passes_time_on = false;
};

/// What every system call does is said to the thread that runs: it has the answer in its message, or waits.
class Society {
public:
    Rules rules;
    uint64_t now = 0;
    uint64_t charged_until = 0;
    uint64_t deadline = 0;  ///< of the timer
    Thread* current = nullptr;
    std::map<uint8_t, std::vector<Thread*>> ready;  ///< by priority, the first to run first; without `current`
    std::vector<Context*> releases;                 ///< in the order of coming; who waits for some of its time

    // --- What the running thread does (society_talk.cpp) --------------------------------------------------------

    void call(Door door);
    void send(Door door, bool waits);
    /// Through a Reply.
    void answer(Reply& reply);
    void receive(Endpoint& endpoint, Reply* reply, bool waits);
    void answer_and_receive(Endpoint& endpoint, Reply* reply);
    void signal(Notification& notification, uint64_t bits);
    void wait(Notification& notification, bool waits);
    void fault(abi::FaultKind kind, uint64_t address, uint64_t syndrome);

    // --- What is done to others (society_methods.cpp) -----------------------------------------------------------

    Answer suspend(Thread& thread);
    Answer resume(Thread& thread);
    Answer set_priority(Thread& thread, uint8_t priority, uint8_t maximum);
    void start(Thread& thread);
    Answer bind(Context& context, Thread& thread);
    Answer unbind(Context& context);
    Answer consumed(Context& context);
    /// Nothing if the answer comes later.
    std::optional<Answer> yield_to(Context& context, bool again);
    Answer configure(Context& context, uint64_t budget, uint64_t period, size_t pieces);
    Answer bind(Notification& notification, Thread& thread);
    Answer unbind(Notification& notification);
    void cancel_sends(Endpoint& endpoint, uint64_t badge);
    void end(Thread& thread);
    void end(Endpoint& endpoint);
    void end(Reply& reply);
    void end(Notification& notification);
    void end(Context& context);

    // --- Time (society_time.cpp) --------------------------------------------------------------------------------

    void yield();
    /// Let somebody else run if there is reason to; then what the timer has to say.
    void leave();
    /// An interrupt has signalled: whoever runs, or nobody.
    void interrupted(Notification& notification, uint64_t bits);
    void pass(uint64_t ticks);
    /// This is what there is at first: one thread, which runs on its own time.
    void begin_with(Thread& thread);
    /// What is left of a context if the time that is being used is counted.
    [[nodiscard]] Budget budget_by_now(const Context& context) const;
    [[nodiscard]] uint64_t used_by_now(const Context& context) const {
        return context.consumed + (&context == context_ ? now - charged_until : 0);
    }

private:
    // Talking.
    static void tell(Thread& thread, uint64_t x0, abi::Tag tag);
    static void refuse(Thread& thread, const Answer& answer);
    static void carry(const Thread& from, Thread& to);
    static Answer fits(const Thread& from, const Thread& to);
    static Answer may_send(const Thread& thread);
    [[nodiscard]] Answer may_receive(const Reply* reply, const Thread* answered) const;
    void receive_now(Endpoint& endpoint, Reply* reply, bool waits);
    bool take_from(Thread& sender, Thread& receiver, Reply* reply);
    void lend(Thread& donor, Thread& receiver, Doing doing);
    static void hold(Thread& thread, Reply* reply);
    void serve_with(Thread& thread, Endpoint& endpoint, Reply* reply);
    void lend_to_finish(Thread& donor, Thread& worker, Doing doing);
    bool await_lender(Thread& thread);
    Answer give_answer(Reply& reply);
    void raise(Notification& notification, uint64_t bits);
    void wake_bound(Notification& notification);
    bool report(Thread& thread, const std::optional<Door>& door);
    bool report_timeout(Thread& thread, abi::TimeoutCause cause);
    static void tell_fault(const Thread& faulted, Thread& handler);
    void queue_up(Thread& thread, Doing doing, Endpoint& endpoint);
    void wake(Thread& thread);
    // Leaving.
    Thread* take_home(Reply& reply);
    void dismiss(Reply& reply);
    Thread* quit(Reply& reply);
    void disappoint(Reply& reply);
    void bereave(Thread* worker);
    void wait_without_time(Thread& thread);
    static void leave_queue(Thread& thread);
    void stop_waiting(Thread& thread);
    void cancel(Thread& thread);
    void end_by_fault(Thread& thread);
    void withdraw(Thread& thread);
    void part(Context& context);
    // Running.
    [[nodiscard]] uint8_t highest() const;
    void enqueue(Thread& thread);
    void let_go_on(Thread& thread, bool favoured = false);
    void take_off(Thread& thread);
    void take_time(Context& context);
    void charge();
    void set_timer();
    void preempt();
    bool dispatch(Thread& thread, const Context* used);
    void lose_time(Thread& thread);
    void stop_waiting_for_time(Context& context);
    void timer();
    void choose(const Context* used);

    bool choose_anew_ = false;
    Context* context_ = nullptr;  ///< that the running thread uses
};

/// The end of the chain of loans that begins with a call: who works for it now, null if nobody does.
Thread* worker_for(const Reply& reply);
/// Who is first among these: the one of the highest priority that came first.
Thread* foremost(const std::vector<Thread*>& threads);

}  // namespace selene::ipc_model
