// SPDX-License-Identifier: BSD-2-Clause
// LockStep: the kernel and the model side by side, compared after every operation.
#pragma once

#include <functional>
#include <map>

#include "facts.hpp"
#include "operation.hpp"
#include "world.hpp"

namespace selene::model {

/// How often the kernel is interrupted in its operations.
enum class Preemption : uint8_t { never, at_every_poll };

/// A wrong model: called after each operation, it spoils what the model knows.
using Mistake = std::function<void(System& system, const Operation& operation)>;

struct Setting {
    Preemption preemption = Preemption::never;
    Mistake mistake = {};
};

/// What the actors play with: the slots of the first one's table from `first` on. What it was booted with is used, but
/// stays.
struct Playground {
    uint64_t first;
    uint64_t slots;                ///< of the whole table
    std::vector<uint64_t> hidden;  ///< slots of things that no operation may name
};

/// A booted kernel and its model. Two threads act, the second with a space of linked tables; a third receives
/// capabilities.
class LockStep {
public:
    explicit LockStep(Setting setting);

    [[nodiscard]] System& model() { return model_; }
    [[nodiscard]] const Actors& actors() const { return actors_; }
    [[nodiscard]] const Playground& playground() const { return playground_; }
    /// The slot of the second actor's task in the first one's table.
    [[nodiscard]] uint64_t second_task() const { return second_.task; }
    /// What the kernel said to the last operation.
    [[nodiscard]] const Outcome& last() const { return last_; }
    /// Whether the first actor cannot go on, or the two have parted for a good reason: a preempted call has taken away
    /// the capability it was made through.
    [[nodiscard]] bool over() const { return over_; }
    /// Whether an actor has its turn among those of the highest priority.
    [[nodiscard]] bool can_act(unsigned actor) const {
        const Object* thread = actors_.threads[actor];
        return thread != nullptr && can_run(model_, *thread) && thread->thread.priority == highest_priority;
    }
    /// The type of what an operation is a method of, if it is one.
    [[nodiscard]] std::optional<ObjectType> type_of_self(const Operation& operation) const;
    /// Do it on both sides; what differs then, if anything.
    std::optional<std::string> step(const Operation& operation);

private:
    static constexpr uint64_t own_table_ = 1;  ///< the slot of the first actor's table
    static constexpr uint64_t highest_priority = abi::priorities - 1;

    void make_playground();
    void make_second_actor();
    [[nodiscard]] Capability* find_self(const Operation& operation) const;
    [[nodiscard]] bool takes_away(const Operation& operation) const;
    [[nodiscard]] bool is_harmless(const Operation& operation) const;
    std::optional<uint64_t> slot_of_table(const Object* table);
    bool finish_unmap(const Operation& operation, uint64_t item);
    std::optional<std::string> step_once(const Operation& operation);
    /// What one operation is checked against beside the model: the state before it.
    struct Before {
        std::optional<ObjectType> type;  ///< of `self`
        bool takes_away;                 ///< it may take away what it is done by
        Outcome expected = {};
        std::optional<test::World::Snapshot> snapshot = {};
    };
    std::optional<std::string> compare(const Operation& operation, const Before& before);
    std::optional<std::string> check_refusal(const Operation& operation, const Before& before, const Facts& after);
    Outcome apply_to_kernel(const Operation& operation);
    Outcome invoke(const Operation& operation);
    Outcome deliver(const Operation& operation);
    bool let_act(unsigned actor);
    [[nodiscard]] bool has_table(unsigned actor) const;
    std::optional<std::string> compare_report(const Outcome& expected);
    std::optional<std::string> compare_name(const Name& name, uint64_t identity);
    [[nodiscard]] bool exists(const Name& name);

    test::World world_;
    Setting setting_;
    test::Actor second_{};
    test::Actor receiver_;
    uint64_t endpoint_;
    Playground playground_;
    System model_;
    Actors actors_;
    const Object* unmapped_from_ = nullptr;  ///< the table that an unmap works on
    Facts facts_;                            ///< the kernel's
    Outcome last_;
    std::vector<uint64_t> last_words_;  ///< that the kernel answered to the last call
    // What has been reported: the same thing has the same identity as ever, and no other that there is has it.
    std::map<Name, uint64_t> identities_;
    std::map<uint64_t, Name> names_;
    uint64_t refusals_ = 0;
    bool over_ = false;
};

}  // namespace selene::model
