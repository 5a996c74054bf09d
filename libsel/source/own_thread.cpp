// SPDX-License-Identifier: BSD-2-Clause
// A thread's memory: guard page, stack, and a page with what else it needs.

#include <sel/own_thread.hpp>

#include <atomic>
#include <cstring>
#include <new>

#include <sel/clock.hpp>
#include <sel/ending.hpp>
#include <sel/table_links.hpp>

// From component.ld: the initial values of thread-local variables, and their size as an address.
extern "C" const char __sel_tls_image[];
extern "C" const char __sel_tls_image_size[];

namespace sel {

// The page:
//
//     0     IPC buffer
//     1024  thread pointer; the variables are 64 bytes above (component.ld)
//     3072  Seat
struct OwnThread::Seat {
    static constexpr uint64_t thread_pointer = sizeof(IpcBuffer);
    static constexpr uint64_t variables = thread_pointer + 64;
    static constexpr uint64_t offset = 3072;

    Script script;
    void* context;
    IpcBuffer* buffer;
    Notification ended;
    std::atomic<bool> has_ended;
};

Result<Task> make_own_task(Workspace& work, Endpoint faults) {
    const TableLinks* const links = work.means().slots.links();
    const CapTable table = links == nullptr ? work.means().table : links->root();
    SEL_TRY(made, work.memory().allocate({.type = abi::ObjectType::task}));
    const auto task = made.as<Task>();
    const auto install = [&]() -> Result<void> {
        SEL_TRY_VOID(task.install(abi::TaskSlot::table, table));
        SEL_TRY_VOID(task.install(abi::TaskSlot::space, work.means().space));
        return faults.index().is_none() ? Result<void>{} : task.install(abi::TaskSlot::fault_endpoint, faults);
    };
    if (const auto installed = install(); !installed) {
        (void)work.memory().release(made);
        return refused(installed.error());
    }
    return task;
}

Result<OwnThread> OwnThread::start_script(const Means& means, const Role& role, Script script, void* context) {
    constexpr uint64_t page = Workspace::page_bytes;
    Workspace& work = means.work;
    SEL_TRY(place, work.reserve(page + role.stack_bytes + page));
    SEL_TRY(stack, work.map_at(place, page, role.stack_bytes));
    SEL_TRY(last, work.map_at(place, page + role.stack_bytes, page));
    OwnThread thread(std::move(place), std::move(stack), std::move(last));
    SEL_TRY_VOID(thread.prepare(means, role));

    std::byte* const bytes = thread.page_.bytes().data();
    auto* const seat = new (bytes + Seat::offset) Seat{.script = script,
                                                       .context = context,
                                                       .buffer = thread.buffer(),
                                                       .ended = thread.ended_.get(),
                                                       .has_ended = false};
    const auto variables = reinterpret_cast<size_t>(__sel_tls_image_size);
    if (variables > Seat::offset - Seat::variables) return refused({LibraryError::no_memory, variables});
    std::memcpy(bytes + Seat::variables, __sel_tls_image, variables);
    SEL_TRY_VOID(thread.thread().start({.pc = reinterpret_cast<uint64_t>(&enter),
                                        .sp = thread.page_.address(),
                                        .argument0 = reinterpret_cast<uint64_t>(seat),
                                        .argument1 = 0,
                                        .tls = thread.page_.address() + Seat::thread_pointer,
                                        .floating_point = role.floating_point}));
    return thread;
}

Result<void> OwnThread::prepare(const Means& means, const Role& role) {
    constexpr uint64_t refills = 8;
    SEL_TRY(made, means.work.make<Thread>());
    thread_ = std::move(made);
    SEL_TRY(ended, means.work.make<Notification>());
    ended_ = std::move(ended);
    SEL_TRY(time, means.work.make<SchedContext>(refills));
    context_ = std::move(time);
    SEL_TRY_VOID(thread().bind_task(means.task));
    SEL_TRY_VOID(
        thread().set_priority({.priority = role.priority, .maximum = role.priority, .authority = means.authority}));
    SEL_TRY_VOID(thread().set_buffer(page_.frame(), 0));
    if (role.budget.count() == 0) return {};
    SEL_TRY_VOID(means.time.configure({.context = context(),
                                       .budget = Clock::ticks(role.budget),
                                       .period = Clock::ticks(role.period),
                                       .refills = 0}));
    return context().bind(thread());
}

void OwnThread::enter(Seat* seat) {
    set_ipc_buffer(seat->buffer);
    seat->script(seat->context);
    seat->has_ended.store(true, std::memory_order_release);  // pairs with has_ended()
    (void)seat->ended.signal();
    end<Ending::finished>();
}

OwnThread::Seat& OwnThread::seat() const {
    return *std::launder(reinterpret_cast<Seat*>(page_.bytes().data() + Seat::offset));
}

IpcBuffer* OwnThread::buffer() const { return reinterpret_cast<IpcBuffer*>(page_.bytes().data()); }

bool OwnThread::has_ended() const { return seat().has_ended.load(std::memory_order_acquire); }  // pairs with enter()

Result<void> OwnThread::join() const {
    while (!has_ended()) SEL_TRY_VOID(seat().ended.wait());
    return {};
}

}  // namespace sel
