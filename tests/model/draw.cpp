// SPDX-License-Identifier: BSD-2-Clause
// Choosing a method and its arguments.
#include "draw.hpp"

#include <algorithm>
#include <bit>

#include "abi/grammar.hpp"
#include "choice.hpp"
#include "likely.hpp"

namespace selene::model {

namespace {

using Kind = Operation::Kind;
using abi::grammar::Argument;
using abi::grammar::ArgumentKind;

constexpr uint64_t gibi = uint64_t{1} << 30;
constexpr uint64_t mebi = uint64_t{1} << 20;
constexpr uint64_t odd_words[] = {0, 1, 2, 63, 64, 4095, 4096, ~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 39};
constexpr uint64_t addresses[] = {0,
                                  4096,
                                  8192,
                                  2 * mebi - 4096,
                                  2 * mebi,
                                  4 * mebi,
                                  6 * mebi,
                                  gibi,
                                  gibi + 4096,
                                  gibi + 2 * mebi,
                                  2 * gibi,
                                  gibi - 4096,
                                  3 * gibi,
                                  512 * gibi - 2 * mebi,
                                  512 * gibi - 4096,
                                  0x1234,
                                  512 * gibi,
                                  511 * gibi,
                                  4096 * 3,
                                  gibi - 2 * mebi};

/// Draws the parts of one operation.
class Draw {
public:
    Draw(std::mt19937_64& random, LockStep& both)
        : system_(both.model()),
          actors_(both.actors()),
          playground_(both.playground()),
          operation_{.actor = both.can_act(1) && random() % 4 == 0 ? 1u : 0u},
          choose_(random, both, operation_.actor) {}

    Operation run() {
        const uint64_t kind = below(30);
        if (kind == 0 && operation_.actor == 0) return draw_message();
        if (kind == 1) return draw_signal(Kind::signal);
        if (kind == 2) return draw_signal(Kind::poll);
        if (kind == 3) return {.kind = Kind::raise, .self = line()};
        const Operation begun = operation_;
        for (unsigned tries = 0; tries < most_tries; ++tries) {
            operation_ = begun;
            if (draw_call() || one_in(4)) break;
        }
        if (one_in(seldom_refused_ ? 3 : 60)) spoil();
        return operation_;
    }

private:
    static constexpr unsigned most_tries = 8;

    using Wanted = Choice::Wanted;

    uint64_t below(uint64_t end) { return choose_.below(end); }
    bool one_in(uint64_t n) { return choose_.one_in(n); }
    uint64_t line() { return one_in(4) ? 1 + below(3) : 32 + below(6); }
    uint64_t rights() { return one_in(3) ? below(64) : abi::all_rights; }
    uint64_t count() { return one_in(3) ? 2 + below(3) : 1; }

    /// Guards that make linked tables: of some bits, or of all that a capability to be named needs.
    uint64_t guard(const Capability& table) {
        const auto radix = static_cast<uint64_t>(std::countr_zero(std::bit_ceil(table.object->slots)));
        const uint64_t choices[] = {1, 2, 2, 4, 60 - radix, 58 - radix, 62 - radix, 56 - radix, 64 - radix};
        const uint64_t bits = choose_.one_of(choices);
        return (below(4) >> (bits == 1 ? 1 : 0)) << 6 | (bits & 63);
    }
    uint64_t badge(const Capability* source) {
        if (source == nullptr) return one_in(8) ? 1 : 0;
        if (source->object->type == ObjectType::cap_table) return one_in(3) ? guard(*source) : 0;
        return one_in(carries_badge(source->object->type) ? 2 : 20) ? 1 + below(5) : 0;
    }

    // --- Calls --------------------------------------------------------------------------------------------------

    /// A method of something that the actor has.
    const Method& method() {
        const bool any = one_in(60);
        const auto weight = [&](const Method& method) {
            return any || choose_.has(method.object) ? weight_of(method) : 0;
        };
        unsigned sum = 0;
        for (const Method& method : abi::grammar::methods) sum += weight(method);
        uint64_t choice = sum == 0 ? 0 : below(sum);
        for (const Method& method : abi::grammar::methods) {
            if (choice < weight(method)) return method;
            choice -= weight(method);
        }
        return abi::grammar::methods[0];
    }

