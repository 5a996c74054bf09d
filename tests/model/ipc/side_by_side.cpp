// SPDX-License-Identifier: BSD-2-Clause
// Doing deeds on both sides, and comparing.
#include "side_by_side.hpp"

#include <algorithm>

#include "facts_of_society.hpp"
#include "talk.hpp"

namespace selene::ipc_model {

namespace {

using Kind = Deed::Kind;
using abi::BootSlot;
using abi::ObjectType;
using test::cap;
using test::own_table;
namespace stub = sel::stub;

constexpr unsigned device_line = 40;
constexpr uint64_t lowest = 250;
constexpr uint64_t few_pieces = 4;
constexpr uint64_t many_pieces = 120;
/// Where user code stands when it faults: as the fixture has it.
constexpr uint64_t program_counter = test::Board::entry;

stub::Thread boot_thread() { return cap<stub::Thread>(BootSlot::thread); }

constexpr ObjectType kinds_that_come_and_go[] = {ObjectType::endpoint, ObjectType::reply, ObjectType::notification,
                                                 ObjectType::sched_context};

}  // namespace

SideBySide::SideBySide(Ways ways, Mistake mistake) : mistake_(std::move(mistake)), cast_(ways) {
    set_up();
    own_core.assert_held();
    machine::simulated().direct_switches = ways == Ways::direct;
    const Core& core = world_.core();
    const selene::SchedContext& time = *world_.first().own_context;
    Society& society = cast_.society;
    society.rules = {.minimum_budget = world_.kernel().minimum_budget,
                     .releases_at_once = config::releases_per_interrupt,
                     .program_counter = program_counter};
    society.now = machine::simulated().now;
    society.charged_until = core.charged_until;
    society.deadline = machine::simulated().deadline;
    for (Thread& thread : cast_.threads) {
        thread.number = static_cast<unsigned>(&thread - cast_.threads.data());
        thread.started = thread.number == 0;
        thread.priority = lowest;
    }
    // One of them has nowhere to put a long message.
    cast_.threads.back().has_buffer = false;
    for (Context& context : cast_.contexts) context.capacity = ways == Ways::general ? few_pieces : many_pieces;
    Thread& first = cast_.threads[0];
    first.doing = Doing::runs;
    first.own = first.time = &cast_.contexts[0];
    cast_.contexts[0].thread = &first;
    cast_.contexts[0].configured = true;
    cast_.contexts[0].consumed = time.consumed;
    cast_.contexts[0].budget.renew(time.budget, time.period, time.limit, society.now);
    society.begin_with(first);
    if (const auto wrong = compare()) throw std::logic_error(*wrong);
}

void SideBySide::set_up() {
    const auto make_doors = [&](ObjectType type, auto& slots) {
        for (uint64_t& slot : slots) {
            slot = world_.make(type);
            for (uint64_t badge = 1; badge < Cast::doors; ++badge) world_.derive(slot, test::every_right, badge);
        }
    };
    make_doors(ObjectType::endpoint, cast_.slots.endpoints);
    make_doors(ObjectType::notification, cast_.slots.notifications);
    for (uint64_t& slot : cast_.slots.replies) slot = world_.make(ObjectType::reply);
    const uint64_t pieces = cast_.ways == Ways::general ? few_pieces : many_pieces;
    cast_.slots.contexts[0] = static_cast<uint64_t>(BootSlot::sched_context);
    for (size_t i = 1; i < cast_.contexts.size(); ++i)
        cast_.slots.contexts[i] = world_.make(ObjectType::sched_context, pieces);
    for (size_t i = 1; i < actors_.size(); ++i) {
        const bool buffered = i + 1 != actors_.size();
        actors_[i] = world_.spawn({.passive = true, .priority = lowest, .started = false, .buffered = buffered});
    }
    actors_[0].thread = static_cast<uint64_t>(BootSlot::thread);
    actors_[0].object = &world_.first();
    handler_ = world_.make(ObjectType::interrupt_handler);
    const uint64_t bell = world_.derive(cast_.slots.notifications[0], test::every_right, Cast::device_bits);
    const auto handler = cap<stub::InterruptHandler>(handler_);
    REQUIRE(cap<stub::InterruptControl>(BootSlot::interrupt_control)
                .issue({.handler = handler, .line = device_line, .trigger = abi::Trigger::level})
                .has_value());
    REQUIRE(handler.bind(cap<stub::Notification>(bell)).has_value());
    REQUIRE(boot_thread().set_priority({.priority = lowest, .maximum = 255, .authority = boot_thread()}).has_value());
    REQUIRE(world_.running() == &world_.first());
}

bool SideBySide::over() const { return cast_.society.current == nullptr && cast_.device_is_quiet; }

std::optional<std::string> SideBySide::step(const Deed& deed) {
    last_.reset();
    if (!cast_.is_possible(deed)) return {};
    const bool outside = deed.kind == Kind::pass || deed.kind == Kind::pass_late || deed.kind == Kind::interrupt;
    selene::Thread* const actor = world_.running();
    Thread* const thread = cast_.society.current;
    if ((actor == nullptr) != (thread == nullptr)) return "one of the two idles";
    const bool goes_on = thread != nullptr && (thread->asks_again != nullptr || thread->calls_again) && !outside;
    std::optional<Answer> expected;
    std::vector<const selene::Thread*> were_ready;
    for (const Thread& it : cast_.threads) {
        if (it.exists && it.doing == Doing::ready) were_ready.push_back(actors_[it.number].object);
    }
    if (goes_on) {
        world_.finish(*actor);
    } else {
        do_in_kernel(deed);
    }
    // Direct switches let whom they wake run before its equals: who that may be, the model asks.
    if (cast_.ways == Ways::direct) {
        const auto now_running = std::ranges::find(actors_, world_.running(), &test::Actor::object);
        const auto number = static_cast<size_t>(now_running - actors_.begin());
        // Where somebody was asked in vain whether it could run, everybody has been asked.
        own_core.assert_held();
        const auto could_not = [](const selene::Thread* it) SELENE_REQUIRES(own_core) {
            return it->state() != selene::ThreadState::ready && it->state() != selene::ThreadState::running;
        };
        const bool asked = std::ranges::any_of(were_ready, could_not);
        cast_.society.rules.favourite = asked || now_running == actors_.end() ? nullptr : &cast_.threads.at(number);
        cast_.society.rules.passes_time_on = world_.core().charged_until != cast_.society.now;
    }
    const bool is_method = goes_on || (deed.kind > Kind::fault && !outside);
    expected = goes_on ? cast_.go_on() : cast_.apply(deed);
    // Nobody could go first after all.
    if (!outside && thread == cast_.society.current && thread->asks_again != nullptr) expected = cast_.go_on();
    if (mistake_) mistake_(cast_, deed);
    if (is_method && expected) {
        last_ = answer_of(*actor);
        if (*last_ != *expected)
            return std::string("the model's answer to ") + name_of(deed.kind) + " is " +
                   std::to_string(expected->code) + " (" + std::to_string(expected->detail0) + ", " +
                   std::to_string(expected->detail1) + ") " + std::to_string(expected->result) + ", the kernel's " +
                   std::to_string(last_->code) + " (" + std::to_string(last_->detail0) + ", " +
                   std::to_string(last_->detail1) + ") " + std::to_string(last_->result);
    }
    return compare();
}

std::optional<Answer> SideBySide::answer_of(const selene::Thread& thread) const {
    const sel::Registers out = test::World::result(thread);
    if (out.tag.error()) return Answer{out.x0, out.words[0], out.words[1], 0};
    return Answer{.result = out.tag.length() > 0 ? out.words[0] : 0};
}

std::optional<std::string> SideBySide::compare() {
    KernelCast objects;
    for (size_t i = 0; i < actors_.size(); ++i) {
        if (cast_.threads[i].exists) objects.threads[i] = actors_[i].object;
    }
    const auto look_up = [&](const auto& things, const auto& slots, auto& found) {
        for (size_t i = 0; i < things.size(); ++i) {
            using Object = std::remove_pointer_t<std::remove_reference_t<decltype(found[i])>>;
            if (things[i].exists) found[i] = world_.slot(slots[i]).template object<Object>();
        }
    };
    look_up(cast_.endpoints, cast_.slots.endpoints, objects.endpoints);
    look_up(cast_.replies, cast_.slots.replies, objects.replies);
    look_up(cast_.notifications, cast_.slots.notifications, objects.notifications);
    look_up(cast_.contexts, cast_.slots.contexts, objects.contexts);
    const std::string wrong = difference(facts_of(cast_), facts_of(world_.core(), objects, cast_));
    return wrong.empty() ? std::nullopt : std::optional(wrong);
}

// --- In the kernel ---------------------------------------------------------------------------------------------------

void SideBySide::do_in_kernel(const Deed& deed) {
    if (deed.kind <= Kind::fault) return talk(deed);
    if (deed.kind < Kind::thread) return invoke(deed);
    switch (deed.kind) {
    case Kind::pass:
    case Kind::pass_late: return pass(deed);
    case Kind::interrupt:
        world_.raise(device_line);
        machine::simulated().lower(device_line);
        return;
    case Kind::acknowledge: (void)cap<stub::InterruptHandler>(handler_).acknowledge(); return;
    default: return come_or_go(deed);
    }
}

void SideBySide::talk(const Deed& deed) {
    if (deed.kind == Kind::fault) return world_.fault(static_cast<abi::FaultKind>(deed.what), deed.x, deed.y);
    test::Message message{.length = deed.length, .label = deed.label, .must_arrive = deed.must_arrive};
    for (size_t i = 0; i < abi::register_words && i < deed.length; ++i) message.words[i] = deed.x + i;
    own_core.assert_held();
    if (auto* buffer = reinterpret_cast<abi::IpcBuffer*>(world_.running()->buffer); buffer != nullptr) {
        for (size_t i = abi::register_words; i < deed.length; ++i) buffer->words[i - abi::register_words] = deed.x + i;
    }
    const uint64_t reply = deed.with == Cast::no_reply ? test::no_reply : cast_.slots.replies.at(deed.with % 4);
    const auto say = [&](abi::SystemCall number, uint64_t slot) { test::talk(number, slot, message, reply); };
    const auto endpoint = [&] { return cast_.slots.endpoints.at(deed.what) + deed.door; };
    const auto notification = [&] { return cast_.slots.notifications.at(deed.what) + deed.door; };
    switch (deed.kind) {
    case Kind::call: return say(abi::SystemCall::call, endpoint());
    case Kind::send: return say(abi::SystemCall::send, endpoint());
    case Kind::try_send: return say(abi::SystemCall::try_send, endpoint());
    case Kind::receive: return say(abi::SystemCall::receive, endpoint());
    case Kind::try_receive: return say(abi::SystemCall::try_receive, endpoint());
    case Kind::reply_receive: return say(abi::SystemCall::reply_receive, endpoint());
    case Kind::answer: return say(abi::SystemCall::send, cast_.slots.replies.at(deed.what));
    case Kind::signal: return say(abi::SystemCall::signal, notification());
    case Kind::wait: return say(abi::SystemCall::wait, notification());
    case Kind::poll: return say(abi::SystemCall::poll, notification());
    default: return say(abi::SystemCall::yield, 0);
    }
}

void SideBySide::invoke(const Deed& deed) {
    if (deed.kind <= Kind::set_priority) return invoke_thread(deed);
    if (deed.kind >= Kind::bind_notification) return invoke_meeting(deed);
    const uint64_t slot = cast_.slots.contexts.at(deed.what);
    const auto context = cap<stub::SchedContext>(slot);
    switch (deed.kind) {
    case Kind::bind_context: (void)context.bind(cap<stub::Thread>(actors_.at(deed.with).thread)); return;
    case Kind::unbind_context: (void)context.unbind(); return;
    case Kind::configure:
        (void)cap<stub::ScheduleControl>(BootSlot::schedule_control)
            .configure({.context = context, .budget = deed.x, .period = deed.y, .refills = deed.length});
        return;
    case Kind::consumed: (void)context.consumed(); return;
    default: (void)context.yield_to(); return;
    }
}

void SideBySide::invoke_thread(const Deed& deed) {
    const auto thread = cap<stub::Thread>(actors_.at(deed.what).thread);
    if (deed.kind == Kind::suspend) (void)thread.suspend();
    if (deed.kind == Kind::resume) (void)thread.resume();
    if (deed.kind != Kind::set_priority) return;
    // By the authority of who may give any.
    const auto priority = static_cast<uint8_t>(deed.x);
    (void)thread.set_priority(
        {.priority = priority, .maximum = static_cast<uint8_t>(deed.y), .authority = boot_thread()});
}

void SideBySide::invoke_meeting(const Deed& deed) {
    const auto place = deed.x == 0 ? abi::TaskSlot::fault_endpoint : abi::TaskSlot::timeout_endpoint;
    switch (deed.kind) {
    case Kind::bind_notification:
        (void)cap<stub::Notification>(cast_.slots.notifications.at(deed.what))
            .bind(cap<stub::Thread>(actors_.at(deed.with).thread));
        return;
    case Kind::unbind_notification:
        (void)cap<stub::Notification>(cast_.slots.notifications.at(deed.what)).unbind();
        return;
    case Kind::cancel_sends: (void)own_table().cancel_sends(cast_.slots.endpoints.at(deed.what), deed.door); return;
    case Kind::look_after:
        (void)cap<stub::Task>(actors_.at(deed.with).task)
            .install(place, cap<stub::Capability>(cast_.slots.endpoints.at(deed.what) + deed.door));
        return;
    default: (void)cap<stub::Task>(actors_.at(deed.with).task).remove(place); return;
    }
}

void SideBySide::come_or_go(const Deed& deed) {
    const auto number = deed.what;
    const auto end = [](uint64_t slot) {
        (void)own_table().unmap({.first = slot, .count = 1, .root = abi::KeepRoot::self});
    };
    if (deed.kind == Kind::thread) {
        const Thread& thread = cast_.threads.at(number);
        return thread.exists && thread.started ? end(actors_[number].thread) : make_thread(deed);
    }
    const auto kind = static_cast<unsigned>(deed.kind) - static_cast<unsigned>(Kind::endpoint);
    const ObjectType type = kinds_that_come_and_go[kind];
    const bool exists[] = {cast_.endpoints.at(number % 2).exists, cast_.replies.at(number % 4).exists,
                           cast_.notifications.at(number % 3).exists, cast_.contexts.at(number % 5).exists};
    const uint64_t slots[] = {cast_.slots.endpoints[number % 2], cast_.slots.replies[number % 4],
                              cast_.slots.notifications[number % 3], cast_.slots.contexts[number % 5]};
    const uint64_t slot = slots[kind];
    if (exists[kind]) return end(slot);
    const uint64_t size = type == ObjectType::sched_context ? cast_.contexts[0].capacity : 0;
    (void)world_.memory().retype({.type = type, .size = size, .count = 1, .table = own_table(), .first = slot});
    if (type != ObjectType::endpoint && type != ObjectType::notification) return;
    for (uint64_t badge = 1; badge < Cast::doors; ++badge) {
        (void)own_table().map({.first = slot + badge,
                               .source = own_table(),
                               .source_first = slot,
                               .count = 1,
                               .rights = test::every_right,
                               .badge = badge});
    }
}

void SideBySide::make_thread(const Deed& deed) {
    test::Actor& actor = actors_.at(deed.what);
    const auto thread = cap<stub::Thread>(actor.thread);
    if (!cast_.threads[deed.what].exists) {
        (void)world_.memory().retype(
            {.type = ObjectType::thread, .size = 0, .count = 1, .table = own_table(), .first = actor.thread});
        (void)thread.bind_task(cap<stub::Task>(actor.task));
        if (actor.buffer != 0) (void)thread.set_buffer(cap<stub::Frame>(actor.buffer), 0);
        actor.object = world_.slot(actor.thread).object<selene::Thread>();
    }
    (void)thread.set_priority({.priority = static_cast<uint8_t>(deed.x), .maximum = 255, .authority = boot_thread()});
    world_.start(actor);
}

void SideBySide::pass(const Deed& deed) {
    if (deed.kind == Kind::pass_late) return world_.pass(deed.x);
    for (uint64_t left = deed.x; left > 0;) {
        const uint64_t ticks = std::min(left, machine::simulated().deadline - machine::simulated().now);
        world_.pass(ticks);
        left -= ticks;
    }
}

}  // namespace selene::ipc_model
