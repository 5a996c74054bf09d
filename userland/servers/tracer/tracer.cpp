// SPDX-License-Identifier: BSD-2-Clause
// The tracer: lets the debug kernel record its entries and exits, keeps the rings of components that write events of their
// own, and when somebody switches the machine off writes all of that to the console first. `./selene trace` makes a timeline
// of it; docs/guide/tracing.md explains both.
//
// From its specification (the macros of capdl/templates/tracing.cdl.j2):
//     requests   endpoint (R); a Reply `answer`: used in place of power control
//     power      power control, or the power server's endpoint
//     threads    argument: names of components, separated by spaces, whose threads are the items NAME_thread
//     rings      argument: names of components; their rings are mapped as NAME_ring
//     events     argument: how many of the kernel's events are told, the last ones; without it 10000
//     kernel     memory of the device `selene,kernel-trace`, of which the release kernel has none; optional
//     table      its own table (inspect): to ask whose threads events are about

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/trace.hpp>

#include "abi/kernel_trace.hpp"
#include "trace_text.hpp"

namespace {

using sel::or_abort;
using sel::abi::KernelEvent;
using sel::abi::KernelTrace;
using tracer::Line;

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

/// The threads that events are about, by their identities.
class Threads {
public:
    /// `table`: the tracer's own, with the right to inspect it.
    explicit Threads(sel::CapTable table) : table_(table) {}

    void add(std::string_view name) {
        const auto thread =
            or_abort(sel::environment().capability<sel::Thread>(std::string(name) + "_thread"), "finding a thread");
        const auto report = or_abort(table_.inspect(thread.index().raw()), "asking for a thread's identity");
        known_.push_back({report.object, name});
    }

    [[nodiscard]] size_t index_of(uint64_t identity) {
        const auto place = std::ranges::find(known_, identity, &Entry::identity);
        if (place == known_.end()) known_.push_back({identity, "-"});
        return static_cast<size_t>(std::ranges::find(known_, identity, &Entry::identity) - known_.begin());
    }

    [[nodiscard]] size_t count() const { return known_.size(); }
    [[nodiscard]] std::string_view name(size_t index) const { return known_[index].name; }

private:
    struct Entry {
        uint64_t identity;
        std::string_view name;
    };

    sel::CapTable table_;
    std::vector<Entry> known_;
};

/// Writes lines to the console.
class Report {
public:
    Line line(std::string_view kind) { return {lines_++, kind}; }
    static void say(Line& line) { sel::write(line.finished()); }

private:
    uint64_t lines_ = 0;
};

/// The kernel's events.
class KernelEvents {
public:
    explicit KernelEvents(uint64_t most) : most_(most) {
        const auto memory = sel::environment().memory("kernel");
        if (!memory || memory->bytes.size() < sizeof(KernelTrace)) return;
        auto* trace = reinterpret_cast<volatile KernelTrace*>(memory->bytes.data());
        if (trace->magic == KernelTrace::expected_magic) trace_ = trace;
    }

    void record(uint64_t whether) const {
        if (trace_ != nullptr) trace_->recording = whether;
    }

    void name_threads(Threads& threads) const {
        for (uint64_t number = first(); number < written(); ++number) (void)threads.index_of(event(number).thread);
    }

    void tell(Report& report, Threads& threads) const {
        if (trace_ == nullptr) return;
        Line head = report.line("kernel").number(written()).number(first());
        Report::say(head);
        uint64_t before = 0;
        for (uint64_t number = first(); number < written();) {
            Line line = report.line("k");
            for (; number < written() && line.has_room(); ++number) {
                const KernelEvent one = event(number);
                line.event(one.time - before, threads.index_of(one.thread), one.what, one.detail);
                before = one.time;
            }
            Report::say(line);
        }
    }

private:
    [[nodiscard]] uint64_t written() const { return trace_ == nullptr ? 0 : trace_->written; }
    [[nodiscard]] uint64_t first() const {
        const uint64_t kept = std::min(most_, KernelTrace::capacity);
        return written() > kept ? written() - kept : 0;
    }
    [[nodiscard]] KernelEvent event(uint64_t number) const {
        const volatile KernelEvent& place = trace_->events[number % KernelTrace::capacity];
        return {place.time, place.thread, place.what, place.detail};
    }

    volatile KernelTrace* trace_ = nullptr;
    uint64_t most_;
};

void tell_ring(Report& report, std::string_view name) {
    const auto memory = or_abort(sel::environment().memory(std::string(name) + "_ring"), "finding a ring");
    const sel::trace::Ring ring(memory.bytes);
    // Whoever else runs goes on writing: what is overwritten meanwhile is missing.
    const uint64_t written = ring.written();
    Line head = report.line("ring").name(name).number(written).number(ring.dropped());
    Report::say(head);
    for (uint64_t number = ring.first(); number < written; ++number) {
        const auto event = ring.read(number);
        if (!event) continue;
        Line line = report.line("e").number(number).number(event->time).number(static_cast<uint64_t>(event->phase));
        line.number(event->value).name(event->name());
        Report::say(line);
    }
}

void tell(const KernelEvents& kernel, Threads& threads) {
    Report report;
    Line begin = report.line("begin").number(sel::Clock::frequency());
    Report::say(begin);
    kernel.name_threads(threads);
    for (size_t index = 0; index < threads.count(); ++index) {
        Line line = report.line("thread").number(index).name(threads.name(index));
        Report::say(line);
    }
    kernel.tell(report, threads);
    for (const std::string_view name : words_of(sel::environment().argument("rings").value_or("")))
        tell_ring(report, name);
    Line end = report.line("end");
    Report::say(end);
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const auto reply = or_abort(environment.reply("answer"), "finding the reply");
    const auto power = or_abort(environment.capability<sel::PowerControl>("power"), "finding power control");
    uint64_t most = 10000;
    const auto text = environment.argument("events").value_or("");
    std::from_chars(text.data(), text.data() + text.size(), most);
    Threads threads(or_abort(environment.capability<sel::CapTable>("table"), "finding the table"));
    for (const std::string_view name : words_of(environment.argument("threads").value_or(""))) threads.add(name);
    const KernelEvents kernel(most);
    kernel.record(1);

    const sel::Message not_understood(1);
    auto next = requests.receive(reply);
    for (;;) {
        const auto method =
            next ? static_cast<sel::abi::PowerControlMethod>(next->message.label()) : sel::abi::PowerControlMethod{};
        if (method == sel::abi::PowerControlMethod::off || method == sel::abi::PowerControlMethod::reset) {
            kernel.record(0);
            tell(kernel, threads);
            (void)(method == sel::abi::PowerControlMethod::off ? power.off() : power.reset());
        }
        next = next ? requests.reply_receive(reply, not_understood) : requests.receive(reply);
    }
}
