// SPDX-License-Identifier: BSD-2-Clause
// Makes every system call, and through it every method, with arguments that are right, nearly right and wrong.
//
// From its specification:
//     seed       argument: a number
//     progress   memory: where it counts
// The warden gives it what `holdings` lists. It uses nothing of the runtime that its own attacks could break.

#include <charconv>

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "progress.hpp"

namespace {

using namespace hostile;
using abi::SystemCall;
using abi::Tag;
using abi::grammar::Argument;
using abi::grammar::ArgumentKind;

/// xorshift64*: the same numbers in each run.
class Dice {
public:
    explicit Dice(uint64_t seed) : state_(seed * 0x9e37'79b9'7f4a'7c15 + 1) {}

    uint64_t word() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545'f491'4f6c'dd1d;
    }
    uint64_t below(uint64_t limit) { return (word() >> 16) % limit; }
    bool chance(uint64_t percent) { return below(100) < percent; }

private:
    uint64_t state_;
};

class Attacker {
public:
    Attacker(uint64_t seed, AttackerProgress& progress, abi::IpcBuffer* buffer)
        : dice_(seed), progress_(progress), buffer_(buffer) {}

    void attack() {
        const uint64_t what = dice_.below(1000);
        if (what < 650) {
            invoke();
        } else if (what < 975) {
            without_waiting();
        } else if (what < 995) {
            waiting();
        } else {
            make_unknown_call();
        }
    }

private:
    static constexpr uint64_t table_slots = 128;

    uint64_t any_slot() { return dice_.below(table_slots); }

    /// A slot that once held a capability of this type.
    uint64_t slot_with(abi::ObjectType type) {
        const uint64_t from = dice_.below(holdings.size());
        for (uint64_t step = 0; step < holdings.size(); ++step) {
            const uint64_t place = (from + step) % holdings.size();
            if (holdings[place] == type) return first_holding + place;
        }
        return any_slot();  // something of its own making, perhaps
    }

    uint64_t garbage() {
        switch (dice_.below(8)) {
        case 0: return 0;
        case 1: return ~uint64_t{0};
        case 2: return uint64_t{1} << dice_.below(64);
        case 3: return (uint64_t{1} << dice_.below(64)) - 1;
        case 4: return 0xffff'ffc0'0000'0000 + dice_.below(1 << 20);  // the kernel lies there
        case 5: return 0xffff'ff80'4000'0000 + dice_.below(1 << 30);  // and all of its memory there
        case 6: return any_slot();
        default: return dice_.word();
        }
    }

    uint64_t value_for(const Argument& argument) {
        if (dice_.chance(12)) return garbage();
        switch (argument.kind) {
        case ArgumentKind::capability: return dice_.chance(85) ? slot_with(argument.object) : any_slot();
        case ArgumentKind::index: return any_slot();
        case ArgumentKind::address: return (dice_.below(8) << 30) + (dice_.below(4) << 21) + (dice_.below(512) << 12);
        case ArgumentKind::object_type: return 1 + dice_.below(16);
        case ArgumentKind::rights: return dice_.below(64);
        case ArgumentKind::ticks: return dice_.chance(50) ? 62500 : dice_.below(1 << 20);
        case ArgumentKind::word:
        case ArgumentKind::priority:
        case ArgumentKind::enumeration: break;
        }
        const uint64_t span = argument.maximum - argument.minimum;
        const uint64_t offset = dice_.below(span < 32 ? span + 1 : dice_.chance(90) ? 32 : span);
        return argument.minimum + offset * argument.alignment;
    }

    template <SystemCall number>
    bool make_call(uint64_t x0, Tag tag, const std::array<uint64_t, 8>& words) {
        progress_.calls.fetch_add(1, std::memory_order_relaxed);
        const auto out =
            sel::system_call<number>({.x0 = x0,
                                      .tag = tag,
                                      .words = words,
                                      .reply = dice_.chance(70) ? slot_with(abi::ObjectType::reply) : garbage()});
        const bool done = !out.tag.error();
        progress_.done.fetch_add(done ? 1 : 0, std::memory_order_relaxed);
        return done;
    }

