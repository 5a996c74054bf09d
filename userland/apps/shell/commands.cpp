// SPDX-License-Identifier: BSD-2-Clause
// The shell's commands.
#include "commands.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <sel/clock.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "abi/names.hpp"

#include "../../servers/memory/memory_protocol.hpp"
#include "../../servers/tasks/task_protocol.hpp"

namespace shell {

namespace {

using sel::println;

constexpr std::string_view task_states[] = {"?", "prepared", "running", "ended"};
constexpr std::string_view endings[] = {"", "finished", "failed", "aborted", "faulted", "killed"};
template <size_t count>
std::string_view name_of(const std::string_view (&names)[count], uint64_t number) {
    return number < count ? names[number] : "?";
}

/// One of the interface's names, as a person says it.
std::string spoken(std::string_view name) {
    std::string text(name);
    std::ranges::replace(text, '_', ' ');
    return text;
}

/// Ticks of the counter as microseconds.
uint64_t microseconds(uint64_t ticks) {
    const uint64_t in_a_second = sel::Clock::ticks(std::chrono::seconds(1));
    return ticks / in_a_second * 1'000'000 + ticks % in_a_second * 1'000'000 / in_a_second;
}

/// R, W, P, G, inspect as i, write_execute as x.
std::string letters(sel::abi::RightsMask rights) {
    constexpr std::string_view all = "RWPGix";
    std::string text;
    for (size_t bit = 0; bit < all.size(); ++bit) {
        if ((rights.raw() >> bit & 1) != 0) text += all[bit];
    }
    return text;
}

/// Calls `use` with the name behind the prefix and the capability of each entry that has it.
void for_each(std::string_view prefix, const auto& use) {
    for (const auto& entry : sel::environment().entries()) {
        const std::string_view name = sel::environment().name(entry);
        if (entry.kind == sel::EnvironmentKind::capability && name.starts_with(prefix)) {
            use(name.substr(prefix.size()), sel::CapIndex(entry.value0));
        }
    }
}

/// Calls `use` with each task of the task manager.
sel::Result<void> for_each_task(sel::Endpoint manager, const auto& use) {
    for (uint64_t above = 0;;) {
        const auto found = task_manager::survey(manager, above);
        if (!found) {
            return found.error().is(task_manager::Refusal::not_yours) ? sel::Result<void>{}
                                                                      : sel::refused(found.error());
        }
        use(std::get<0>(*found), std::get<1>(*found).view());
        above = std::get<0>(*found).task;
    }
}

void say(const sel::Result<void>& result) {
    if (!result) println("{}", result.error());
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::string_view word = line.substr(0, line.find(' '));
        if (!word.empty()) words.push_back(word);
        line.remove_prefix(std::min(word.size() + 1, line.size()));
    }
    return words;
}

const Commands::Command Commands::table[] = {
    {"help", "", "say this", 1, 1, &Commands::help},
    {"components", "", "what the system is made of", 1, 1, &Commands::components},
    {"memory", "", "accounts of the memory manager: what each may have and has", 1, 1, &Commands::memory},
    {"threads", "", "threads, what they do, and the time that they have used", 1, 1, &Commands::threads},
    {"capabilities", "NAME", "what a component or a task holds", 2, 2, &Commands::capabilities},
    {"programs", "", "what can be started", 1, 1, &Commands::programs},
    {"start", "PROGRAM [NAME=VALUE...]", "start a program with arguments and the console", 2, ~size_t{0},
     &Commands::start},
    {"tasks", "", "what has been started", 1, 1, &Commands::tasks},
    {"kill", "NUMBER", "end a task, and forget it", 2, 2, &Commands::kill},
    {"exit", "", "switch the machine off", 1, 1, &Commands::exit},
};

Commands::Commands() {
    const auto find = [](std::string_view name) { return sel::or_abort(sel::environment().endpoint(name), name); };
    console_ = find("console");
    memory_ = find("memory");
    tasks_ = find("tasks");
}

void Commands::run(std::string_view line) {
    const Words words = words_of(line);
    if (words.empty()) return;
    const auto* const command = std::ranges::find(table, words[0], &Command::name);
    if (command == std::end(table)) {
        println("There is no command `{}`; `help` says which there are.", words[0]);
    } else if (words.size() < command->least || words.size() > command->most) {
        println("{}{}{}: {}", command->name, command->usage.empty() ? "" : " ", command->usage, command->help);
    } else {
        (this->*command->function)(words);
    }
}

void Commands::help(const Words&) {
    for (const Command& command : table) {
        println("  {}{}{}: {}", command.name, command.usage.empty() ? "" : " ", command.usage, command.help);
    }
    println(
        "Keys: arrows, home, end, delete; ^U ^K ^W remove to the left, to the right, a word; ^L clears; ^C begins "
        "anew.");
}

void Commands::components(const Words&) {
    for_each("component.", [](std::string_view name, sel::CapIndex) { println("  {}", name); });
    say(for_each_task(tasks_, [](const task_manager::Entry& entry, std::string_view name) {
        println("  {} (task {})", name, entry.task & 0xffff'ffff);
    }));
}

void Commands::memory(const Words&) {
    for (uint64_t above = 0;;) {
        const auto found = memory_server::survey(memory_, above);
        if (!found) {
            if (!found.error().is(memory_server::Refusal::not_yours)) println("{}", found.error());
            return;
        }
        const auto& [entry, name] = *found;
        const auto& [quota, used] = entry.state;
        println("  {}: {} of {} KiB, {} of {} objects", name.view(), used.pages * 4, quota.pages * 4, used.objects,
                quota.objects);
        above = entry.account;
    }
}

void Commands::threads(const Words&) {
    for_each("component.", [](std::string_view name, sel::CapIndex slot) {
        const auto thread = sel::Thread(slot).inspect();
        if (!thread) return println("  {}: {}", name, thread.error());
        uint64_t used = 0;
        for_each("time.", [&](std::string_view whose, sel::CapIndex time) {
            if (whose != name) return;
            if (const auto context = sel::SchedContext(time).inspect()) used = context->unreported;
        });
        println("  {}: {}{}, priority {}, {} us", name, spoken(sel::abi::name_of(thread->state)),
                thread->stopped != 0 ? ", stopped" : "", static_cast<uint64_t>(thread->priority), microseconds(used));
    });
    say(for_each_task(tasks_, [](const task_manager::Entry& entry, std::string_view name) {
        const bool runs = entry.report.state == task_manager::State::running;
        println("  {} (task {}): {}, {} us", name, entry.task & 0xffff'ffff,
                runs ? spoken(sel::abi::name_of(static_cast<sel::abi::ThreadState>(entry.thread_state))) : "no thread",
                microseconds(entry.consumed));
    }));
}

// --- Programs -------------------------------------------------------------------------------------------------------

void Commands::programs(const Words&) {
    for (uint64_t number = 0;; ++number) {
        const auto name = task_manager::program(tasks_, number);
        if (!name) return;
        println("  {}", name->view());
    }
}

void Commands::start(const Words& words) {
    const auto wrong =
        std::find_if(words.begin() + 2, words.end(), [](std::string_view word) { return word.find('=') == word.npos; });
    if (wrong != words.end()) return println("`{}` is no NAME=VALUE.", *wrong);
    const auto prepare = [&](uint64_t task) -> sel::Result<void> {
        for (size_t number = 2; number < words.size(); ++number) {
            const std::string_view word = words[number];
            const size_t sign = word.find('=');
            std::string value(word.substr(sign + 1));
            std::ranges::replace(value, ',', ' ');
            SEL_TRY_VOID(task_manager::argument(tasks_, task, word.substr(0, sign), value));
        }
        const auto may_call = sel::abi::RightsMask(sel::abi::Right::write) | sel::abi::Right::reply;
        SEL_TRY_VOID(task_manager::give(tasks_, task, "console", {console_, may_call}));
        return task_manager::start(tasks_, task);
    };
    const auto task = task_manager::create(tasks_, words[1], words[1], {.priority = 40});
    if (!task) {
        if (task.error().is(task_manager::Refusal::no_program)) return println("There is no program `{}`.", words[1]);
        return println("`{}` was not started: {}", words[1], task.error());
    }
    if (const auto started = prepare(*task); !started) {
        say(task_manager::kill(tasks_, *task));
        return println("`{}` was not started: {}", words[1], started.error());
    }
    println("task {}", *task & 0xffff'ffff);
}

void Commands::tasks(const Words&) {
    bool any = false;
    say(for_each_task(tasks_, [&any](const task_manager::Entry& entry, std::string_view name) {
        any = true;
        const auto& report = entry.report;
        println("  {} {}: {} {}", entry.task & 0xffff'ffff, name,
                name_of(task_states, static_cast<uint64_t>(report.state)),
                name_of(endings, static_cast<uint64_t>(report.end)));
    }));
    if (!any) println("No task has been started, or all are forgotten.");
}

void Commands::kill(const Words& words) {
    uint64_t wanted = 0;
    const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), wanted);
    if (error != std::errc() || end != words[1].data() + words[1].size()) {
        return println("`{}` is no number of a task.", words[1]);
    }
    constexpr uint64_t first_task = uint64_t{1} << 32;
    const auto killed = task_manager::kill(tasks_, first_task + wanted);
    if (!killed && killed.error().is(task_manager::Refusal::not_yours)) return println("There is no task {}.", wanted);
    say(killed);
}

// --- Capabilities ---------------------------------------------------------------------------------------------------

/// What the shell itself calls an object: it has a capability to it, too, and looks at that in its own table.
std::string_view Commands::known_as(uint64_t object) {
    const auto own = sel::environment().capability<sel::CapTable>("table.shell");
    std::string_view found;
    if (!own || object == 0) return found;
    for_each("", [&](std::string_view name, sel::CapIndex slot) {
        const auto report = own->inspect(slot.raw());
        if (found.empty() && report && report->object == object) found = name;
    });
    return found;
}

bool Commands::show_task_capabilities(std::string_view name) {
    bool found = false;
    say(for_each_task(tasks_, [&](const task_manager::Entry& entry, std::string_view task) {
        if (task != name) return;
        found = true;
        for (uint64_t number = 0; number < entry.capabilities; ++number) {
            const auto capability = task_manager::name_of(tasks_, entry.task, number);
            if (capability) println("  task {}: {}", entry.task & 0xffff'ffff, capability->view());
        }
        println("  task {}: its own table, space and thread", entry.task & 0xffff'ffff);
    }));
    return found;
}

void Commands::show_table(std::string_view name) {
    const auto capability = sel::environment().capability<sel::CapTable>("table." + std::string(name));
    if (!capability) return println("There is no component `{}` whose capabilities can be looked at.", name);
    for (uint64_t slot = 0;; ++slot) {
        const auto report = capability->inspect(slot);
        if (!report) {
            if (!report.error().is(sel::abi::ErrorCode::index_out_of_range)) println("{}", report.error());
            return;
        }
        if (report->type == sel::abi::ObjectType{}) continue;
        const std::string_view known = known_as(report->object);
        println("  {}: {} ({}){}{}", slot, spoken(sel::abi::name_of(report->type)), letters(report->rights),
                known.empty() ? "" : " ", known);
    }
}

void Commands::capabilities(const Words& words) {
    if (!show_task_capabilities(words[1])) show_table(words[1]);
}

void Commands::exit(const Words&) {
    println("exit 0");
    sel::flush();
    say(sel::or_abort(sel::environment().capability<sel::PowerControl>("power"), "finding power control").off());
}

}  // namespace shell
