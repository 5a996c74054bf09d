// SPDX-License-Identifier: BSD-2-Clause
// Facts: a state as a list of numbers, the same for kernel and model, so that the two can be compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "methods.hpp"

namespace selene::model {

/// What a fact is about. First those of a slot, then those of the object that an origin stands for.
enum class Aspect : uint8_t {
    type,
    object,
    rights,
    word,
    origin,
    closing,
    depth,
    bytes,
    used,
    mapped_by,
    thread_activity,
    priority,
    maximum,
    thread_pointer,
    floating_point,
    buffer,
    context,
    notification,
    budget,
    period,
    refills,
    bound_thread,
    bits,
    line,
    active,
    slots,
    level,
    hangs_in,
    entry,
    entry_rights,
    entry_kind,
};

/// `where` and `index`: a slot by its holder's address, or an entry of a table, or just an object. What is 0 is left
/// out.
struct Fact {
    uint64_t where;
    uint64_t index;
    Aspect aspect;
    uint64_t value;
    friend bool operator==(const Fact&, const Fact&) = default;
};

/// In the order of the derivation tree; what an object is follows its origin.
class Facts {
public:
    void about(uint64_t where, uint64_t index = 0) {
        where_ = where;
        index_ = index;
    }
    void add(Aspect aspect, uint64_t value) {
        if (value != 0) facts_.push_back({where_, index_, aspect, value});
    }
    friend bool operator==(const Facts& a, const Facts& b) { return a.facts_ == b.facts_; }

    /// The first difference in words, if there is one.
    [[nodiscard]] std::optional<std::string> difference(const Facts& other, const char* this_name,
                                                        const char* other_name) const;

private:
    uint64_t where_ = 0;
    uint64_t index_ = 0;
    std::vector<Fact> facts_;
};

/// All that the model knows.
Facts facts_of(const System& system);

}  // namespace selene::model
