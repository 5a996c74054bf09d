// SPDX-License-Identifier: BSD-2-Clause
// Making threads: stack, IPC buffer, thread-local variables, time.
#include "stage.hpp"

#include <array>
#include <chrono>
#include <cstring>

#include <sel/clock.hpp>
#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

// From component.ld: the initial values of thread-local variables.
extern "C" const char __sel_tls_image[];
extern "C" const char __sel_tls_image_size[];

namespace test {

using sel::or_abort;
using sel::abi::ObjectType;

namespace {

constexpr uint64_t stack_bytes = 16384;
constexpr uint64_t thread_local_bytes = 512;
constexpr uint64_t before_variables = 64;  // see component.ld

}  // namespace

/// What a thread stands on.
struct Stage::Seat {
    alignas(16) std::array<char, stack_bytes> stack;
    alignas(64) std::array<char, thread_local_bytes> variables;
    sel::IpcBuffer* buffer;
    Script script;
    void* context;
    sel::Notification ended;
    std::atomic<bool> has_ended;
};

Stage::Seat& Stage::seat(unsigned number) {
    static std::array<Seat, most_actors> seats;
    return seats[number];
}

Stage::Stage()
    : table_(or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the own table")),
      space_(or_abort(sel::environment().capability<sel::AddressSpace>("space"), "finding the own space")),
      thread_(or_abort(sel::environment().capability<sel::Thread>("thread"), "finding the own thread")),
      time_(or_abort(sel::environment().capability<sel::ScheduleControl>("time"), "finding schedule control")),
      memory_(table_, sel::own_slots()),
      mapper_(space_, table_, memory_, sel::own_addresses()) {
    const auto untyped = or_abort(sel::environment().capability<sel::Untyped>("memory"), "finding memory");
    or_abort(memory_.add(untyped, memory_pages), "taking the memory");
    task_ = make<sel::Task>();
    or_abort(task_.install(sel::abi::TaskSlot::table, table_), "giving the task a table");
    or_abort(task_.install(sel::abi::TaskSlot::space, space_), "giving the task a space");
    ended_ = make<sel::Notification>();
}

sel::UntypedAllocator::Objects Stage::make_objects(ObjectType type, uint64_t size, uint64_t count) {
    return or_abort(memory_.allocate({.type = type, .size = size, .count = count}), "making objects");
}

sel::CapIndex Stage::derive_index(sel::CapIndex parent, sel::abi::RightsMask rights, uint64_t badge) {
    const sel::CapIndex child = or_abort(sel::own_slots().allocate(), "finding a slot");
    or_abort(table_.map({.first = child.raw(),
                         .source = table_,
                         .source_first = parent.raw(),
                         .count = 1,
                         .rights = rights,
                         .badge = badge}),
             "deriving a capability");
    return child;
}

void Stage::unmap(sel::stub::Capability capability, sel::abi::KeepRoot root) {
    or_abort(table_.unmap({.first = capability.index().raw(), .count = 1, .root = root}), "taking a capability away");
}

sel::Task Stage::make_task(sel::Endpoint faults) {
    const auto task = make<sel::Task>();
    or_abort(task.install(sel::abi::TaskSlot::table, table_), "giving the task a table");
    or_abort(task.install(sel::abi::TaskSlot::space, space_), "giving the task a space");
    or_abort(task.install(sel::abi::TaskSlot::fault_endpoint, faults), "giving the task a fault endpoint");
    return task;
}

void Stage::enter(Seat* seat) {
    sel::set_ipc_buffer(seat->buffer);
    seat->script(seat->context);
    seat->has_ended.store(true, std::memory_order_release);  // pairs with has_ended()
    (void)seat->ended.signal();
    sel::end<sel::Ending::finished>();
}

Actor Stage::make_thread(const Role& role) {
    if (actors_ == most_actors) {
        sel::print("the stage is full\n");
        std::abort();
    }
    const auto objects = make_objects(ObjectType::thread, 0, 1);
    const auto thread = objects.as<sel::Thread>();
    or_abort(thread.bind_task(role.task.value_or(task_)), "putting a thread into its task");
    or_abort(thread.set_priority({.priority = role.priority, .maximum = role.priority, .authority = thread_}),
             "setting a priority");
    constexpr uint64_t refills = 8;
    const auto time = make<sel::SchedContext>(refills);
    if (role.budget_us != 0) {
        const auto ticks = [](uint64_t microseconds) {
            return sel::Clock::ticks(std::chrono::microseconds(microseconds));
        };
        or_abort(time_.configure(
                     {.context = time, .budget = ticks(role.budget_us), .period = ticks(role.period_us), .refills = 0}),
                 "giving a thread time");
        or_abort(time.bind(thread), "giving a thread time");
    }
    return {.objects = objects, .thread = thread, .time = time, .number = actors_++};
}

Actor Stage::start_at(const Role& role, const sel::stub::Thread::Start& begin) {
    const Actor actor = make_thread(role);
    or_abort(actor.thread.start(begin), "starting a thread");
    return actor;
}

Actor Stage::start_thread(const Role& role, Script script, void* context) {
    const Actor actor = make_thread(role);
    Seat& seat = Stage::seat(actor.number);
    std::memcpy(seat.variables.data() + before_variables, __sel_tls_image,
                reinterpret_cast<size_t>(__sel_tls_image_size));
    seat.script = script;
    seat.context = context;
    seat.ended = ended_;
    seat.has_ended.store(false, std::memory_order_relaxed);
    if (role.buffer) {
        constexpr uint64_t page_bits = 12;
        const auto frame = make_objects(ObjectType::frame, page_bits, 1);
        const uint64_t address = or_abort(mapper_.map({.first = frame.first, .count = 1}), "mapping an IPC buffer");
        or_abort(actor.thread.set_buffer(frame.as<sel::Frame>(), 0), "giving a thread its IPC buffer");
        seat.buffer = reinterpret_cast<sel::IpcBuffer*>(address);
    }
    using sel::abi::FloatingPoint;
    or_abort(
        actor.thread.start({.pc = reinterpret_cast<uint64_t>(&enter),
                            .sp = reinterpret_cast<uint64_t>(seat.stack.data() + stack_bytes),
                            .argument0 = reinterpret_cast<uint64_t>(&seat),
                            .argument1 = 0,
                            .tls = reinterpret_cast<uint64_t>(seat.variables.data()),
                            .floating_point = role.floating_point ? FloatingPoint::allowed : FloatingPoint::refused}),
        "starting a thread");
    return actor;
}

bool Stage::has_ended(const Actor& actor) const {
    return seat(actor.number).has_ended.load(std::memory_order_acquire);  // pairs with enter()
}

void Stage::wait_for(const Actor& actor) {
    while (!has_ended(actor)) {
        (void)ended_.wait();
    }
}

void Stage::destroy(const Actor& actor) { or_abort(memory_.release(actor.objects), "destroying a thread"); }

}  // namespace test