    void invoke() {
        const uint64_t number = dice_.below(method_count);
        const auto& method = abi::grammar::methods[number];
        std::array<uint64_t, 8> words{};
        for (size_t word = 0; word < method.arguments.size(); ++word) words[word] = value_for(method.arguments[word]);
        if (method.object == abi::ObjectType::untyped && method.name == "retype") {
            // Sizes that fit the type now and then.
            constexpr std::array<uint64_t, 6> sizes = {0, 0, 12, 16, 2, 64};
            words[1] = sizes[dice_.below(sizes.size())];
            words[2] = 1 + dice_.below(4);
        }
        const uint64_t target = dice_.chance(85) ? slot_with(method.object) : dice_.chance(70) ? any_slot() : garbage();
        auto tag = Tag().with_label(method.number).with_length(static_cast<uint32_t>(method.arguments.size()));
        if (dice_.chance(5)) tag = Tag(dice_.word());
        const bool done = make_call<SystemCall::call>(target, tag, words);
        (done ? progress_.obeyed : progress_.refused)[number].fetch_add(1, std::memory_order_relaxed);
    }

    /// A message, with capabilities and a window for them.
    Tag message() {
        for (auto& item : buffer_->items) {
            item = abi::MessageItem::make(dice_.chance(50) ? abi::ItemKind::map : abi::ItemKind::grant, any_slot(),
                                          dice_.below(64), dice_.chance(70) ? 0 : dice_.word());
        }
        buffer_->window = {dice_.chance(80) ? first_holding : garbage(), dice_.chance(90) ? any_slot() : garbage(),
                           dice_.chance(90) ? dice_.below(5) : garbage()};
        const auto length = static_cast<uint32_t>(dice_.chance(80) ? dice_.below(9) : dice_.below(128));
        const auto tag = Tag().with_label(static_cast<uint32_t>(dice_.word())).with_length(length);
        return dice_.chance(5) ? Tag(dice_.word())
                               : tag.with_items(static_cast<uint32_t>(dice_.chance(70) ? 0 : dice_.below(8)));
    }

    uint64_t target(abi::ObjectType type) {
        return dice_.chance(85) ? slot_with(type) : dice_.chance(70) ? any_slot() : garbage();
    }

    void without_waiting() {
        const std::array<uint64_t, 8> words = {garbage(), garbage(), 2, 3, 4, 5, 6, garbage()};
        switch (dice_.below(7)) {
        case 0: make_call<SystemCall::try_send>(target(abi::ObjectType::endpoint), message(), words); break;
        case 1: make_call<SystemCall::try_receive>(target(abi::ObjectType::endpoint), message(), words); break;
        case 2: make_call<SystemCall::send>(target(abi::ObjectType::reply), message(), words); break;
        case 3: make_call<SystemCall::try_send>(target(abi::ObjectType::reply), message(), words); break;
        case 4: make_call<SystemCall::signal>(target(abi::ObjectType::notification), message(), words); break;
        case 5: make_call<SystemCall::poll>(target(abi::ObjectType::notification), message(), words); break;
        default: make_call<SystemCall::yield>(garbage(), message(), words); break;
        }
    }

    /// The warden helps who waits too long.
    void waiting() {
        const std::array<uint64_t, 8> words = {garbage(), garbage(), 2, 3, 4, 5, 6, garbage()};
        switch (dice_.below(5)) {
        case 0: make_call<SystemCall::call>(target(abi::ObjectType::endpoint), message(), words); break;
        case 1: make_call<SystemCall::reply_receive>(target(abi::ObjectType::endpoint), message(), words); break;
        case 2: make_call<SystemCall::send>(target(abi::ObjectType::endpoint), message(), words); break;
        case 3: make_call<SystemCall::receive>(target(abi::ObjectType::endpoint), message(), words); break;
        default: make_call<SystemCall::wait>(target(abi::ObjectType::notification), message(), words); break;
        }
    }

    void make_unknown_call() {
        progress_.calls.fetch_add(1, std::memory_order_relaxed);
        switch (dice_.below(3)) {
        case 0: asm volatile("svc #10" : : : "memory"); break;
        case 1: asm volatile("svc #0x100" : : : "memory"); break;
        default: asm volatile("svc #0xffff" : : : "memory"); break;
        }
    }

    Dice dice_;
    AttackerProgress& progress_;
    abi::IpcBuffer* buffer_;
};

}  // namespace

int main() {
    const auto region = sel::or_abort(sel::environment().memory("progress"), "finding the page");
    const auto text = sel::or_abort(sel::environment().argument("seed"), "finding the seed");
    uint64_t seed = 0;
    std::from_chars(text.begin(), text.end(), seed);
    Attacker attacker(seed, *reinterpret_cast<AttackerProgress*>(region.bytes.data()), sel::ipc_buffer());
    for (;;) attacker.attack();
}
