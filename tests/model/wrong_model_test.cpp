// SPDX-License-Identifier: BSD-2-Clause
// Models that are wrong on purpose: the difference is found, made short, and printed as C++ that shows it again.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string_view>

#include "sequence.hpp"

namespace selene::model {

namespace {

using Kind = Operation::Kind;

constexpr unsigned sequences_at_most = 100;
constexpr unsigned operations_each = 400;

template <class Method>
bool is(const Operation& operation, Method method, size_t words) {
    return operation.kind == Kind::invoke && operation.method == static_cast<uint32_t>(method) &&
           operation.words.size() == words;
}

/// It believes that nobody is ever stopped.
void forgets_to_stop(System& system, const Operation& operation) {
    if (!is(operation, abi::ThreadMethod::suspend, 0)) return;
    for (Object* thread : system.objects(ObjectType::thread)) thread->thread.stopped = false;
}
/// It believes that frames in page tables may always be written.
void forgets_rights(System& system, const Operation& operation) {
    if (!is(operation, abi::AddressSpaceMethod::map, 6)) return;
    for (Object* table : system.objects(ObjectType::page_table)) {
        for (auto& [index, entry] : table->pages.entries) {
            const bool boot = table->base < system.objects(ObjectType::cap_table).front()->base;
            if (entry.frame != nullptr && !boot) entry.rights |= bit(Right::write);
        }
    }
}
/// It believes that a moved frame is mapped no more.
void forgets_to_follow(System& system, const Operation& operation) {
    if (!is(operation, abi::CapTableMethod::grant, 4)) return;
    for (Object* table : system.objects(ObjectType::page_table)) {
        const bool boot = table->base < system.objects(ObjectType::cap_table).front()->base;
        if (!boot && !table->pages.entries.empty() && table->pages.entries.begin()->second.frame != nullptr)
            System::clear_mapping(*table->pages.entries.begin()->second.frame);
    }
}
/// It believes that signals are lost.
void forgets_signals(System& system, const Operation& operation) {
    if (operation.kind != Kind::signal) return;
    for (Object* notification : system.objects(ObjectType::notification)) notification->notification.bits = 0;
}
/// It believes that what is written into a register goes into the next one.
void forgets_registers(System& system, const Operation& operation) {
    if (!is(operation, abi::ThreadMethod::write_registers, 7)) return;
    for (Object* thread : system.objects(ObjectType::thread)) {
        if (!thread->thread.acts) std::ranges::rotate(thread->thread.registers, thread->thread.registers.end() - 3);
    }
}

std::string without_spaces(std::string_view text) {
    std::string bare;
    std::ranges::copy_if(text, std::back_inserter(bare), [](char c) { return c != ' ' && c != '\n'; });
    return bare;
}

/// What is left of a sequence that shows the mistake: the first that is short enough, or the shortest of a few.
std::vector<Operation> find(const Setting& wrong, size_t longest) {
    constexpr unsigned findings = 3;
    std::vector<Operation> shortest;
    Tally tally;
    for (unsigned i = 0, found = 0; i < sequences_at_most && found < findings; ++i) {
        const Played played = play(Catch::getSeed() * 1'000'003ull + i, operations_each, wrong, tally);
        if (!played.difference) continue;
        auto operations = shrink(played.operations, wrong);
        if (found++ == 0 || operations.size() < shortest.size()) shortest = std::move(operations);
        if (shortest.size() <= longest) break;
    }
    return shortest;
}

void check_found(const Mistake& mistake, size_t longest) {
    const Setting wrong{.preemption = Preemption::never, .mistake = mistake};
    const auto operations = find(wrong, longest);
    REQUIRE(!operations.empty());
    INFO(as_source(operations));
    CHECK(operations.size() <= longest);
    CHECK(run(operations, wrong).has_value());
    CHECK(!run(operations, {}).has_value());
    // Each operation counts.
    for (size_t left_out = 0; left_out < operations.size(); ++left_out) {
        auto fewer = operations;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
        CHECK(!run(fewer, wrong).has_value());
    }
}

}  // namespace

TEST_CASE("a wrong model is found out by few operations: a thread that does not stop") {
    check_found(forgets_to_stop, 6);
}
TEST_CASE("a wrong model is found out by few operations: mappings with too many rights") {
    check_found(forgets_rights, 12);
}
TEST_CASE("a wrong model is found out by few operations: a mapping that is lost") {
    check_found(forgets_to_follow, 12);
}
TEST_CASE("a wrong model is found out by few operations: signals that are lost") { check_found(forgets_signals, 12); }
TEST_CASE("a wrong model is found out by few operations: registers that are mixed up") {
    check_found(forgets_registers, 6);
}

#define SELENE_WITH_TEXT(name, ...)                  \
    const std::vector<Operation> name = __VA_ARGS__; \
    constexpr std::string_view name##_text = #__VA_ARGS__

TEST_CASE("what is printed is C++ that makes the same operations") {
    // clang-format off
    SELENE_WITH_TEXT(operations, {
        {.self = 1, .method = 3, .words = {1070, 2, 1}},
        {.actor = 1, .self = 0x9000000000000001, .method = 1, .words = {2, 8, 2, 1, 1088}, .progress = 1},
        {.self = 1070, .method = 2},
        {.self = 1070, .method = 9, .words = {7}, .tag_bits = 268435456},
        {.kind = Kind::deliver, .self = 1, .words = {1070, 2}, .items = {{true, 1071, 63, 0}, {false, 1072, 3, 5}}},
        {.kind = Kind::signal, .actor = 1, .self = 1073},
        {.kind = Kind::poll, .self = 1073},
        {.kind = Kind::raise, .self = 33},
    });
    // clang-format on
    CHECK(without_spaces(operations_text) == "{" + without_spaces(as_source(operations)) + "}");
    CHECK(!run(operations, {}).has_value());
}

}  // namespace selene::model
