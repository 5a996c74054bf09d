// SPDX-License-Identifier: BSD-2-Clause
// Makes every system call, and through it every method, with arguments that are right, nearly right and wrong.
//
// From its specification:
//     seed       argument: a number
//     progress   memory: where it counts
// The warden gives it what `holdings` and `toys` list. It uses nothing of the runtime that its own attacks could break.

#include <algorithm>
#include <charconv>

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "abi/object_sizes.hpp"
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
        while (left_ == 0) begin_season();
        --left_;
        const uint64_t what = dice_.below(1000);
        if (what < 750) {
            invoke();
        } else if (what < 985) {
            without_waiting();
        } else if (what < 997) {
            waiting();
        } else {
            make_unknown_call();
        }
    }

private:
    void begin_season() {
        const uint64_t season = progress_.season.load(std::memory_order_acquire);
        if (season != season_) left_ = calls_in_a_season;
        season_ = season;
        if (left_ == 0) sel::system_call<SystemCall::yield>({});
    }

    uint64_t any_slot() { return dice_.below(table_slots); }
    uint64_t used_slot() { return first_holding + dice_.below(first_free - first_holding); }
    uint64_t free_slot() { return first_free + dice_.below(table_slots - first_free); }

    static abi::ObjectType type_given(uint64_t place) {
        return place < holdings.size() ? holdings[place] : toys[place - holdings.size()].type;
    }
    /// One of the slots that were given to it with a capability of this type; of tables most often its own.
    uint64_t slot_with(abi::ObjectType type) {
        if (type == abi::ObjectType::cap_table && dice_.chance(60)) return first_holding;
        uint64_t matches = 0;
        uint64_t chosen = any_slot();  // something of its own making, perhaps
        for (uint64_t place = 0; place < holdings.size() + toys.size(); ++place) {
            if (type_given(place) == type && dice_.below(++matches) == 0) chosen = first_holding + place;
        }
        return chosen;
    }

    static bool is_given(abi::ObjectType type) {
        return std::ranges::contains(holdings, type) || std::ranges::contains(toys, type, &Toy::type);
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

    /// Mostly what could be meant, by kind and name; a method that is new gets what its description allows.
    uint64_t value_for(const abi::grammar::Method& method, const Argument& argument) {
        if (dice_.chance(3)) return garbage();
        const bool maps = method.object == abi::ObjectType::address_space;
        switch (argument.kind) {
        case ArgumentKind::capability:
            if (argument.object == abi::ObjectType::empty) return dice_.chance(90) ? used_slot() : any_slot();
            // Ranges name slots of its own table.
            if (argument.object == abi::ObjectType::cap_table && dice_.chance(70)) return first_holding;
            return dice_.chance(90) ? slot_with(argument.object) : any_slot();
        case ArgumentKind::index:
            if (argument.name == "source_first") return dice_.chance(40) ? used_slot() : free_slot();
            if (maps) return slot_with(abi::ObjectType::frame);
            if (method.name == "cancel_sends" && dice_.chance(70)) return slot_with(abi::ObjectType::endpoint);
            if (argument.name == "index") return dice_.below(4);  // also in the small tables that they make
            return dice_.chance(95) ? free_slot() : any_slot();
        case ArgumentKind::address:
            if (dice_.chance(90)) {
                const uint64_t page = dice_.chance(60) ? 0 : dice_.below(16);
                return mapped_at + (dice_.below(2) << 21) + (page << 12);
            }
            return (dice_.below(8) << 30) + (dice_.below(4) << 21) + (dice_.below(512) << 12);
        case ArgumentKind::object_type: return 1 + dice_.below(dice_.chance(90) ? 12 : 16);
        case ArgumentKind::rights: return maps && dice_.chance(80) ? 1 + 2 * dice_.below(2) : dice_.below(64);
        case ArgumentKind::ticks: return dice_.chance(80) ? 62500 : dice_.below(1 << 20);
        case ArgumentKind::priority:
            if (dice_.chance(80)) return dice_.chance(60) ? usual_priority : 0;
            break;
        case ArgumentKind::word:
            if (argument.name == "count" && dice_.chance(80)) return 1;
            if (argument.name == "badge" && dice_.chance(80)) return 0;
            if (dice_.chance(50)) return argument.minimum + dice_.below(4) * argument.alignment;
            break;
        case ArgumentKind::enumeration:
        case ArgumentKind::identity: break;
        }
        const uint64_t span = argument.maximum - argument.minimum;
        const uint64_t offset = dice_.below(span < 32 ? span + 1 : dice_.chance(90) ? 32 : span);
        const uint64_t value = argument.minimum + offset * argument.alignment;
        return value <= argument.maximum ? value : argument.maximum;
    }

    /// A size that retype takes for a type, more often than not.
    uint64_t size_for(uint64_t type) {
        constexpr std::array<uint64_t, 5> sizes = {0, 2, 12, 16, 4};
        if (dice_.chance(20)) return sizes[dice_.below(sizes.size())];
        const auto fits = std::ranges::find_if(
            sizes, [&](uint64_t size) { return abi::is_valid_size(static_cast<abi::ObjectType>(type & 0xff), size); });
        return fits != sizes.end() ? *fits : 0;
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
        for (size_t word = 0; word < method.arguments.size(); ++word)
            words[word] = value_for(method, method.arguments[word]);
        if (method.object == abi::ObjectType::untyped && method.name == "retype") words[1] = size_for(words[0]);
        // At another object the number may name another method.
        const bool aimed = dice_.chance(96) && is_given(method.object);
        const uint64_t target = aimed ? slot_with(method.object) : dice_.chance(70) ? any_slot() : garbage();
        auto tag = Tag().with_label(method.number).with_length(static_cast<uint32_t>(method.arguments.size()));
        if (dice_.chance(2)) tag = Tag(dice_.word());
        const bool done = make_call<SystemCall::call>(target, tag, words);
        if (done && !aimed) return;
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
    uint64_t season_ = 0;
    uint64_t left_ = 0;
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