    /// Whether the call is likely to be obeyed.
    bool draw_call() {
        const Method& chosen = method();
        operation_.method = chosen.number;
        seldom_refused_ = chosen.errors.size() < 2;
        const auto serves = [&](const Capability& self) {
            return could_serve(chosen, *self.object) && slots_serve(chosen, *self.object);
        };
        do {
            operation_.self =
                chosen.object == ObjectType::cap_table ? choose_.table() : choose_.holding(chosen.object, serves);
        } while (ends_play(chosen) && !one_in(100));
        for (const Argument& argument : chosen.arguments) operation_.words.push_back(word(chosen, argument));
        adapt(chosen);
        const Capability* self = choose_.at(operation_.self);
        if (self == nullptr || self->object->type != chosen.object || !serves(*self)) return false;
        for (size_t i = 0; i < chosen.arguments.size(); ++i) {
            const Argument& argument = chosen.arguments[i];
            if (argument.kind != ArgumentKind::capability) continue;
            const Capability* given = choose_.at(operation_.words[i]);
            const bool any = argument.object == ObjectType::empty;
            if (given == nullptr || (!any && given->object->type != argument.object)) return false;
            if (!could_be_given(chosen, *given->object)) return false;
        }
        return true;
    }

    /// Whether the slots that an object holds let a method be obeyed.
    [[nodiscard]] bool slots_serve(const Method& method, Object& self) const {
        const auto has = [&](uint64_t index) { return system_.in({&self, index}) != nullptr; };
        if (method.name == "bind_task") return !has(0);
        if (method.name == "set_buffer") return !has(1);
        if (method.name == "start") return has(0);
        if (method.name == "install") return !has(0) || !has(1) || !has(2);
        if (self.type == ObjectType::interrupt_handler) return has(0) == (method.name != "bind");
        return true;
    }

    /// Whether the actors are likely not to go on when this is done to what they run by.
    [[nodiscard]] bool ends_play(const Method& method) const {
        const bool takes = method.name == "suspend" || method.name == "set_priority" || method.name == "remove" ||
                           (method.object == ObjectType::sched_context && method.name == "unbind");
        const Capability* self = choose_.at(operation_.self);
        if (!takes || self == nullptr) return false;
        return std::ranges::any_of(actors_.threads, [&](Object* actor) {
            if (actor == nullptr) return false;
            const Capability* task = system_.in({actor, 0});
            return self->object == actor || self->object == actor->thread.context ||
                   (actor == actors_.threads[0] && task != nullptr && self->object == task->object);
        });
    }

    /// An argument by its kind alone.
    uint64_t word(const Method& method, const Argument& argument) {
        switch (argument.kind) {
        case ArgumentKind::capability: {
            const auto fits = [&](const Capability& it) { return could_be_given(method, *it.object); };
            if (argument.name == "frames") return choose_.table_with(ObjectType::frame);
            return argument.object == ObjectType::cap_table ? choose_.table() : choose_.holding(argument.object, fits);
        }
        case ArgumentKind::index: return below(6);
        case ArgumentKind::address: return choose_.one_of(addresses);
        case ArgumentKind::priority: return below(255);
        case ArgumentKind::ticks: return one_in(8) ? choose_.one_of(odd_words) : 100 + below(3) * 5000;
        case ArgumentKind::rights: return rights();
        case ArgumentKind::enumeration: return below(argument.maximum + 1);
        case ArgumentKind::object_type: return 1 + below(abi::object_type_count - 1);
        case ArgumentKind::word:
        case ArgumentKind::identity: break;
        }
        if (argument.name == "count") return count();
        if (argument.name == "line") return one_in(10) ? below(70) : line();
        if (argument.name == "refills") return below(6);
        if (argument.alignment > 1) return below(6) * argument.alignment;
        return one_in(4) ? choose_.one_of(odd_words) : below(4096);
    }

    /// Arguments that depend on others.
    void adapt(const Method& method) {
        if (method.arguments.empty()) return;
        switch (method.object) {
        case ObjectType::untyped:
            choose_kind();
            operation_.words[4] = choose_.slot_of(operation_.words[3], Wanted::free);
            break;
        case ObjectType::cap_table: adapt_range(method.name); break;
        case ObjectType::address_space: adapt_mapping(method.name); break;
        case ObjectType::task: adapt_task(method.name); break;
        case ObjectType::thread:
            if (method.name == "start" && !one_in(6)) operation_.words[1] &= ~uint64_t{0xf};
            if (method.name == "write_registers" && !one_in(10)) operation_.words[0] = below(abi::thread_registers);
            break;
        case ObjectType::schedule_control:
            if (!one_in(4)) operation_.words[2] = std::max(operation_.words[1], operation_.words[2]);
            break;
        default: break;
        }
    }

