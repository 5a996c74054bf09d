// SPDX-License-Identifier: BSD-2-Clause
// What an image describes, made by system calls: by the loader for the whole system, by a restart supervisor for a group.
#pragma once

#include <algorithm>
#include <expected>

#include "own_slots.hpp"
#include "system_view.hpp"
#include "window.hpp"

namespace capdl::loader {

/// What was refused, and about which object of the image.
struct Refusal {
    std::string_view what;
    uint32_t object;
    sel::Error error;
};
using Outcome = std::expected<void, Refusal>;

/// One pass over each section of the image, in an order in which everything stands on what is there already. Where its
/// sources lie, OwnSlots says; what goes into the own table that is not there yet finds its slots empty.
///
/// The steps, in this order: make_run for each, make_capabilities, hang_tables, fill_frames, map_frames, install_tasks,
/// configure_sched_contexts, issue_interrupt for each, prepare_threads, set_registers, start_threads.
class SystemBuilder {
public:
    struct Means {
        sel::CapTable table;       ///< the own one
        sel::Thread authority;     ///< with as high a priority as any thread is to get
        uint64_t timer_frequency;  ///< ticks a second
    };

    SystemBuilder(const SystemView& system, const OwnSlots& own, const Means& means)
        : system_(system), own_(own), means_(means) {}

    /// Objects, out of an untyped.
    [[nodiscard]] Outcome make_run(const image::RunRecord& run, sel::Untyped untyped) const;
    /// The extra capabilities, and what the system's tables hold.
    [[nodiscard]] Outcome make_capabilities() const;
    [[nodiscard]] Outcome hang_tables() const;
    /// `fill(record, address)` writes a part of a frame that lies at `address` meanwhile.
    template <typename Fill>
    [[nodiscard]] Outcome fill_frames(Window& window, const Fill& fill) const;
    [[nodiscard]] Outcome map_frames() const;
    [[nodiscard]] Outcome install_tasks() const;
    [[nodiscard]] Outcome configure_sched_contexts() const;
    [[nodiscard]] Outcome issue_interrupt(const image::InterruptRecord& record, uint64_t line) const;
    /// Threads get all that they need to run, but wait to be resumed.
    [[nodiscard]] Outcome prepare_threads() const;
    [[nodiscard]] Outcome set_registers() const;
    [[nodiscard]] Outcome start_threads() const;

private:
    [[nodiscard]] uint64_t slot_of(uint64_t source) const { return own_.slot_of(source); }
    template <class Capability>
    [[nodiscard]] Capability to(uint64_t source) const {
        return own_.to<Capability>(source);
    }
    /// The end of the fills that begin with `first` and fit into the window at once.
    [[nodiscard]] size_t fills_at_once(size_t first) const;
    [[nodiscard]] Outcome make_executable(std::span<const image::FillRecord> fills) const;
    [[nodiscard]] Outcome prepare(const image::ThreadRecord& record) const;

    const SystemView& system_;
    const OwnSlots& own_;
    Means means_;
};

template <typename Fill>
Outcome SystemBuilder::fill_frames(Window& window, const Fill& fill) const {
    const auto fills = system_.fills();
    for (size_t first = 0; first < fills.size();) {
        const size_t end = fills_at_once(first);
        const uint32_t first_frame = fills[first].frame;
        const unsigned size_bits = *system_.frame_size_bits(first_frame);
        const uint64_t count = fills[end - 1].frame - first_frame + 1;
        const auto address = window.open(slot_of(first_frame), count, size_bits);
        if (!address) {
            return std::unexpected(Refusal{"filling", first_frame, address.error()});
        }
        const auto these = fills.subspan(first, end - first);
        for (const image::FillRecord& record : these) {
            fill(record, *address + (uint64_t{record.frame - first_frame} << size_bits));
        }
        if (const auto closed = window.close(slot_of(first_frame), count); !closed) {
            return std::unexpected(Refusal{"filling", first_frame, closed.error()});
        }
        if (auto made = make_executable(these); !made) {
            return made;
        }
        first = end;
    }
    return {};
}

}  // namespace capdl::loader
