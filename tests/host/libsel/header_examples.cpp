// SPDX-License-Identifier: BSD-2-Clause
// The examples of libsel's headers, compiled: tests/command_line/test_guide.py holds the headers against this file.

#include <cstring>
#include <vector>

#include <sel/barrier.hpp>
#include <sel/channel_set.hpp>
#include <sel/client_table.hpp>
#include <sel/condition_variable.hpp>
#include <sel/console.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/handover.hpp>
#include <sel/handover_format.hpp>
#include <sel/messenger.hpp>
#include <sel/paged_space.hpp>
#include <sel/rpc_server.hpp>
#include <sel/semaphore.hpp>
#include <sel/shared_channel.hpp>
#include <sel/table_links.hpp>
#include <sel/trace.hpp>
#include <sel/workspace.hpp>

/// The machine's counter; the examples are compiled, not run.
uint64_t sel::Clock::counter() { return 0; }

namespace header_examples {

// sel/rpc.hpp
namespace calculator {
inline constexpr sel::rpc::Method<1, uint64_t(uint64_t, uint64_t)> add;
inline constexpr sel::rpc::Method<2, void(sel::rpc::Text<100>)> remember;
using Interface = sel::rpc::Interface<add, remember>;
}  // namespace calculator

sel::Result<uint64_t> use(sel::Endpoint server) {
    SEL_TRY_VOID(calculator::remember(server, "twenty and twenty-two"));
    return calculator::add(server, 20, 22);
}

// sel/rpc_server.hpp
class Calculator {
public:
    sel::Result<uint64_t> add(uint64_t one, uint64_t other) { return one + other; }
    sel::Result<void> remember(sel::rpc::Caller& caller, std::string_view text) {
        last_ = {caller.badge(), text.size()};
        return {};
    }

private:
    std::pair<uint64_t, size_t> last_;
};

sel::Result<void> run(sel::Endpoint requests, sel::Reply reply) {
    using sel::rpc::on;
    Calculator calculator;
    sel::rpc::Replies replies(reply);
    return sel::rpc::serve<calculator::Interface, on<calculator::add, &Calculator::add>,
                           on<calculator::remember, &Calculator::remember>>(calculator, {requests, replies});
}

// sel/client_table.hpp
sel::ClientTable<uint64_t, 16> calls;

sel::Result<uint64_t> count(sel::rpc::Caller& caller) {
    SEL_TRY(mine, calls.of(caller.badge()));
    return ++*mine;
}

// sel/mutex.hpp
sel::Result<void> increment(sel::Mutex& mutex, uint64_t& counter) {
    SEL_TRY(lock, mutex.lock());
    ++counter;
    return lock.unlock();
}

// sel/lives.hpp
sel::Result<sel::Mutex::Lock> lock_or_repair(sel::Mutex& mutex, void (*repair)()) {
    auto lock = mutex.lock();
    if (lock || !lock.error().is(sel::LibraryError::partner_died)) return lock;
    repair();
    mutex.recover();
    return mutex.lock();
}

// sel/lives.hpp
struct Mourner {
    sel::LivesKeeper& lives;

