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

/// Three threads with a table and a space each, and what they might have to do with each other.
[[nodiscard]] std::string random_spec(std::mt19937_64& random);

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

private:
    kernel::Object& add(selene::abi::ObjectType type, uint64_t slots, uint64_t bytes);
    void add_capability(const Model& model, CapabilityId id);
    [[nodiscard]] std::string word_for(const kernel::Object* object) const;

    kernel::System system_;
    kernel::Object* origins_;
    std::vector<kernel::Object*> objects_;                ///< by object of the spec
    std::map<const kernel::Object*, ObjectId> spec_;      ///< and back
    std::vector<kernel::Capability*> origin_of_;          ///< by object of the spec
    std::vector<std::optional<kernel::Place>> place_of_;  ///< by capability: where it was put
    std::vector<ObjectId> threads_;
    uint64_t next_base_ = 1 << 20;
    uint64_t next_origin_ = 0;
};

/// An operation of one thread, drawn without a look at the system, so that it can be done in another one, too.
struct DrawnOperation {
    ObjectId actor;
    ObjectId partner;
    kernel::Operation operation;
};
[[nodiscard]] DrawnOperation draw(std::mt19937_64& random, const SmallSystem& system, ObjectId actor);
/// Carries it out; says what came of it.
std::optional<kernel::Outcome> carry_out(SmallSystem& system, const DrawnOperation& drawn);

}  // namespace capdl::test
