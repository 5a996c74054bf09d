// SPDX-License-Identifier: BSD-2-Clause
// Company: the threads that an input acts as, and what happens to them beside their system calls.
#pragma once

#include "bytes.hpp"
#include "inputs.hpp"
#include "strangers.hpp"

namespace selene::fuzz {

/// Strangers, always the same ones, in a kernel that has just booted.
class Company {
public:
    Company() : strangers_(1) {}

    [[nodiscard]] test::World& world() { return strangers_.world(); }
    /// Time, interrupts, faults: one thing that is no system call.
    void happen(Bytes& bytes);
    /// Somebody other than the first thread runs, after some help; false if nobody can.
    [[nodiscard]] bool somebody_runs(Bytes& bytes);
    /// The table that the running thread's indices mean, null if it has none that is flat.
    [[nodiscard]] CapTable* table();
    /// A slot of that table with a capability of a type if there is one, or any index.
    [[nodiscard]] uint64_t slot_of(Bytes& bytes, abi::ObjectType type);
    /// The running thread's, null if it has none.
    [[nodiscard]] abi::IpcBuffer* buffer();
    void enter(abi::SystemCall number, const test::Registers& in);
    [[nodiscard]] Played played() const { return played_; }

private:
    test::Strangers strangers_;
    Played played_;
};

}  // namespace selene::fuzz
