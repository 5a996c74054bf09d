// SPDX-License-Identifier: BSD-2-Clause
// Finding what a group is, building it, ending it.
#include "group.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <string>

#include <sel/address_allocator.hpp>
#include <sel/rpc.hpp>
#include <sel/slot_allocator.hpp>

#include "restart_protocol.hpp"

namespace restart {

namespace image = capdl::image;
using capdl::loader::Outcome;
using capdl::loader::SystemBuilder;
using capdl::loader::SystemView;
using capdl::loader::Window;
using image::SectionKind;

sel::Result<Group::Range> Group::slots(std::string_view name) {
    const auto& environment = sel::environment();
    for (const sel::EnvironmentEntry& entry : environment.entries()) {
        if (entry.kind == sel::EnvironmentKind::slot_range && environment.name(entry) == name) {
            return Range{entry.value0, entry.value1};
        }
    }
    sel::Error error(sel::LibraryError::unknown_name);
    name.copy(reinterpret_cast<char*>(error.details.data()), sizeof error.details);
    return sel::refused(error);
}

sel::Result<Group> Group::find(std::string_view name, const Means& means) {
    constexpr uint64_t window_bytes = uint64_t{1} << 22;
    const auto& environment = sel::environment();
    const auto called = [name](std::string_view what) { return std::string(name) + "." + std::string(what); };
    SEL_TRY(home, environment.capability<sel::Untyped>(called("home")));
    SEL_TRY(objects, slots(called("objects")));
    SEL_TRY(plan, environment.memory(called("plan")));
    SEL_TRY(contents, environment.memory(called("contents")));
    SEL_TRY(window, sel::own_addresses().allocate(window_bytes, window_bytes / 2));
    SEL_TRY(page_tables, sel::own_slots().allocate(Window::table_count));
    Group group({home, objects, SystemView(reinterpret_cast<uint64_t>(plan.bytes.data())), contents.bytes, window},
                means);
    SEL_TRY_VOID(group.window_.prepare(means.tables, page_tables.raw()));
    for (size_t number = 0;; ++number) {
        std::array<char, 16> element;
        const auto end = std::to_chars(element.begin(), element.end(), number).ptr;
        const auto reply = environment.reply(called("reply[") + std::string(element.begin(), end) + "]");
        if (!reply) break;
        group.replies_.push_back(*reply);
    }
    return group;
}

Group::Group(const Parts& parts, const Means& means)
    : parts_(parts),
      means_(means),
      own_(parts.objects.first, {.interrupt_control = means.interrupts.index().raw(),
                                 .power_control = 0,
                                 .schedule_control = means.time.index().raw()}),
      window_(means.table, means.space, parts.window) {}

Outcome Group::issue_interrupts() {
    const SystemBuilder builder(parts_.plan, own_, {means_.table, means_.thread, sel::Clock::frequency()});
    for (const auto& record : parts_.plan.records<image::InterruptRecord>(SectionKind::interrupts)) {
        if (record.line == image::none) continue;  // an optional device that this machine does not have
        if (auto issued = builder.issue_interrupt(record, record.line); !issued) return issued;
    }
    return {};
}

Outcome Group::start() {
    const SystemBuilder builder(parts_.plan, own_, {means_.table, means_.thread, sel::Clock::frequency()});
    const auto make = [&]() -> Outcome {
        for (const image::RunRecord& run : parts_.plan.runs()) {
            const auto from = run.untyped == image::none ? parts_.home : own_.to<sel::Untyped>(run.untyped);
            if (auto made = builder.make_run(run, from); !made) return made;
        }
        return {};
    };
    const auto fill = [this](const image::FillRecord& record, uint64_t address) {
        std::memcpy(reinterpret_cast<void*>(address + record.offset), parts_.contents.data() + record.value,
                    record.length);
    };
    const Outcome built = make()
                              .and_then([&] { return builder.make_capabilities(); })
                              .and_then([&] { return builder.hang_tables(); })
                              .and_then([&] { return builder.fill_frames(window_, fill); })
                              .and_then([&] { return builder.map_frames(); })
                              .and_then([&] { return builder.install_tasks(); })
                              .and_then([&] { return builder.configure_sched_contexts(); })
                              .and_then([&] { return issue_interrupts(); })
                              .and_then([&] { return builder.prepare_threads(); })
                              .and_then([&] { return builder.set_registers(); })
                              .and_then([&] { return builder.start_threads(); });
    if (!built) stop();
    return built;
}

void Group::stop() {
    // First what they lie in: then none of them can answer any more. What was derived for them from something that stays
    // goes with its slots.
    (void)means_.table.unmap({.first = parts_.home.index().raw(), .count = 1, .root = sel::abi::KeepRoot::descendants});
    (void)means_.table.unmap(
        {.first = parts_.objects.first, .count = parts_.objects.count, .root = sel::abi::KeepRoot::self});
    const sel::Error restarted(Notice::restarted);
    for (const sel::Reply reply : replies_) {
        (void)reply.send(sel::Message(sel::rpc::Answer::refused, restarted.code, 0, 0, 0));
    }
}

std::string_view Group::name(uint32_t object) const {
    return object < parts_.plan.objects().size() ? parts_.plan.name(parts_.plan.objects()[object].name)
                                                 : std::string_view("a capability");
}

bool Group::has(std::string_view component) const {
    constexpr std::string_view home = ".home";
    for (const image::ObjectRecord& object : parts_.plan.objects()) {
        const std::string_view name = parts_.plan.name(object.name);
        if (name.size() == component.size() + home.size() && name.starts_with(component) && name.ends_with(home)) {
            return true;
        }
    }
    return false;
}

size_t Group::threads() const { return parts_.plan.records<image::ThreadRecord>(SectionKind::threads).size(); }

sel::Result<Group::Look> Group::look_at(size_t number) const {
    const auto& record = parts_.plan.records<image::ThreadRecord>(SectionKind::threads)[number];
    SEL_TRY(thread, own_.to<sel::Thread>(record.thread).inspect());
    if (record.sched_context == image::none) return sel::refused({sel::abi::ErrorCode::empty_slot});
    SEL_TRY(context, own_.to<sel::SchedContext>(record.sched_context).inspect());
    using enum sel::abi::ThreadState;
    const bool lacks_time = thread.stopped == 0 && (thread.state == runnable || thread.state == without_budget);
    return Look{lacks_time, context.unreported};
}

uint64_t Group::used() const {
    const auto report = parts_.home.inspect();
    return report ? report->used : 0;
}

}  // namespace restart