    void adapt_task(std::string_view name) {
        if (name != "install" || one_in(8)) return;
        constexpr ObjectType fitting[] = {ObjectType::cap_table, ObjectType::address_space, ObjectType::endpoint,
                                          ObjectType::endpoint};
        const Capability* task = choose_.at(operation_.self);
        uint64_t& where = operation_.words[0];
        for (unsigned tries = 0; tries < std::size(fitting) && task != nullptr; ++tries) {
            if (system_.in({task->object, where}) == nullptr) break;
            where = (where + 1) % std::size(fitting);
        }
        operation_.words[1] = choose_.holding(fitting[where], [](const Capability&) { return true; });
    }

    void adapt_range(std::string_view name) {
        auto& words = operation_.words;
        if (name == "inspect") {
            words[0] = choose_.slot_of(operation_.self, one_in(5) ? Wanted::free : Wanted::occupied);
            return;
        }
        if (name == "cancel_sends") {
            const auto fits = [](const Capability& it) { return it.object->type == ObjectType::endpoint; };
            operation_.self = choose_.table_with(ObjectType::endpoint);
            if (!one_in(8)) words[0] = choose_.slot_of(operation_.self, Wanted::occupied, fits);
            return;
        }
        if (name == "unmap") {
            words[0] = choose_.slot_of(operation_.self, Wanted::movable);
            keep_roots(operation_.self, words[0]);
            return;
        }
        words[0] = choose_.slot_of(operation_.self, Wanted::free);
        words[2] = choose_.slot_of(words[1], name == "grant" ? Wanted::movable : Wanted::occupied);
        if (name == "grant") return keep_roots(words[1], words[2]);
        const Capability* source = choose_.in(words[1], words[2]);
        words[5] = badge(source);
        // So that there are spaces in which nothing can be mapped writable and executable.
        const bool space = source != nullptr && source->object->type == ObjectType::address_space;
        if (space && one_in(2)) words[4] = abi::all_rights & ~bit(Right::write_execute);
        // What is hidden may lie beside what the actors were booted with.
        if (choose_.is_own_table(words[1]) && words[2] < playground_.first) words[3] = 1;
    }

    /// All that there is to play with goes with a root: seldom.
    void keep_roots(uint64_t table, uint64_t& first) {
        constexpr uint64_t roots = 3;
        const uint64_t begin = playground_.first + roots;
        if (choose_.is_own_table(table) && first < begin && !one_in(operation_.actor == 0 ? 60 : 3))
            first = begin + below(playground_.slots - begin);
    }

    void adapt_mapping(std::string_view name) {
        constexpr uint64_t usual_rights[] = {1, 1, 3, 3, 9, 11};
        auto& words = operation_.words;
        if (name == "inspect") {
            if (!one_in(4)) words[0] = mapped();
            return;
        }
        if (name == "map_table") {
            if (!one_in(8)) words[1] -= words[1] % (2 * mebi);
            return;
        }
        const auto fits = [&](const Capability& it) {
            return it.object->type == ObjectType::frame && (it.mapped_in == nullptr) == (name == "map");
        };
        words[1] = choose_.slot_of(words[0], Wanted::occupied, fits);
        if (name == "unmap") return;
        if (!one_in(5)) words[name == "map" ? 4 : 3] = choose_.one_of(usual_rights);
        const Capability* frame = choose_.in(words[0], words[1]);
        if (name != "map" || frame == nullptr || frame->object->type != ObjectType::frame) return;
        if (frame->object->device && !one_in(4)) words[5] = 1 + below(2);
        if (one_in(6)) return;
        if (!one_in(4)) words[3] = mappable(*frame->object);
        words[3] -= words[3] % frame->object->bytes;
    }

    /// An address at which the space has a table for such a frame, if there is one.
    uint64_t mappable(const Object& frame) {
        const Capability* space = choose_.at(operation_.self);
        if (space == nullptr) return choose_.one_of(addresses);
        std::vector<uint64_t> found;
        for (const auto& [upper, first] : space->object->pages.entries) {
            if (first.table == nullptr) continue;
            if (frame.bytes == 2 * mebi) found.push_back(upper * gibi + below(512) * 2 * mebi);
            for (const auto& [lower, second] : first.table->pages.entries) {
                if (frame.bytes == 4096 && second.table != nullptr)
                    found.push_back(upper * gibi + lower * 2 * mebi + below(one_in(2) ? 4 : 512) * 4096);
            }
        }
        return found.empty() ? choose_.one_of(addresses) : choose_.one_of(found);
    }

