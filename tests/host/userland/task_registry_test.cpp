// SPDX-License-Identifier: BSD-2-Clause
// The task manager's books: who is refused what, what each client has to itself, and that nothing is left behind.
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <sel/clock.hpp>

#include "fake_kernel.hpp"
#include "sample_elf.hpp"
#include "servers/tasks/task_registry.hpp"

// The machine that builds has another counter. No task runs here.
uint64_t sel::Clock::ticks(duration) { return 0; }

using namespace tasks;
using sel::abi::ObjectType;
using task_manager::Options;
using task_manager::Refusal;
using task_manager::State;

namespace {

constexpr uint64_t one = 1;
constexpr uint64_t other = 2;
constexpr uint64_t master = 3;  // the operator
constexpr uint64_t stranger = 9;
constexpr uint64_t slot_count = 600;
constexpr uint64_t memory_endpoint = 4;
constexpr uint64_t first_reply = 10;
constexpr uint64_t replies_given = 7;

bool is(const auto& result, Refusal refusal) { return !result && result.error().is(refusal); }

/// A boot archive with a program and a file that is none.
std::string archive() {
    const auto entry = [](std::string_view name, std::string_view contents) {
        std::string block(512, '\0');
        name.copy(block.data(), 100);
        for (size_t digit = 0, size = contents.size(); digit != 11; ++digit, size /= 8) {
            block[124 + 10 - digit] = static_cast<char>('0' + size % 8);
        }
        block[156] = '0';
        block += contents;
        block.resize((block.size() + 511) / 512 * 512);
        return block;
    };
    return entry("program", capdl::test::SampleElf().bytes()) + entry("text", "words") + std::string(1024, '\0');
}

/// A task manager with three clients, whose memory manager says what the test wants.
struct Manager {
    Manager() {
        sel::set_ipc_buffer(&buffer);
        kernel.slots[memory_endpoint] = {.type = ObjectType::endpoint, .parent = 0};
        for (uint64_t number = 0; number < replies_given; ++number) {
            kernel.slots[first_reply + number] = {.type = ObjectType::reply, .parent = 0};
            if (number != 0) (void)replies.add(sel::Reply(sel::CapIndex(first_reply + number)));
        }
        (void)slots.add(sel::CapIndex(100), slot_count);
        (void)memory.add(kernel.add_untyped(3, 0x100'0000, 16));
        kernel.others = [](sel::abi::SystemCall, const sel::Registers&) { return sel::Registers{.reply = 0}; };
        kernel.partner = [this](uint64_t, const sel::Message& request) { return answer(request); };
        builder.emplace(*TaskBuilder::make({.table = table,
                                            .slots = slots,
                                            .space = sel::AddressSpace(FakeKernel::own_space),
                                            .memory = memory,
                                            .window = uint64_t{1} << 30,
                                            .control = {},
                                            .authority = {},
                                            .passage = {}}));
        registry.emplace(TaskRegistry::Means{.builder = *builder,
                                             .table = table,
                                             .slots = slots,
                                             .acceptor = acceptor,
                                             .memory = sel::Endpoint(sel::CapIndex(memory_endpoint)),
                                             .faults = sel::Endpoint(sel::CapIndex(5)),
                                             .archive = BootArchive(files),
                                             .highest_priority = 100,
                                             .most_tasks = 5,
                                             .operator_badge = master,
                                             .clients = {one, other, master},
                                             .places = replies_given - 1});
    }

    ~Manager() { sel::set_ipc_buffer(nullptr); }

    sel::Message answer(const sel::Message& request) const {
        if (request.label() == memory_server::state.label) return sel::Message(0, quota.pages, quota.objects, 0, 0);
        return sel::rpc::detail::refusal({sel::abi::ErrorCode::out_of_memory});
    }

    /// Calls a method as a client does.
    template <typename Method, typename... Arguments>
    auto as(uint64_t badge, Method method, const Arguments&... arguments) {
        sel::rpc::Caller caller(badge, reply, replies, &acceptor);
        return ((*registry).*method)(caller, arguments...);
    }
    sel::Result<uint64_t> create(uint64_t badge, const Options& options = {}, std::string_view program = "program") {
        return as(badge, &TaskRegistry::create, program, std::string_view("name"), options);
    }
    sel::stub::Capability arrived() {
        kernel.slots[90] = {.type = ObjectType::notification, .parent = 0};
        return sel::stub::Capability(sel::CapIndex(90));
    }
    auto give(uint64_t badge, uint64_t task) {
        return as(badge, &TaskRegistry::give, task, std::string_view("bell"), arrived());
    }

    sel::IpcBuffer buffer{};
    std::string files = archive();
    FakeKernel kernel;
    sel::SlotAllocator slots;
    sel::CapTable table{FakeKernel::own_table};
    sel::UntypedAllocator memory{table, slots};
    sel::Acceptor acceptor{table, slots};
    sel::Reply reply{sel::CapIndex(first_reply)};
    sel::rpc::Replies replies{reply};
    memory_server::Amount quota{300, 300};
    std::optional<TaskBuilder> builder;
    std::optional<TaskRegistry> registry;
};

}  // namespace

TEST_CASE("a task that cannot be is not created") {
    Manager manager;
    CHECK(is(manager.create(one, {}, "nothing"), Refusal::no_program));
    CHECK(is(manager.create(one, {}, "text"), Refusal::no_program));
    CHECK(is(manager.create(stranger), Refusal::no_client));
    CHECK(is(manager.create(0), Refusal::no_client));
    CHECK(is(manager.create(one, {.priority = 101}), Refusal::bad_value));
    CHECK(is(manager.create(one, {.slots = 31}), Refusal::bad_value));
    CHECK(is(manager.create(one, {.slots = 4097}), Refusal::bad_value));
    CHECK(is(manager.create(one, {.stack_pages = 0}), Refusal::bad_value));
    CHECK(is(manager.create(one, {.stack_pages = 257}), Refusal::bad_value));
    CHECK(is(manager.create(one, {.memory_pages = ~uint64_t{0}}), Refusal::bad_value));
    CHECK(is(manager.create(one, {.memory_objects = ~uint64_t{0}}), Refusal::bad_value));
    CHECK(is(manager.as(master, &TaskRegistry::survey, uint64_t{0}), Refusal::not_yours));
    CHECK(is(manager.registry->program(2), Refusal::no_program));
}

TEST_CASE("a task is nobody's but its creator's and the operator's") {
    Manager manager;
    const uint64_t task = *manager.create(one);
    for (const uint64_t badge : {other, stranger, uint64_t{0}}) {
        CHECK(is(manager.as(badge, &TaskRegistry::argument, task, std::string_view("a"), std::string_view("b")),
                 Refusal::not_yours));
        CHECK(is(manager.give(badge, task), Refusal::not_yours));
        CHECK(is(manager.as(badge, &TaskRegistry::start, task), Refusal::not_yours));
        CHECK(is(manager.as(badge, &TaskRegistry::look, task), Refusal::not_yours));
        CHECK(is(*manager.as(badge, &TaskRegistry::wait, task), Refusal::not_yours));
        CHECK(is(manager.as(badge, &TaskRegistry::kill, task), Refusal::not_yours));
        CHECK(is(manager.as(badge, &TaskRegistry::survey, uint64_t{0}), Refusal::not_allowed));
        CHECK(is(manager.as(badge, &TaskRegistry::name_of, task, uint64_t{0}), Refusal::not_yours));
    }
    CHECK(is(manager.as(one, &TaskRegistry::kill, task + 1), Refusal::not_yours));
    CHECK(manager.as(master, &TaskRegistry::look, task)->state == State::prepared);
    CHECK(std::get<0>(*manager.as(master, &TaskRegistry::survey, uint64_t{0})).owner == one);
    CHECK(manager.as(master, &TaskRegistry::kill, task));
    CHECK(is(manager.as(one, &TaskRegistry::look, task), Refusal::not_yours));
}

TEST_CASE("a task has so many arguments and capabilities, and gives them back") {
    Manager manager;
    const uint64_t free = manager.slots.available();
    const uint64_t task = *manager.create(one);
    const auto argument = [&] {
        return manager.as(one, &TaskRegistry::argument, task, std::string_view("a"), std::string_view("b"));
    };
    for (size_t number = 0; number < TaskRegistry::most_given; ++number) {
        CHECK(argument());
        CHECK(manager.give(one, task));
    }
    CHECK(is(argument(), Refusal::too_many));
    CHECK(is(manager.give(one, task), Refusal::too_many));
    CHECK(manager.as(one, &TaskRegistry::name_of, task, uint64_t{15})->view() == "bell");
    CHECK(is(manager.as(one, &TaskRegistry::name_of, task, uint64_t{16}), Refusal::not_yours));
    CHECK(manager.as(one, &TaskRegistry::kill, task));
    CHECK(manager.slots.available() == free);
}

TEST_CASE("a client that takes all that it can leaves others their tasks, their slots and their places") {
    Manager manager;
    const uint64_t free = manager.slots.available();
    std::vector<uint64_t> tasks;
    for (auto task = manager.create(one); task; task = manager.create(one)) tasks.push_back(*task);
    CHECK(tasks.size() == 5);
    CHECK(is(manager.create(one), Refusal::too_many));
    for (const uint64_t task : tasks) {
        while (manager.give(one, task)) {}
    }
    uint64_t waiting = 0;
    while (!manager.as(one, &TaskRegistry::wait, tasks[0])) ++waiting;
    CHECK(waiting == 2);
    CHECK(is(*manager.as(one, &TaskRegistry::wait, tasks[1]), Refusal::too_many));
    // The operator may look at others' tasks, and waits in places of its own.
    CHECK(!manager.as(master, &TaskRegistry::wait, tasks[0]));
    for (int number = 0; number < 5; ++number) {
        const auto task = manager.create(other);
        REQUIRE(task);
        for (size_t gift = 0; gift < TaskRegistry::most_given; ++gift) REQUIRE(manager.give(other, *task));
        if (number < 2) CHECK(!manager.as(other, &TaskRegistry::wait, *task));
    }
    CHECK(manager.slots.available() > BuiltTask::slots + 3);
    // The client ends: all of its tasks do.
    (void)manager.registry->fault(one, sel::Message(0));
    CHECK(is(manager.as(master, &TaskRegistry::look, tasks[0]), Refusal::not_yours));
    CHECK(manager.create(one));
    (void)manager.registry->fault(one, sel::Message(0));
    (void)manager.registry->fault(other, sel::Message(0));
    CHECK(manager.slots.available() == free);
}

TEST_CASE("who has died while it waited does not keep its client from waiting") {
    Manager manager;
    const uint64_t task = *manager.create(one);
    for (int times = 0; times < 20; ++times) {
        const uint64_t waits_in = manager.reply.index().raw();
        REQUIRE(!manager.as(one, &TaskRegistry::wait, task));
        manager.kernel.abandoned_replies.insert(waits_in);
    }
}

TEST_CASE("a client borrows no more for its tasks than its share, and a start that is refused leaves nothing") {
    Manager manager;
    const uint64_t free = manager.slots.available();
    const auto start = [&](const Options& options) {
        const uint64_t task = *manager.create(one, options);
        auto started = manager.as(one, &TaskRegistry::start, task);
        CHECK(manager.as(one, &TaskRegistry::look, task)->state == State::ended);
        CHECK(is(manager.as(one, &TaskRegistry::start, task), Refusal::wrong_state));
        CHECK(is(manager.give(one, task), Refusal::wrong_state));
        CHECK(manager.as(one, &TaskRegistry::kill, task));
        return started;
    };
    const auto pages = start({.memory_pages = 100, .memory_objects = 1});
    CHECK(is(pages, Refusal::over_pages));
    CHECK(pages.error().details[1] == 100);
    const auto objects = start({.memory_pages = 1, .memory_objects = 98});
    CHECK(is(objects, Refusal::over_objects));
    CHECK(objects.error().details == std::array<uint64_t, 2>{101, 100});
    // Within its share it is the memory manager that says no.
    CHECK(start({.memory_pages = 1, .memory_objects = 1}).error().is(sel::abi::ErrorCode::out_of_memory));
    CHECK(manager.slots.available() == free);
}

TEST_CASE("a task whose creator has not learnt its number is none") {
    Manager manager;
    for (int times = 0; times < 100; ++times) {
        const auto task = manager.create(one);
        REQUIRE(task);
        manager.registry->undelivered(sel::Message(0, *task));
    }
    const uint64_t kept = *manager.create(one);
    manager.registry->undelivered(sel::Message(0));
    manager.registry->undelivered(sel::Message(0, kept, 0));
    manager.registry->undelivered(sel::Message(0, kept + 1));
    CHECK(manager.as(one, &TaskRegistry::look, kept));
}
