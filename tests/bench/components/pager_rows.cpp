// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `library`: a page that comes when it is touched.

#include <sel/paged_space.hpp>

#include "library_rows.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr uint64_t address = 0x40'0000'0000;
constexpr uint64_t pages = usual.all() + 1;

/// Touches page after page. The first one brings the page tables.
struct Toucher {
    void operator()() const {
        touch(0);
        for (uint64_t run = 0; run < usual.all(); ++run) {
            if (run >= usual.warm) start<"pager.fault">();
            touch(run + 1);
            end();
        }
    }
    static void touch(uint64_t page) {
        *reinterpret_cast<volatile uint64_t*>(address + page * sel::PagedSpace::page_bytes) = page;
    }
};

}  // namespace

sel::Result<void> measure_paging(test::Stage& stage) {
    constexpr RowName row = "pager.fault";
    sel::println("row {} {} {}", row.number(), row.view(), usual.samples);
    note<"pager.fault">("a new page: from the touch until it is done, the page zeroed and mapped");
    const auto faults = stage.make<sel::Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    sel::PagedSpace space(stage.space(), stage.memory(), {stage.table(), sel::own_slots(), stage.mapper()});
    SEL_TRY_VOID(space.add({.address = address, .pages = pages, .source = sel::PageSource::zero}));
    static Toucher toucher;
    constexpr uint64_t long_us = 1'000'000;
    const sel::Task task = stage.make_task(faults);
    const auto actor = stage.start(
        {.priority = 101, .budget_us = long_us, .period_us = long_us, .buffer = false, .task = task}, toucher);
    // The last fault is the thread's end, which is not answered.
    SEL_TRY(next, faults.receive(reply));
    for (uint64_t page = 0; page < pages; ++page) {
        const sel::Fault fault = sel::read_fault(next.message);
        const auto* const touched = std::get_if<sel::PageFault>(&fault);
        if (touched == nullptr) return sel::refused({sel::LibraryError::unexpected_message});
        SEL_TRY_VOID(space.handle(*touched));
        SEL_TRY(after, faults.reply_receive(reply, sel::Message(sel::Verdict::resume)));
        next = after;
    }
    stage.destroy(actor);
    return {};
}

}  // namespace bench