    /// An address at which the space maps something, if it does anywhere.
    uint64_t mapped() {
        const Capability* space = choose_.at(operation_.self);
        std::vector<uint64_t> found;
        const auto collect = [&](const auto& again, const Object& table, uint64_t address) -> void {
            for (const auto& [index, entry] : table.pages.entries) {
                const uint64_t at = address | uint64_t{index} << (12 + 9 * (3 - table.pages.level));
                found.push_back(at);
                if (entry.table != nullptr) again(again, *entry.table, at);
            }
        };
        if (space != nullptr && space->object->type == ObjectType::address_space) collect(collect, *space->object, 0);
        return found.empty() ? choose_.one_of(addresses) : choose_.one_of(found);
    }

    void choose_kind() {
        constexpr struct {
            ObjectType type;
            uint64_t size;
        } kinds[] = {
            {ObjectType::untyped, 1},
            {ObjectType::untyped, 7},
            {ObjectType::cap_table, 1},
            {ObjectType::cap_table, 2},
            {ObjectType::cap_table, 4},
            {ObjectType::cap_table, 4},
            {ObjectType::cap_table, 5},
            {ObjectType::cap_table, 8},
            {ObjectType::endpoint, 0},
            {ObjectType::notification, 0},
            {ObjectType::notification, 0},
            {ObjectType::task, 0},
            {ObjectType::thread, 0},
            {ObjectType::thread, 0},
            {ObjectType::frame, 12},
            {ObjectType::frame, 12},
            {ObjectType::frame, 12},
            {ObjectType::frame, 12},
            {ObjectType::frame, 21},
            {ObjectType::frame, 30},
            {ObjectType::reply, 0},
            {ObjectType::address_space, 0},
            {ObjectType::address_space, 0},
            {ObjectType::page_table, 0},
            {ObjectType::page_table, 0},
            {ObjectType::page_table, 0},
            {ObjectType::page_table, 0},
            {ObjectType::sched_context, 3},
            {ObjectType::interrupt_handler, 0},
            {ObjectType::power_control, 0},
            {ObjectType::task, 1},
            {ObjectType::frame, 13},
            {ObjectType::sched_context, 1},
        };
        const auto& kind = choose_.one_of(kinds);
        operation_.words[0] = number(kind.type);
        operation_.words[1] = kind.size;
        const Capability* untyped = choose_.at(operation_.self);
        if (untyped == nullptr || !untyped->object->device || one_in(4)) return;
        constexpr uint64_t sizes[] = {12, 12, 21, 30};
        operation_.words[0] = number(ObjectType::frame);
        operation_.words[1] = choose_.one_of(sizes);
    }

    /// A call that says something else than it should.
    void spoil() {
        auto& words = operation_.words;
        switch (below(6)) {
        case 0: operation_.method = static_cast<uint32_t>(below(9)); break;
        case 1:
            if (!words.empty()) words.pop_back();
            break;
        case 2:
            if (words.size() < abi::register_words - 1) words.push_back(choose_.one_of(odd_words));
            break;
        case 3: operation_.tag_bits = uint64_t{1} << (28 + below(4)); break;
        case 4: operation_.progress = one_in(3) ? choose_.one_of(odd_words) : below(4); break;
        default:
            if (!words.empty()) words[below(words.size())] = choose_.one_of(odd_words);
            break;
        }
    }

    // --- Messages -----------------------------------------------------------------------------------------------

    Operation draw_message() {
        operation_.kind = Kind::deliver;
        operation_.self = choose_.table();
        operation_.words = {choose_.slot_of(operation_.self, Wanted::free), below(6)};
        const uint64_t items = below(abi::message_items + 1);
        for (uint64_t i = 0; i < items; ++i) {
            const bool grant = one_in(2);
            const uint64_t index = choose_.slot_of(1, grant ? Wanted::movable : Wanted::occupied);
            operation_.items.push_back({grant, index, rights(), badge(choose_.at(index))});
        }
        return operation_;
    }

    Operation draw_signal(Kind kind) {
        operation_.kind = kind;
        operation_.self = choose_.holding(ObjectType::notification, [](const Capability&) { return true; });
        return operation_;
    }

    System& system_;
    const Actors& actors_;
    const Playground& playground_;
    Operation operation_;
    bool seldom_refused_ = false;  ///< the method has hardly any errors of its own
    Choice choose_;
};

}  // namespace

Operation random_operation(std::mt19937_64& random, LockStep& both) { return Draw(random, both).run(); }

}  // namespace selene::model
