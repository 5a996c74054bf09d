// SPDX-License-Identifier: BSD-2-Clause
// Form: a system call with blanks for its arguments; Operation: one with the blanks filled in.
#pragma once

#include <array>
#include <string>
#include <string_view>
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
    reply,       ///< an index in the caller's table where a Reply should be, or none; in a register of its own
};

/// Where a value goes. What goes into the IPC buffer is written before the system call.
enum class Target : uint8_t { words, item_index, item_kind, window_table, window_first };

struct Parameter {
    const char* name;
    Role role;
    abi::ObjectType type = abi::ObjectType::empty;  ///< of a capability, or of what is taken from a slot; empty: any
    uint8_t of = 0;                                 ///< the parameter that names the table, or that it follows
    std::vector<uint64_t> values = {};              ///< of a choice, or of what follows one
    Target target = Target::words;
};

constexpr size_t maximum_parameters = 8;

/// What an operation that is obeyed has done to the slot that its parameter `first` names.
enum class Promise : uint8_t { none, fills, empties };

/// Passing: no system call, but time goes by until the timer interrupts.
enum class Way : uint8_t { system_call, fault, passing };

/// The first parameter is what is invoked (x0), the others are message words in their order; a Reply comes last.
struct Form {
    const char* name;
    abi::SystemCall number;
    uint32_t label = 0;  ///< the method's number
    std::vector<Parameter> parameters = {};
    Way way = Way::system_call;
    Promise promise = Promise::none;
};

/// No Reply.
constexpr uint8_t no_reply_argument = 0xff;

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
    case Role::reply:
        return operation.arguments[number] == no_reply_argument ? abi::no_capability : operation.arguments[number];
    case Role::choice: return parameter.values.at(operation.arguments[number]);
    case Role::follows: return parameter.values.at(operation.arguments[parameter.of]);
    }
    __builtin_unreachable();
}

/// The number of the parameter with a target in the IPC buffer; that of all parameters if there is none.
size_t parameter_for(const Form& form, Target target);
/// What the caller's registers hold.
sel::Registers registers_of(const Form& form, const Operation& operation);
/// As C++ would say it.
std::string text_of(const Form& form, const Operation& operation);

// --- Forms of the interface's methods -------------------------------------------------------------------------

/// The form with a choice of these values for the parameter of a name.
Form with(Form form, std::string_view parameter, const std::vector<uint64_t>& values);
/// The rights and badges that a map may give.
Form map_form(std::vector<uint64_t> rights, std::vector<uint64_t> badges);
Form grant_form();
Form unmap_form();
/// Cancels what waits at an endpoint with one of these badges.
Form cancel_sends_form(std::vector<uint64_t> badges);
/// What a retype may make: types, and the size of each.
Form retype_form(std::vector<uint64_t> types, std::vector<uint64_t> sizes, std::vector<uint64_t> counts = {1});
/// Which of a task's slots.
Form install_form(std::vector<uint64_t> places);
Form remove_form(std::vector<uint64_t> places);
Form bind_task_form();
Form start_form();
Form suspend_form();
/// What a thread may be given as its priority.
Form set_priority_form(std::vector<uint64_t> priorities);
Form resume_form();
/// Of spaces: page tables and frames.
Form map_table_form(std::vector<uint64_t> addresses);
Form map_frame_form(std::vector<uint64_t> addresses, std::vector<uint64_t> rights);
Form unmap_frame_form();
Form protect_form(std::vector<uint64_t> rights);
/// Of contexts.
Form bind_context_form();
Form unbind_context_form();
/// Of notifications.
Form bind_notification_form();
Form unbind_notification_form();

// --- Forms of the other system calls --------------------------------------------------------------------------

/// What is invoked is of this type.
Form invocation_form(const char* name, abi::SystemCall number, abi::ObjectType type);
/// The same with a Reply.
Form receive_form(const char* name, abi::SystemCall number);
/// A message with one capability of any type, mapped or granted.
Form item_form(const char* name, abi::SystemCall number);
/// A receive with a window of one slot, and without a Reply.
Form window_form(const char* name, abi::SystemCall number);
Form yield_form();
/// No system call: the thread touches an address where nothing is.
Form fault_form();
/// Nor here: a budget ends, or comes back.
Form pass_form();

}  // namespace selene::test
