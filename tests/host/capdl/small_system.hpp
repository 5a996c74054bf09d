// SPDX-License-Identifier: BSD-2-Clause
// A small system, drawn at random: as a spec, as the compiler understands it, and as the abstract model of the kernel.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "operation.hpp"
#include "tool/compilation.hpp"

namespace capdl::test {

namespace kernel = selene::model;

/// Three threads with a table and a space each, mapped memory, and what they might have to do with each other: all types
/// of objects that the kernel has, in tables and in the slots of threads, authorities and badges.
[[nodiscard]] std::string random_spec(std::mt19937_64& random);

/// A spec that was drawn at random, and that the compiler accepts.
struct DrawnSpec {
    std::string text;
    Compilation compilation{{}, std::nullopt};

    [[nodiscard]] const Model& model() const { return compilation.model(); }
};
[[nodiscard]] std::unique_ptr<DrawnSpec> draw_accepted(std::mt19937_64& random,
                                                       std::string (&draw)(std::mt19937_64&) = random_spec);

/// How many systems a test looks at: `SELENE_TEST_ROUNDS=n` times as many as it does by default.
[[nodiscard]] unsigned many(unsigned systems);

/// A checked spec, carried out in the abstract model as the loader does it: all origins in a table that nobody has.
class SmallSystem {
public:
    explicit SmallSystem(const Model& model);

    [[nodiscard]] kernel::System& system() { return system_; }
    [[nodiscard]] kernel::Object& object(ObjectId id) { return *objects_[index_of(id)]; }
    [[nodiscard]] const std::vector<ObjectId>& threads() const { return threads_; }

    /// What an object is: its state and what is in its slots. Two that are equal look the same to everybody.
    [[nodiscard]] std::string state(ObjectId id);
    /// What a thread holds of the spec's objects, in all tables that it reaches: the rights to each.
    [[nodiscard]] std::map<ObjectId, uint64_t> holdings(ObjectId thread);

    /// A message with capabilities from one thread to another, if the sender has the means. Nothing if it has not.
    std::optional<kernel::Outcome> send(ObjectId from, ObjectId to, const std::vector<kernel::Item>& items,
                                        const kernel::Window& window);

    /// Reads or writes the memory at a page of a thread's space; what is read is the result.
    std::optional<kernel::Outcome> touch(ObjectId thread, uint64_t page, uint64_t rights, uint64_t value);

private:
    kernel::Object& add(selene::abi::ObjectType type, uint64_t slots, uint64_t bytes);
    kernel::Capability& own(kernel::Object& object);
    void add_thread(const Model& model, ObjectId id);
    void add_space(const Model& model, ObjectId thread);
    void add_capability(const Model& model, CapabilityId id);
    kernel::Object& authority(Authority which);
    [[nodiscard]] kernel::Object* frame_at(ObjectId thread, uint64_t page, uint64_t rights);
    [[nodiscard]] std::string word_for(const kernel::Object* object) const;

    kernel::System system_;
    kernel::Object* origins_;
    std::vector<kernel::Object*> objects_;                ///< by object of the spec
    std::map<const kernel::Object*, ObjectId> spec_;      ///< and back
    std::vector<kernel::Capability*> origin_of_;          ///< by object of the spec
    std::vector<std::optional<kernel::Place>> place_of_;  ///< by capability: where it was put
    std::vector<ObjectId> threads_;
    std::map<Authority, kernel::Object*> authorities_;
    std::map<Authority, kernel::Capability*> authority_of_;
    std::map<const kernel::Object*, uint64_t> contents_;  ///< of frames: what was written last
    uint64_t next_base_ = 1 << 20;
    uint64_t next_origin_ = 0;
};

/// An operation of one thread, drawn without a look at the system, so that it can be done in another one, too.
struct DrawnOperation {
    ObjectId actor;
    ObjectId partner;
    kernel::Operation operation;
    uint64_t touches;  ///< the right by which it touches memory, at page `operation.self`; 0: it is none of that
};
[[nodiscard]] DrawnOperation draw(std::mt19937_64& random, const SmallSystem& system, ObjectId actor);
/// Carries it out; says what came of it.
std::optional<kernel::Outcome> carry_out(SmallSystem& system, const DrawnOperation& drawn);

}  // namespace capdl::test
