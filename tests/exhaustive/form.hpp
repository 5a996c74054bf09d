// SPDX-License-Identifier: BSD-2-Clause
// Form: a system call with blanks for its arguments; Operation: one with the blanks filled in.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "abi/types.hpp"
#include "sel/system_call.hpp"

namespace selene::test {

/// What stands in a blank, and thereby which values are tried and which of them are interchangeable.
enum class Role : uint8_t {
    capability,  ///< an index in the caller's table where a capability of a type should be
    to,          ///< an empty slot of the table that another parameter names
    from,        ///< a slot of that table that is not empty
    choice,      ///< one of some values
    follows,     ///< the value that goes with the choice made for another parameter
};

struct Parameter {
    const char* name;
    Role role;
    abi::ObjectType type = abi::ObjectType::empty;  ///< of a capability; empty: any
    uint8_t of = 0;                                 ///< the parameter that names the table, or that it follows
    std::vector<uint64_t> values = {};              ///< of a choice, or of what follows one
};

constexpr size_t maximum_parameters = 8;

/// The first parameter is what is invoked (x0), the others are message words in their order.
struct Form {
    const char* name;
    abi::SystemCall number;
    uint32_t label;  ///< the method's number
    std::vector<Parameter> parameters;
};

/// An argument is an index, or the number of a value in its parameter's list.
struct Operation {
    uint8_t form = 0;
    std::array<uint8_t, maximum_parameters> arguments{};
    friend bool operator==(const Operation&, const Operation&) = default;
};

/// The value of an operation's parameter.
inline uint64_t value_of(const Form& form, const Operation& operation, size_t number) {
    const Parameter& parameter = form.parameters[number];
    switch (parameter.role) {
    case Role::capability:
    case Role::to:
    case Role::from: return operation.arguments[number];
    case Role::choice: return parameter.values.at(operation.arguments[number]);
    case Role::follows: return parameter.values.at(operation.arguments[parameter.of]);
    }
    __builtin_unreachable();
}

/// What the caller's registers hold.
sel::Registers registers_of(const Form& form, const Operation& operation);
/// As C++ would say it.
std::string text_of(const Form& form, const Operation& operation);

// --- Forms of the interface's methods -------------------------------------------------------------------------

/// The rights and badges that a map may give.
Form map_form(std::vector<uint64_t> rights, std::vector<uint64_t> badges);
Form grant_form();
Form unmap_form();
/// What a retype may make: types, and the size of each.
Form retype_form(std::vector<uint64_t> types, std::vector<uint64_t> sizes, std::vector<uint64_t> counts = {1});

}  // namespace selene::test
