// SPDX-License-Identifier: BSD-2-Clause
// Operations as registers and as text.
#include "form.hpp"

namespace selene::test {

using abi::ObjectType;
using abi::SystemCall;

sel::Registers registers_of(const Form& form, const Operation& operation) {
    sel::Registers in;
    in.x0 = value_of(form, operation, 0);
    const size_t count = form.parameters.size();
    for (size_t i = 1; i < count; ++i) in.words[i - 1] = value_of(form, operation, i);
    in.tag = abi::Tag{}.with_label(form.label).with_length(static_cast<uint32_t>(count - 1));
    return in;
}

std::string text_of(const Form& form, const Operation& operation) {
    std::string text = form.name;
    text += '(' + std::to_string(value_of(form, operation, 0)) + ", {";
    for (size_t i = 1; i < form.parameters.size(); ++i) {
        if (i > 1) text += ", ";
        text += std::string(".") + form.parameters[i].name + " = " + std::to_string(value_of(form, operation, i));
    }
    return text + "})";
}

Form map_form(std::vector<uint64_t> rights, std::vector<uint64_t> badges) {
    return {.name = "map",
            .number = SystemCall::call,
            .label = static_cast<uint32_t>(abi::CapTableMethod::map),
            .parameters = {{.name = "table", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "first", .role = Role::to, .of = 0},
                           {.name = "source", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "source_first", .role = Role::from, .of = 2},
                           {.name = "count", .role = Role::choice, .values = {1}},
                           {.name = "rights", .role = Role::choice, .values = std::move(rights)},
                           {.name = "badge", .role = Role::choice, .values = std::move(badges)}}};
}

Form grant_form() {
    return {.name = "grant",
            .number = SystemCall::call,
            .label = static_cast<uint32_t>(abi::CapTableMethod::grant),
            .parameters = {{.name = "table", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "first", .role = Role::to, .of = 0},
                           {.name = "source", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "source_first", .role = Role::from, .of = 2},
                           {.name = "count", .role = Role::choice, .values = {1}}}};
}

Form unmap_form() {
    constexpr auto keep = static_cast<uint64_t>(abi::KeepRoot::descendants);
    constexpr auto self = static_cast<uint64_t>(abi::KeepRoot::self);
    return {.name = "unmap",
            .number = SystemCall::call,
            .label = static_cast<uint32_t>(abi::CapTableMethod::unmap),
            .parameters = {{.name = "table", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "first", .role = Role::from, .of = 0},
                           {.name = "count", .role = Role::choice, .values = {1}},
                           {.name = "root", .role = Role::choice, .values = {self, keep}}}};
}

Form retype_form(std::vector<uint64_t> types, std::vector<uint64_t> sizes, std::vector<uint64_t> counts) {
    return {.name = "retype",
            .number = SystemCall::call,
            .label = static_cast<uint32_t>(abi::UntypedMethod::retype),
            .parameters = {{.name = "untyped", .role = Role::capability, .type = ObjectType::untyped},
                           {.name = "type", .role = Role::choice, .values = std::move(types)},
                           {.name = "size", .role = Role::follows, .of = 1, .values = std::move(sizes)},
                           {.name = "count", .role = Role::choice, .values = std::move(counts)},
                           {.name = "table", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "first", .role = Role::to, .of = 4}}};
}

}  // namespace selene::test
