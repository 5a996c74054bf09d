// SPDX-License-Identifier: BSD-2-Clause
// Operations as registers and as text.
#include "form.hpp"

#include <algorithm>

#include "abi/ipc_buffer.hpp"

namespace selene::test {

using abi::ObjectType;
using abi::SystemCall;

namespace {

/// A method without arguments but these.
template <class Method>
Form method(const char* name, Method number, ObjectType type, const char* self, std::vector<Parameter> arguments = {}) {
    arguments.insert(arguments.begin(), {.name = self, .role = Role::capability, .type = type});
    return {.name = name,
            .number = SystemCall::call,
            .label = static_cast<uint32_t>(number),
            .parameters = std::move(arguments)};
}

Parameter constant(const char* name, uint64_t value) { return {.name = name, .role = Role::choice, .values = {value}}; }

Parameter capability(const char* name, ObjectType type) {
    return {.name = name, .role = Role::capability, .type = type};
}

}  // namespace

size_t parameter_for(const Form& form, Target target) {
    const auto found = std::ranges::find(form.parameters, target, &Parameter::target);
    return static_cast<size_t>(found - form.parameters.begin());
}

sel::Registers registers_of(const Form& form, const Operation& operation) {
    sel::Registers in;
    uint32_t words = 0;
    uint32_t items = 0;
    for (size_t i = 0; i < form.parameters.size(); ++i) {
        const uint64_t value = value_of(form, operation, i);
        if (form.parameters[i].target != Target::words) {
            items += form.parameters[i].target == Target::item_index ? 1 : 0;
        } else if (form.parameters[i].role == Role::reply) {
            in.reply = value;
        } else if (i == 0) {
            in.x0 = value;
        } else {
            in.words[words++] = value;
        }
    }
    in.tag = abi::Tag{}.with_label(form.label).with_length(words).with_items(items);
    return in;
}

std::string text_of(const Form& form, const Operation& operation) {
    std::string text = std::string(form.name) + '(';
    const size_t count = form.parameters.size();
    if (count > 0) text += std::to_string(value_of(form, operation, 0));
    for (size_t i = 1; i < count; ++i) {
        const uint64_t value = value_of(form, operation, i);
        text += (i == 1 ? ", {." : ", .") + std::string(form.parameters[i].name) + " = ";
        text += value == abi::no_capability ? "no_reply" : std::to_string(value);
    }
    return text + (count > 1 ? "})" : ")");
}

Form with(Form form, std::string_view parameter, const std::vector<uint64_t>& values) {
    for (Parameter& one : form.parameters) {
        if (one.name == parameter) one = {.name = one.name, .role = Role::choice, .values = values};
    }
    return form;
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
                           {.name = "badge", .role = Role::choice, .values = std::move(badges)}},
            .promise = Promise::fills};
}

Form grant_form() {
    return {.name = "grant",
            .number = SystemCall::call,
            .label = static_cast<uint32_t>(abi::CapTableMethod::grant),
            .parameters = {{.name = "table", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "first", .role = Role::to, .of = 0},
                           {.name = "source", .role = Role::capability, .type = ObjectType::cap_table},
                           {.name = "source_first", .role = Role::from, .of = 2},
                           {.name = "count", .role = Role::choice, .values = {1}}},
            .promise = Promise::fills};
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
                           {.name = "root", .role = Role::choice, .values = {self, keep}}},
            .promise = Promise::empties};
}

Form cancel_sends_form(std::vector<uint64_t> badges) {
    return method("cancel_sends", abi::CapTableMethod::cancel_sends, ObjectType::cap_table, "table",
                  {{.name = "index", .role = Role::from, .type = ObjectType::endpoint, .of = 0},
                   {.name = "badge", .role = Role::choice, .values = std::move(badges)}});
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
                           {.name = "first", .role = Role::to, .of = 4}},
            .promise = Promise::fills};
}

Form install_form(std::vector<uint64_t> places) {
    return method("install", abi::TaskMethod::install, ObjectType::task, "task",
                  {{.name = "where", .role = Role::choice, .values = std::move(places)},
                   capability("capability", ObjectType::empty)});
}

Form remove_form(std::vector<uint64_t> places) {
    return method("remove", abi::TaskMethod::remove, ObjectType::task, "task",
                  {{.name = "where", .role = Role::choice, .values = std::move(places)}});
}

Form bind_task_form() {
    return method("bind_task", abi::ThreadMethod::bind_task, ObjectType::thread, "thread",
                  {capability("task", ObjectType::task)});
}

