// SPDX-License-Identifier: BSD-2-Clause
// A sign of life: how a component shows its supervisor that it gets on with its work.
#pragma once

#include <atomic>
#include <cstdint>

namespace restart {

/// A word of memory that a component writes and its supervisor reads. While it works on a request the word is odd; each
/// request has its own number. A supervisor that sees the same odd number for too long takes the component for dead.
/// One that waits for requests is not in a hurry. The first thing that a component does with its pulse is end().
class Pulse {
public:
    explicit Pulse(uint64_t& word) : word_(word) {}

    /// A request begins, or ends. One that a predecessor has left unfinished counts as ended.
    void begin() const { word_.store(word_.load(std::memory_order_relaxed) | 1, std::memory_order_relaxed); }
    void end() const { word_.store((word_.load(std::memory_order_relaxed) | 1) + 1, std::memory_order_relaxed); }

    [[nodiscard]] uint64_t now() const { return word_.load(std::memory_order_relaxed); }

private:
    std::atomic_ref<uint64_t> word_;
};

/// Counts how often in a row the same request was seen at work.
///
/// It counts looks, which a metronome makes at equal times. A look at which the component was kept from running by others
/// since the last one does not count: it is not stuck, it has had no time. One that waits for something while it is at a
/// request uses no time either, and does count: what it waits for may never come.
class Watchdog {
public:
    /// What a component may take to start, in times of what a request may.
    static constexpr uint64_t start = 10;

    /// What has become of the component's thread since the last look.
    enum class Progress : uint8_t {
        has_run_or_waits,
        was_kept_from_running,
    };

    /// `limit`: looks at the same request at which it is taken for stuck; 0 for never.
    explicit Watchdog(uint64_t limit) : limit_(limit) {}

    /// Looks at a pulse. Whether the request that it shows has been at work for too long, or a component that was begun
    /// anew has not come to life; then it counts anew.
    [[nodiscard]] bool is_stuck(uint64_t pulse, Progress progress) {
        const bool is_starting = begins_ && pulse == last_;
        const bool same = is_starting || (pulse % 2 == 1 && pulse == last_);
        begins_ = is_starting;
        last_ = pulse;
        if (!same) {
            seen_ = 0;
        } else if (progress == Progress::has_run_or_waits) {
            ++seen_;
        }
        if (limit_ == 0 || seen_ < (is_starting ? start * limit_ : limit_)) return false;
        seen_ = 0;
        return true;
    }

    /// The component is about to begin anew, and this is what its predecessor has left. One that never had a pulse has none
    /// now.
    void begin(uint64_t pulse) {
        begins_ = pulse != 0;
        last_ = pulse;
        seen_ = 0;
    }

private:
    uint64_t limit_;
    uint64_t last_ = 0;
    uint64_t seen_ = 0;
    bool begins_ = false;
};

}  // namespace restart