    sel::Verdict fault(uint64_t badge, const sel::Fault&) {
        (void)lives.died(static_cast<uint32_t>(badge));
        return sel::Verdict::stay;
    }
};

// sel/semaphore.hpp
sel::Result<void> with_connection(const sel::Semaphore& connections, sel::Result<void> (*work)()) {
    SEL_TRY_VOID(connections.acquire());
    const sel::Result<void> done = work();
    SEL_TRY_VOID(connections.release());
    return done;
}

// sel/condition_variable.hpp
sel::Result<int> take(sel::Mutex& mutex, const sel::ConditionVariable& filled, std::vector<int>& queue) {
    SEL_TRY(lock, mutex.lock());
    while (queue.empty()) SEL_TRY_VOID(filled.wait(lock));
    const int last = queue.back();
    queue.pop_back();
    return last;
}

// sel/barrier.hpp
sel::Result<void> step(const sel::Barrier& all, void (*compute)()) {
    compute();
    return all.arrive_and_wait();
}

// sel/barrier.hpp
sel::Result<uint64_t> look_up(sel::OnceState& filled, sel::Mutex& mutex, std::vector<uint64_t>& table) {
    SEL_TRY_VOID(sel::call_once(filled, mutex, [&]() -> sel::Result<void> {
        table.assign(16, 1);
        return {};
    }));
    return table[3];
}

// sel/channel.hpp
using Samples = sel::ChannelMemory<uint64_t, 64>;

sel::Result<void> produce(sel::Producer<uint64_t, 64>& samples) {
    for (uint64_t sample = 0; sample < 10; ++sample) SEL_TRY_VOID(samples.put_waiting(sample));
    return samples.flush();
}

// sel/channel.hpp
sel::Result<uint64_t> sum(sel::Consumer<uint64_t, 64>& samples) {
    uint64_t total = 0;
    for (int count = 0; count < 10; ++count) {
        SEL_TRY(sample, samples.take_waiting());
        total += sample;
    }
    return total;
}

// sel/channel_set.hpp
sel::Result<uint64_t> log_one(sel::ChannelSet<uint64_t, 64>& clients) {
    SEL_TRY(next, clients.take_waiting());
    return next.producer + next.message;
}

// sel/channel_set.hpp
sel::Result<void> send_page(sel::BufferLender<16>& lender, std::span<const std::byte> page) {
    SEL_TRY(number, lender.take_waiting());
    std::memcpy(lender.buffer(number).data(), page.data(), page.size());
    return lender.lend(number, page.size());
}

// sel/shared_channel.hpp
using Reports = sel::SharedChannelMemory<uint64_t, 64>;

sel::Result<void> report(sel::SharedProducer<uint64_t, 64>& reports, std::span<const uint64_t> results) {
    for (const uint64_t result : results) SEL_TRY_VOID(reports.put_waiting(result));
    return reports.flush();
}

// sel/shared_channel.hpp
sel::Result<uint64_t> collect(sel::SharedConsumer<uint64_t, 64>& reports, int count) {
    uint64_t sum = 0;
    for (; count != 0; --count) {
        SEL_TRY(result, reports.take_waiting());
        sum += result;
    }
    return sum;
}

// sel/fault.hpp
struct Patience {
    sel::Verdict fault(uint64_t, const sel::Fault& fault) {
        return std::holds_alternative<sel::TimeoutFault>(fault) ? sel::Verdict::resume : sel::Verdict::stay;
    }
};

sel::Result<void> be_patient(sel::Endpoint faults, sel::Reply reply) {
    Patience patience;
    return sel::serve_faults(faults, reply, patience);
}

// sel/paged_space.hpp
sel::Result<void> give_stack(sel::PagedSpace& space) {
    SEL_TRY_VOID(space.add({.address = 0x4000'0000, .pages = 1, .source = sel::PageSource::guard}));
    return space.add({.address = 0x4000'1000, .pages = 4, .source = sel::PageSource::zero});
}

// sel/slot_allocator.hpp
sel::Result<sel::Endpoint> with_badge(sel::CapTable table, sel::Endpoint parent, uint64_t badge) {
    SEL_TRY(slot, sel::own_slots().allocate());
    const auto [into, first] = sel::own_slots().place(table, slot);
    const auto [source, source_first] = sel::own_slots().place(table, parent.index());
    SEL_TRY_VOID(into.map({.first = first,
                           .source = source,
                           .source_first = source_first,
                           .count = 1,
                           .rights = sel::abi::RightsMask(sel::abi::all_rights),
                           .badge = badge}));
    return sel::Endpoint(slot);
}

// sel/derive.hpp
sel::Result<void> with_client(sel::CapTable own, sel::Endpoint server, sel::Result<void> (*serve)(sel::Endpoint)) {
    SEL_TRY(client, sel::derive(own, sel::own_slots(), {.first = server.index(), .badge = 7}));
    SEL_TRY_VOID(serve(sel::Endpoint(client)));
    return sel::take_away(own, sel::own_slots(), client);
}

// sel/table_links.hpp
sel::Result<std::vector<sel::CapIndex>> slots_for(uint64_t clients) {
    SEL_TRY_VOID(sel::own_workspace());  // whose memory further tables come from
    std::vector<sel::CapIndex> slots;
    while (slots.size() < clients) {
        SEL_TRY(slot, sel::own_slots().allocate());
        slots.push_back(slot);
    }
    return slots;
}

// sel/workspace.hpp
sel::Result<void> show(sel::Workspace& work, std::string_view text, sel::Result<void> (*ask)(sel::Frame)) {
    SEL_TRY(page, work.map(4096));
    std::memcpy(page.bytes().data(), text.data(), text.size());
    SEL_TRY(shared, page.share(sel::abi::RightsMask(sel::abi::Right::read)));
    return ask(sel::Frame(shared.runs()[0].first));
}

// sel/workspace.hpp
struct Stack {
    sel::Reservation reserved;
    sel::MappedMemory memory;
};

sel::Result<Stack> make_stack(sel::Workspace& work) {
    SEL_TRY(reserved, work.reserve(4096 + 16384));
    SEL_TRY(memory, work.map_at(reserved, 4096, 16384));
    return Stack{std::move(reserved), std::move(memory)};
}

// sel/acceptor.hpp
sel::Result<sel::CapIndex> fetch(sel::Endpoint server, const sel::Acceptor& into) {
    SEL_TRY(first, into.open(1));
    const auto answer = server.call(sel::Message(1));
    const uint64_t arrived = answer ? answer->items() : 0;
    into.close(first, 1, arrived);
    if (arrived == 0) return sel::refused({sel::LibraryError::unexpected_message});
    return first;
}

// sel/address_allocator.hpp
sel::Result<uint64_t> place_for_large_frame(sel::AddressAllocator& addresses) {
    constexpr uint64_t bytes = 2 << 20;
    return addresses.allocate(bytes, bytes);
}

// sel/clock.hpp
std::chrono::microseconds time_of(void (*work)()) {
    const auto start = sel::Clock::now();
    work();
    return duration_cast<std::chrono::microseconds>(sel::Clock::now() - start);
}

// sel/console.hpp
sel::Result<std::string_view> ask_name(const sel::Console& console, std::span<char> name) {
    SEL_TRY_VOID(console.write("Who are you?\n"));
    return console.read(name);
}

// sel/ending.hpp
[[noreturn]] void give_up() { sel::end<sel::Ending::aborted>(); }

// sel/endpoint.hpp
sel::Result<void> double_numbers(sel::Endpoint requests, sel::Reply reply) {
    SEL_TRY(next, requests.receive(reply));
    for (;;) {
        SEL_TRY(after, requests.reply_receive(reply, sel::Message(0, 2 * next.message.word(0))));
        next = after;
    }
}

// sel/notification.hpp
sel::Result<void> wait_for_both(sel::Notification events, uint64_t one, uint64_t other) {
    uint64_t seen = 0;
    while ((seen & one) == 0 || (seen & other) == 0) {
        SEL_TRY(bits, events.wait());
        seen |= bits;
    }
    return {};
}

// sel/message.hpp
sel::Result<uint64_t> ask_size(sel::Endpoint server, std::string_view name) {
    sel::Message request(1);
    SEL_TRY_VOID(request.append(name));
    SEL_TRY(answer, server.call(request));
    return answer.word(0);
}

// sel/environment.hpp
sel::Result<sel::Message> call_server() {
    SEL_TRY(server, sel::environment().endpoint("server"));
    return server.call(sel::Message(1));
}

// sel/error.hpp
namespace oven {
enum class Refusal : uint16_t { too_hot = 1, no_gas };

inline void describe(sel::Output& output, Refusal refusal, uint64_t degrees, uint64_t most) {
    switch (refusal) {
    case Refusal::too_hot: return sel::format_to(output, "{} degrees are more than {}", degrees, most);
    case Refusal::no_gas: return output.write("there is no gas");
    }
}
inline const sel::Sentences<Refusal> sentences;
}  // namespace oven
sel::Endpoint requests_or_end() {
    return sel::or_abort(sel::environment().endpoint("requests"), "finding the requests");
}

// sel/format.hpp
struct Point {
    int x, y;
};
void describe(sel::Output& output, const Point& point) { sel::format_to(output, "({}, {})", point.x, point.y); }

// sel/print.hpp
void print_usage(std::string_view name, uint64_t bytes) { sel::println("{:<16} {:>8} {:#x}", name, bytes, bytes); }

// sel/handover.hpp
sel::Result<uint64_t> bytes_of_ram(sel::CapTable table) {
    SEL_TRY(all, sel::take_handed_over("ram", table));
    uint64_t bytes = 0;
    for (const sel::HandedOver& one : all) bytes += one.device ? 0 : one.bytes;
    return bytes;
}

// sel/ipc_buffer.hpp
sel::Result<void> pass_on(sel::Endpoint partner, sel::Frame frame) {
    sel::Message message(1);
    SEL_TRY_VOID(message.append(sel::mapped_item(frame.index(), sel::abi::RightsMask(sel::abi::Right::read))));
    return partner.send(message);
}

// sel/mapper.hpp
sel::Result<uint64_t> map_registers(sel::Mapper& mapper, sel::Frame registers) {
    return mapper.map({.first = registers.index(), .count = 1}, {.kind = sel::abi::MemoryKind::device});
}

// sel/objects.hpp
sel::Result<sel::stub::RegisterGroup> look_at(sel::Thread thread) {
    SEL_TRY_VOID(thread.suspend());
    return thread.read_registers(0);
}

// sel/range_set.hpp
std::optional<uint64_t> take_eight() {
    sel::RangeSet free;
    return free.give({.first = 0, .count = 100}) ? free.take(8, 8) : std::nullopt;
}

// sel/rpc_wire.hpp
namespace store {
inline constexpr sel::rpc::Method<1, uint64_t(sel::rpc::Text<32>, sel::rpc::Items<uint64_t, 16>)> put;
inline constexpr sel::rpc::Method<2, sel::rpc::Mapped<sel::Frame>(sel::rpc::Granted<sel::Notification>)> watch;
inline constexpr sel::rpc::Method<3, uint64_t(sel::rpc::Buffer)> sum;
}  // namespace store

// sel/untyped_allocator.hpp
sel::Result<void> with_endpoint(sel::UntypedAllocator& memory, sel::Result<void> (*work)(sel::Endpoint)) {
    SEL_TRY(made, memory.allocate({.type = sel::abi::ObjectType::endpoint}));
    SEL_TRY_VOID(work(made.as<sel::Endpoint>()));
    return memory.release(made);
}

// sel/own_thread.hpp
sel::Result<uint64_t> count_in_background(const sel::OwnThread::Means& means) {
    uint64_t counted = 0;
    auto work = [&] {
        while (counted < 1000) ++counted;
    };
    SEL_TRY(thread, sel::OwnThread::start(means, {.priority = 50}, work));
    SEL_TRY_VOID(thread.join());
    return counted;
}

// sel/alarm.hpp
sel::Result<uint64_t> wait_a_while(sel::Alarm& alarm, sel::Notification bell) {
    SEL_TRY_VOID(alarm.ring_at(sel::Clock::now() + std::chrono::milliseconds(1)));
    return bell.wait();
}

// sel/messenger.hpp
sel::Result<uint64_t> add_soon(sel::Messenger& messenger, sel::Endpoint server) {
    const sel::LimitedEndpoint soon(messenger, server, std::chrono::milliseconds(1));
    return calculator::add(soon, 20, 22);
}

// sel/trace.hpp
void decode(sel::MemoryRegion memory, uint64_t waiting) {
    sel::trace::Writer trace(memory.bytes);
    trace.counter("frames that wait", waiting);
    const auto span = trace.span("decode");
    trace.instant("key frame", 17);
}

// sel/result.hpp
sel::Result<uint64_t> ask_twice(sel::Result<uint64_t> (*ask)()) {
    const auto first = ask();
    if (first || !first.error().is(sel::LibraryError::timed_out)) return first;
    SEL_TRY(second, ask());
    if (second == 0) return sel::refused({sel::LibraryError::not_understood});
    return second;
}

// sel/cap_index.hpp
bool are_neighbours(sel::CapIndex one, sel::CapIndex other) {
    return !one.is_none() && !other.is_none() && (one + 1 == other || other + 1 == one);
}

// sel/system_call.hpp
bool is_refused(sel::CapIndex object, uint32_t label) {
    const sel::Registers out =
        sel::system_call<sel::abi::SystemCall::call>({.x0 = object.raw(), .tag = sel::abi::Tag().with_label(label)});
    return out.tag.error();
}

// sel/handover_format.hpp
uint64_t bytes_of_kernel(std::span<const std::byte, sel::handed_over_bytes> page) {
    sel::HandedOverHeader header{};
    std::memcpy(&header, page.data(), sizeof header);
    return header.magic == sel::handed_over_magic ? header.kernel_bytes : 0;
}

// sel/environment_format.hpp
void list_capabilities(const sel::Environment& environment) {
    for (const sel::EnvironmentEntry& entry : environment.entries()) {
        if (entry.kind != sel::EnvironmentKind::capability) continue;
        sel::println("slot {}: {}", entry.value0, environment.name(entry));
    }
}

}  // namespace header_examples