Form start_form() {
    constexpr uint64_t entry = 0x20'0000;
    return method("start", abi::ThreadMethod::start, ObjectType::thread, "thread",
                  {constant("pc", entry), constant("sp", 0), constant("argument0", 0), constant("argument1", 0),
                   constant("tls", 0), constant("floating_point", 0)});
}

Form suspend_form() { return method("suspend", abi::ThreadMethod::suspend, ObjectType::thread, "thread"); }
Form set_priority_form(std::vector<uint64_t> priorities) {
    return method("set_priority", abi::ThreadMethod::set_priority, ObjectType::thread, "thread",
                  {{.name = "priority", .role = Role::choice, .values = std::move(priorities)},
                   constant("maximum", abi::priorities - 1),
                   capability("authority", ObjectType::thread)});
}
Form resume_form() { return method("resume", abi::ThreadMethod::resume, ObjectType::thread, "thread"); }

Form map_table_form(std::vector<uint64_t> addresses) {
    return method("map_table", abi::AddressSpaceMethod::map_table, ObjectType::address_space, "space",
                  {capability("table", ObjectType::page_table),
                   {.name = "address", .role = Role::choice, .values = std::move(addresses)}});
}

Form map_frame_form(std::vector<uint64_t> addresses, std::vector<uint64_t> rights) {
    return method("map_frame", abi::AddressSpaceMethod::map, ObjectType::address_space, "space",
                  {capability("frames", ObjectType::cap_table),
                   {.name = "first", .role = Role::from, .type = ObjectType::frame, .of = 1},
                   constant("count", 1),
                   {.name = "address", .role = Role::choice, .values = std::move(addresses)},
                   {.name = "rights", .role = Role::choice, .values = std::move(rights)},
                   constant("kind", static_cast<uint64_t>(abi::MemoryKind::normal))});
}

Form unmap_frame_form() {
    return method("unmap_frame", abi::AddressSpaceMethod::unmap, ObjectType::address_space, "space",
                  {capability("frames", ObjectType::cap_table),
                   {.name = "first", .role = Role::from, .type = ObjectType::frame, .of = 1},
                   constant("count", 1)});
}

Form protect_form(std::vector<uint64_t> rights) {
    return method("protect", abi::AddressSpaceMethod::protect, ObjectType::address_space, "space",
                  {capability("frames", ObjectType::cap_table),
                   {.name = "first", .role = Role::from, .type = ObjectType::frame, .of = 1},
                   constant("count", 1),
                   {.name = "rights", .role = Role::choice, .values = std::move(rights)}});
}

Form bind_context_form() {
    return method("bind_context", abi::SchedContextMethod::bind, ObjectType::sched_context, "context",
                  {capability("thread", ObjectType::thread)});
}

Form unbind_context_form() {
    return method("unbind_context", abi::SchedContextMethod::unbind, ObjectType::sched_context, "context");
}

Form bind_notification_form() {
    return method("bind_notification", abi::NotificationMethod::bind, ObjectType::notification, "notification",
                  {capability("thread", ObjectType::thread)});
}

Form unbind_notification_form() {
    return method("unbind_notification", abi::NotificationMethod::unbind, ObjectType::notification, "notification");
}

Form invocation_form(const char* name, SystemCall number, ObjectType type) {
    return {.name = name, .number = number, .parameters = {capability("invoked", type)}};
}

Form receive_form(const char* name, SystemCall number) {
    return {.name = name,
            .number = number,
            .parameters = {capability("endpoint", ObjectType::endpoint), {.name = "reply", .role = Role::reply}}};
}

Form item_form(const char* name, SystemCall number) {
    return {.name = name,
            .number = number,
            .parameters = {
                capability("endpoint", ObjectType::endpoint),
                {.name = "item", .role = Role::capability, .target = Target::item_index},
                {.name = "kind",
                 .role = Role::choice,
                 .values = {static_cast<uint64_t>(abi::ItemKind::map), static_cast<uint64_t>(abi::ItemKind::grant)},
                 .target = Target::item_kind}}};
}

Form window_form(const char* name, SystemCall number) {
    Parameter table = capability("table", ObjectType::cap_table);
    table.target = Target::window_table;
    return {.name = name,
            .number = number,
            .parameters = {capability("endpoint", ObjectType::endpoint),
                           std::move(table),
                           {.name = "first", .role = Role::to, .of = 1, .target = Target::window_first}}};
}

Form yield_form() { return {.name = "yield", .number = SystemCall::yield}; }
Form fault_form() { return {.name = "fault", .number = SystemCall::yield, .way = Way::fault}; }
Form pass_form() { return {.name = "pass", .number = SystemCall::yield, .way = Way::passing}; }

}  // namespace selene::test
