// SPDX-License-Identifier: BSD-2-Clause
// Applying and printing operations.
#include "operation.hpp"

#include <algorithm>
#include <functional>
#include <sstream>
#include <tuple>

#include "methods.hpp"

namespace selene::model {

using Kind = Operation::Kind;

namespace {

/// A thread whose turn it is and that has nowhere to run ends. Whether it goes on.
bool takes_turn(const System& system, Object& thread) {
    if (can_run(system, thread)) return true;
    if (activity(thread) == Activity::runs) thread.thread.ended = true;
    return false;
}

/// The most urgent threads have their turns, and those as urgent as the first that goes on; or `current` alone.
void schedule(System& system, const Object* current) {
    std::vector<Object*> threads = system.objects(ObjectType::thread);
    std::ranges::sort(threads, std::greater(), [&](const Object* thread) {
        return std::tuple(thread->thread.priority, thread == current, thread->base);
    });
    const Object* first = nullptr;
    for (Object* thread : threads) {
        if (first != nullptr && (first == current || thread->thread.priority < first->thread.priority)) return;
        if (takes_turn(system, *thread) && first == nullptr) first = thread;
    }
}

std::optional<Outcome> perform(System& system, const Actors& actors, const Operation& o) {
    const Object& actor = *actors.threads[o.actor];
    switch (o.kind) {
    case Kind::invoke:
        return invoke(
            system, actor,
            {.self = o.self, .method = o.method, .words = o.words, .progress = o.progress, .tag_bits = o.tag_bits});
    case Kind::deliver: {
        const Window window{.table = o.self, .first = o.words.at(0), .count = o.words.at(1)};
        // The others have their turns meanwhile.
        for (Object* thread : system.objects(ObjectType::thread)) {
            if (thread->thread.priority == actor.thread.priority) takes_turn(system, *thread);
        }
        const Outcome opened = open_window(system, *actors.receiver, window);
        return opened.refused() ? opened : deliver(system, actor, o.items, *actors.receiver, window);
    }
    case Kind::signal: return signal(system, actor, o.self);
    case Kind::poll: return poll(system, actor, o.self);
    case Kind::raise: raise(system, static_cast<unsigned>(o.self)); return Outcome{};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Outcome> apply(System& system, const Actors& actors, const Operation& operation) {
    const auto outcome = perform(system, actors, operation);
    schedule(system, actors.threads[operation.actor]);
    return outcome;
}

namespace {

/// Indices through linked tables and the like are easier to read by their digits.
std::string literal(uint64_t value) {
    std::ostringstream out;
    if (value >> 32 != 0) out << "0x" << std::hex;
    out << value;
    return out.str();
}

}  // namespace

std::string as_source(const std::vector<Operation>& operations) {
    constexpr const char* kinds[] = {"invoke", "deliver", "signal", "poll", "raise"};
    std::ostringstream out;
    for (const Operation& o : operations) {
        const char* between = "{";
        const auto field = [&](const char* name, const auto& value) {
            out << between << "." << name << " = " << value;
            between = ", ";
        };
        const auto number = [&](const char* name, uint64_t value) {
            if (value != 0) field(name, literal(value));
        };
        if (o.kind != Kind::invoke) field("kind", std::string("Kind::") + kinds[static_cast<unsigned>(o.kind)]);
        number("actor", o.actor);
        field("self", literal(o.self));
        number("method", o.method);
        if (!o.words.empty()) {
            out << between << ".words = {";
            for (size_t i = 0; i < o.words.size(); ++i) out << (i == 0 ? "" : ", ") << literal(o.words[i]);
            out << "}";
        }
        number("progress", o.progress);
        number("tag_bits", o.tag_bits);
        if (!o.items.empty()) {
            out << ", .items = {";
            for (size_t i = 0; i < o.items.size(); ++i) {
                const Item& item = o.items[i];
                out << (i == 0 ? "{" : ", {") << (item.grant ? "true, " : "false, ") << literal(item.index) << ", "
                    << item.rights << ", " << literal(item.badge) << "}";
            }
            out << "}";
        }
        out << "},\n";
    }
    return out.str();
}

}  // namespace selene::model
