// SPDX-License-Identifier: BSD-2-Clause
// A small system and what its threads do, drawn at random.
#include <cstdlib>
#include <fmt/format.h>
#include <iterator>
#include <set>

#include "abi/grammar.hpp"
#include "methods.hpp"
#include "small_system.hpp"

namespace capdl::test {

namespace grammar = selene::abi::grammar;

namespace {

constexpr uint64_t slots_each = 16;

uint64_t below(std::mt19937_64& random, uint64_t end) { return random() % end; }

}  // namespace

namespace {

// The objects; of each thread its table, its space down to the last table, and what its slots may hold.
std::string random_objects(std::mt19937_64& random) {
    std::string text =
        "arch aarch64 objects { e = ep f = ep n = notification m = notification p = frame (4k) i = irq j = irq\n"
        "q = frame (4k) u = ut (14 bits) w = ut (15 bits) s = sc r = rtreply d = cnode (4 bits)\n";
    for (const char c : {'a', 'b', 'c'}) {
        text += fmt::format("t{0} = tcb c{0} = cnode (4 bits) g{0} = pgd u{0} = pud h{0} = pd l{0} = pt\n", c);
    }
    text += "} irq maps { 40: i 41: j } caps {\n i { n (badge: 16) } ";
    text += below(random, 2) == 0 ? "j { m }\n" : "\n";
    bool time_is_taken = false;
    std::set<std::string> bound;
    for (const char c : {'a', 'b', 'c'}) {
        text += fmt::format("t{0} {{ cspace: c{0} vspace: g{0}", c);
        text += below(random, 3) == 0 ? " fault_ep_slot: e (WP, badge: 2)" : "";
        text += below(random, 3) == 0 ? " temp_fault_ep_slot: f (WP, badge: 3)" : "";
        if (const std::string bell = below(random, 2) == 0 ? "n" : "m";
            below(random, 3) == 0 && !bound.contains(bell)) {
            text += " bound_notification: " + bell;
            bound.insert(bell);
        }
        if (!time_is_taken && below(random, 3) == 0) {
            text += " sc_slot: s";
            time_is_taken = true;
        }
        text += fmt::format(" }} g{0} {{ 0: u{0} }} u{0} {{ 0: h{0} }} h{0} {{ 0: l{0} }} l{0} {{", c);
        for (unsigned page = 0; page < 3; ++page) {
            text += below(random, 4) == 0 ? fmt::format(" {}: {} ({})", page, below(random, 2) == 0 ? "p" : "q",
                                                        below(random, 2) == 0 ? "R" : "RW")
                                          : "";
        }
        text += " }\n";
    }
    return text;
}

}  // namespace

std::string random_spec(std::mt19937_64& random) {
    std::string text = random_objects(random);
    constexpr const char* targets[] = {"e", "e",  "e",  "f",  "f",  "n",  "m",  "p",  "q",  "p",  "u",  "w", "s", "r",
                                       "d", "ca", "cb", "ga", "gb", "gc", "ta", "tb", "la", "lb", "ha", "i", "j"};
    constexpr const char* authorities[] = {"irq_control", "sched_control (core: 0)", "power_control"};
    constexpr const char* rights[] = {"R", "W", "WG", "WP", "RWGP", "RW", "RX"};
    std::map<std::string, std::string> named;
    const uint64_t plenty = 1 + below(random, 6);  // where there is little, not everybody can affect everybody
    unsigned number = 0;
    for (const char c : {'a', 'b', 'c', 'd'}) {
        text += c == 'd' ? std::string("d {") : fmt::format("c{} {{", c);
        const uint64_t count = 1 + below(random, plenty);
        for (uint64_t slot = 1; slot <= count; ++slot) {
            if (below(random, 12) == 0) {
                text += fmt::format(" {}: {}", slot, authorities[below(random, std::size(authorities))]);
                continue;
            }
            const bool own_table = slot == 1 && c != 'd' && below(random, 2) == 0;
            const std::string target = own_table ? fmt::format("c{}", c) : targets[below(random, std::size(targets))];
            const bool has_rights = std::string("efnmpq").find(target) != std::string::npos;
            const bool has_badge = std::string("efnm").find(target) != std::string::npos && below(random, 3) == 0;
            const std::string name = fmt::format("k{}", number++);
            text += fmt::format(" {}: {} = {}", slot, name, target);
            const bool inspects =
                target != "la" && target != "lb" && target != "ha" && target != "r" && below(random, 3) == 0;
            if (has_rights) {
                text += fmt::format(" ({}", rights[below(random, std::size(rights))]);
                text += inspects && (target == "p" || target == "q") ? ", inspect" : "";
                text += has_badge ? fmt::format(", badge: {})", 1 + below(random, 7)) : ")";
            } else if (inspects) {
                text += " (inspect)";
            }
            // Derived or beside each other; an untyped is handed on whole, so only along one line.
            const auto known = named.find(target);
            if (known != named.end() && !has_rights && (below(random, 3) == 0 || target == "u" || target == "w")) {
                text += " - child_of " + known->second;
            }
            named[target] = name;
        }
        text += " }\n";
    }
    return text + "}\n";
}

std::unique_ptr<DrawnSpec> draw_accepted(std::mt19937_64& random, std::string (&draw)(std::mt19937_64&)) {
    for (;;) {
        auto drawn = std::make_unique<DrawnSpec>();
        drawn->text = draw(random);
        if (drawn->compilation.run("spec.cdl", drawn->text)) {
            return drawn;
        }
    }
}

unsigned many(unsigned systems) {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return systems * (rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1);
}

// --- Operations ---

DrawnOperation draw(std::mt19937_64& random, const SmallSystem& system, ObjectId actor) {
    DrawnOperation drawn{actor, system.threads()[below(random, system.threads().size())], {}, 0};
    kernel::Operation& operation = drawn.operation;
    operation.self = below(random, 8);
    switch (below(random, 10)) {
    case 8:
    case 9:
        drawn.touches = below(random, 2) == 0 ? Rights::read : Rights::write;
        operation.self = below(random, 4);  // the page
        operation.words = {random()};
        return drawn;
    case 0: operation.kind = kernel::Operation::Kind::signal; return drawn;
    case 1: operation.kind = kernel::Operation::Kind::poll; return drawn;
    case 2:
    case 3:
        operation.kind = kernel::Operation::Kind::deliver;
        operation.items.push_back({below(random, 3) == 0, 1 + below(random, 6), below(random, 16), 0});
        operation.words = {below(random, 8), 4 + below(random, 8), 4};
        return drawn;
    default: break;
    }
    const auto& methods = grammar::methods;
    const grammar::Method& method = methods[below(random, std::size(methods))];
    operation.method = method.number;
    for (const grammar::Argument& argument : method.arguments) {
        switch (argument.kind) {
        case grammar::ArgumentKind::capability: operation.words.push_back(below(random, 8)); break;
        case grammar::ArgumentKind::index: operation.words.push_back(below(random, slots_each)); break;
        case grammar::ArgumentKind::rights: operation.words.push_back(below(random, 16)); break;
        case grammar::ArgumentKind::address: operation.words.push_back(below(random, 4) * 4096); break;
        default: operation.words.push_back(argument.minimum + below(random, 4) * argument.alignment); break;
        }
    }
    return drawn;
}

std::optional<kernel::Outcome> carry_out(SmallSystem& system, const DrawnOperation& drawn) {
    kernel::Object& actor = system.object(drawn.actor);
    if (!system.system().lives(&actor)) {
        return std::nullopt;
    }
    const kernel::Operation& operation = drawn.operation;
    if (drawn.touches != 0) {
        return system.touch(drawn.actor, operation.self, drawn.touches, operation.words[0]);
    }
    switch (operation.kind) {
    case kernel::Operation::Kind::signal: return kernel::signal(system.system(), actor, operation.self);
    case kernel::Operation::Kind::poll: return kernel::poll(system.system(), actor, operation.self);
    case kernel::Operation::Kind::deliver:
        return system.send(drawn.actor, drawn.partner, operation.items,
                           {operation.words[0], operation.words[1], operation.words[2]});
    default:
        return kernel::invoke(system.system(), actor,
                              {.self = operation.self, .method = operation.method, .words = operation.words});
    }
}

}  // namespace capdl::test
