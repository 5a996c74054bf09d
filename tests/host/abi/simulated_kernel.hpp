// SPDX-License-Identifier: BSD-2-Clause
// A kernel of nothing but the generated decoder: its methods write down what they were given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sel/result.hpp"
#include "syscall/invocation.hpp"

/// A method's call, as the kernel's side saw it.
struct SeenCall {
    std::string method;               ///< untyped_retype
    std::vector<uint64_t> arguments;  ///< back as message words

    bool operator==(const SeenCall&) const = default;
};

/// What the next system call meets, and what became of it.
struct SimulatedKernel {
    selene::abi::ObjectType invoked_type = selene::abi::ObjectType::empty;
    selene::Rights invoked_rights = selene::rights::all;
    std::map<uint64_t, selene::Slot> table{};
    std::vector<uint64_t> results{};                ///< that a method is to return
    std::optional<selene::abi::ErrorCode> error{};  ///< that a method is to return instead
    selene::Refusal refusal{};                      ///< what the error names

    std::optional<SeenCall> seen{};
    unsigned given_results = 0;  ///< words that came back

    /// Puts a capability where it can be found.
    void hold(uint64_t index, selene::abi::ObjectType type, selene::Rights rights) {
        table[index] = {.index = index, .type = type, .rights = rights};
    }
};

inline SimulatedKernel kernel;

/// One method of libsel's stubs, called with words.
struct StubCall {
    selene::abi::ObjectType object;
    uint32_t number;
    sel::Result<std::vector<uint64_t>> (*call)(const std::vector<uint64_t>& words);
};

/// All of them, by the numbers of objects and methods.
extern const std::vector<StubCall> stub_calls;
