// SPDX-License-Identifier: BSD-2-Clause
// Which arguments are tried.
#include "enumeration.hpp"

#include "object/cap_table.hpp"
#include "object/untyped.hpp"

namespace selene::test {

namespace {

uint8_t small(uint64_t index) { return static_cast<uint8_t>(index); }

}  // namespace

const std::vector<Operation>& Enumeration::all() {
    const std::vector<Form>& forms = stage_.description().forms;
    for (size_t i = 0; i < forms.size(); ++i) {
        form_ = &forms[i];
        if (stage_.only_waits(caller_) && form_->way != Way::passing) continue;
        operation_ = {.form = small(i)};
        choose(0, true, false);
    }
    return found_;
}

void Enumeration::take(size_t number, uint8_t argument, bool plain, bool refused) {
    operation_.arguments[number] = argument;
    choose(number + 1, plain, refused);
    operation_.arguments[number] = 0;
}

void Enumeration::choose(size_t number, bool plain, bool refused) {
    if (number == form_->parameters.size()) return found_.push_back(operation_);
    const Candidates tried = candidates(number);
    if (refused) {
        const uint8_t any = !tried.good.empty() ? tried.good[0] : !tried.bad.empty() ? tried.bad[0] : uint8_t{0};
        return take(number, any, false, true);
    }
    bool first = plain;
    for (const uint8_t argument : tried.good) {
        take(number, argument, first, false);
        first = false;
    }
    if (!plain) return;
    for (const uint8_t argument : tried.bad) take(number, argument, false, true);
}

Enumeration::Candidates Enumeration::candidates(size_t number) const {
    const Parameter& parameter = form_->parameters[number];
    switch (parameter.role) {
    case Role::capability: {
        Candidates found = capabilities(parameter);
        // What is invoked decides which method a number means: one of another type would be another form.
        if (number == 0 && form_->label != 0 && form_->number == abi::SystemCall::call) keep_empty(found.bad);
        return found;
    }
    case Role::reply: {
        Candidates found = capabilities({.name = "", .role = Role::capability, .type = abi::ObjectType::reply});
        found.good.push_back(no_reply_argument);
        return found;
    }
    case Role::to:
    case Role::from: return slots_of(parameter);
    case Role::choice: {
        Candidates found;
        for (size_t i = 0; i < parameter.values.size(); ++i) found.good.push_back(small(i));
        return found;
    }
    case Role::follows: return {.good = {0}, .bad = {}};
    }
    __builtin_unreachable();
}

void Enumeration::keep_empty(std::vector<uint8_t>& slots) const {
    const Task* task = caller_.task;
    std::erase_if(slots,
                  [&](uint8_t slot) { return task != nullptr && slot < task->count && !task->table[slot].empty(); });
}

std::vector<uint8_t> Enumeration::empties(CapTable& table) const {
    std::vector<uint8_t> found;
    bool nameless = false;
    for (uint64_t i = 0; i < table.count(); ++i) {
        if (!table.slots()[i].empty()) continue;
        const bool alike = &table == stage_.interchangeable() && (named_ >> i & 1) == 0;
        if (alike && nameless) continue;
        nameless = nameless || alike;
        found.push_back(small(i));
    }
    return found;
}

bool Enumeration::is_spent(const Slot& slot) const {
    const uint64_t limit = stage_.description().untyped_limit;
    return limit != 0 && slot.type() == CapType::untyped && slot.has_children() && Untyped(slot).watermark() >= limit;
}

Enumeration::Candidates Enumeration::capabilities(const Parameter& parameter) const {
    Candidates found;
    const Task* task = caller_.task;
    bool empty = false;
    bool other = false;
    for (uint64_t i = 0; task != nullptr && i < task->count; ++i) {
        const Slot& slot = task->table[i];
        if (slot.empty()) {
            if (!empty) found.bad.push_back(small(i));
            empty = true;
        } else if (parameter.type == abi::ObjectType::empty || slot.type() == cap_type(parameter.type)) {
            if (!is_spent(slot)) found.good.push_back(small(i));
        } else {
            if (!other) found.bad.push_back(small(i));
            other = true;
        }
    }
    if (found.good.empty() && found.bad.empty()) found.bad.push_back(0);
    return found;
}

Enumeration::Candidates Enumeration::slots_of(const Parameter& parameter) const {
    const uint64_t named = operation_.arguments[parameter.of];
    const Task* task = caller_.task;
    if (task == nullptr || named >= task->count || task->table[named].type() != CapType::cap_table) return {};
    auto& table = *task->table[named].object<CapTable>();
    std::vector<uint8_t> empty = empties(table);
    std::vector<uint8_t> wanted;
    std::vector<uint8_t> others;
    for (uint64_t i = 0; i < table.count(); ++i) {
        const Slot& slot = table.slots()[i];
        if (slot.empty()) continue;
        const bool good = parameter.type == abi::ObjectType::empty || slot.type() == cap_type(parameter.type);
        (good ? wanted : others).push_back(small(i));
    }
    Candidates found;
    const auto add_first = [&](const std::vector<uint8_t>& of) {
        if (!of.empty()) found.bad.push_back(of[0]);
    };
    add_first(parameter.role == Role::to ? wanted : empty);
    add_first(others);
    found.good.swap(parameter.role == Role::to ? empty : wanted);
    found.bad.push_back(small(table.count()));
    return found;
}

}  // namespace selene::test
