// SPDX-License-Identifier: BSD-2-Clause
// Enumeration: every operation that a thread may do in a state.
#pragma once

#include <vector>

#include "stage.hpp"

namespace selene::test {

/// Fills the blanks of every form with every argument that is good (a capability of the type, an empty slot to put
/// something into, one that is not empty to take something from), and, one at a time while all others are the first
/// good ones, with arguments that are not: an empty slot or one of another type where a capability should be, an
/// occupied slot, one beyond the table's end. Of slots that nothing keeps apart only the first is tried.
class Enumeration {
public:
    Enumeration(Stage& stage, Thread& caller) : stage_(stage), caller_(caller), named_(stage.named_slots()) {}

    [[nodiscard]] const std::vector<Operation>& all();

private:
    struct Candidates {
        std::vector<uint8_t> good;
        std::vector<uint8_t> bad;
    };

    void choose(size_t number, bool plain, bool refused);
    void take(size_t number, uint8_t argument, bool plain, bool refused);
    [[nodiscard]] Candidates candidates(size_t number) const;
    [[nodiscard]] Candidates capabilities(const Parameter& parameter) const;
    [[nodiscard]] Candidates slots_of(const Parameter& parameter) const;
    void keep_empty(std::vector<uint8_t>& slots) const;
    /// The slots of a table worth telling apart that are empty, or not.
    [[nodiscard]] std::vector<uint8_t> empties(CapTable& table) const;
    [[nodiscard]] bool is_spent(const Slot& slot) const;

    Stage& stage_;
    Thread& caller_;
    uint64_t named_;
    const Form* form_ = nullptr;
    Operation operation_;
    std::vector<Operation> found_;
};

}  // namespace selene::test
