// SPDX-License-Identifier: BSD-2-Clause
// LockStep: the kernel and the model side by side, compared after every operation.
#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "operation.hpp"
#include "world.hpp"

namespace selene::model {

inline std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
    return stream << "code " << outcome.code << " (" << outcome.detail0 << ", " << outcome.detail1 << "), "
                  << outcome.done << " done";
}

/// How often the kernel is interrupted in its operations.
enum class Preemption : uint8_t { never, at_every_poll };

/// A kernel whose first thread acts, and a model of its capabilities. The thread plays with some memory, a device
/// range, and the last slots of its table; what it was booted with stays out of the play.
class LockStep {
public:
    explicit LockStep(Preemption preemption);

    [[nodiscard]] const Model& model() const { return model_; }
    [[nodiscard]] Playground playground() const { return {first_, own_table_}; }
    /// What the kernel said to the last operation.
    [[nodiscard]] const Outcome& last() const { return last_; }
    /// Whether there is nothing left to play with, or the two have parted for a good reason: a preempted call has taken
    /// away the capability it was made through.
    [[nodiscard]] bool over() const { return cut_off_ || model_.roots().size() != 2; }
    /// Do it on both sides; what differs then, if anything.
    std::optional<std::string> step(const Operation& operation);

private:
    std::optional<std::string> step_once(const Operation& operation);
    Outcome apply_to_kernel(const Operation& operation);
    Outcome deliver(const Operation& operation);
    [[nodiscard]] std::optional<std::string> compare_states();
    [[nodiscard]] std::optional<std::string> compare(const Slot& slot, const Capability& capability);
    [[nodiscard]] std::optional<std::string> compare_below(Slot*& slot, const Capability& capability);
    [[nodiscard]] uint64_t address_of(const Place& place);

    static constexpr uint64_t own_table_ = 1;
    static constexpr uint64_t playground_slots = 20;

    test::World world_;
    bool preempted_;
    uint64_t first_;
    test::Actor receiver_;
    uint64_t endpoint_;
    Model model_;
    Outcome last_;
    bool cut_off_ = false;
};

/// Run operations from the beginning; what differs after which, if anything.
std::optional<std::string> run(const std::vector<Operation>& operations, Preemption preemption);

/// The shortest sequence found by leaving operations out that still fails.
std::vector<Operation> shrink(std::vector<Operation> operations, Preemption preemption);

}  // namespace selene::model
