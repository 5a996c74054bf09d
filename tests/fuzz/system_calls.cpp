// SPDX-License-Identifier: BSD-2-Clause
// Inputs as sequences of system calls, by the grammar of the interface description.
#include "abi/grammar.hpp"
#include "company.hpp"

namespace selene::fuzz {

namespace {

namespace grammar = abi::grammar;
using abi::ObjectType;
using abi::SystemCall;
using test::Message;
using test::Registers;

uint64_t number_for(Bytes& bytes, const grammar::Argument& argument) {
    const uint8_t kind = bytes.byte();
    if (kind >= 240) return bytes.likely_word();
    uint64_t word = argument.minimum;
    if (kind < 160) {
        word += kind % 80 * argument.alignment;
    } else if (kind < 200) {
        word = argument.maximum - (kind - 160);
    } else {
        word += uint64_t{1} << (kind - 200);
    }
    return kind < 230 ? word - word % argument.alignment : word;
}

uint64_t argument_for(Company& company, Bytes& bytes, const grammar::Argument& argument) {
    switch (argument.kind) {
    case grammar::ArgumentKind::capability:
        if (argument.object == ObjectType::empty)
            return company.slot_of(bytes, static_cast<ObjectType>(bytes.below(14)));
        return company.slot_of(bytes, argument.object);
    case grammar::ArgumentKind::index: return bytes.below(test::Strangers::slots + 2);
    case grammar::ArgumentKind::rights: return bytes.below(64);
    case grammar::ArgumentKind::address: return test::Board::data_address + bytes.below(32) * page_bytes;
    default: return number_for(bytes, argument);
    }
}

void invoke(Company& company, Bytes& bytes) {
    const grammar::Method& method = grammar::methods[bytes.below(std::size(grammar::methods))];
    Registers in;
    in.x0 = company.slot_of(bytes, method.object);
    in.tag = Message{.length = static_cast<unsigned>(method.arguments.size()), .label = method.number}.tag();
    for (size_t i = 0; i < method.arguments.size(); ++i)
        in.words[i] = argument_for(company, bytes, method.arguments[i]);
    company.enter(SystemCall::call, in);
}

/// Words, capabilities and a window for those that come.
Message message_from(Company& company, Bytes& bytes) {
    Message message{.length = static_cast<unsigned>(bytes.below(20)), .label = static_cast<uint32_t>(bytes.below(3))};
    for (uint64_t& word : message.words) word = message.length + 1;
    abi::IpcBuffer* const buffer = company.buffer();
    if (buffer == nullptr) return message;
    message.items = static_cast<unsigned>(bytes.below(abi::message_items + 1));
    for (unsigned i = 0; i < message.items; ++i) {
        const auto kind = static_cast<abi::ItemKind>(bytes.below(2));
        const uint64_t index = company.slot_of(bytes, static_cast<ObjectType>(bytes.below(14)));
        buffer->items[i] = abi::MessageItem::make(kind, index, bytes.below(64), bytes.below(3));
    }
    buffer->window = {company.slot_of(bytes, ObjectType::cap_table), bytes.below(test::Strangers::slots + 2),
                      bytes.below(5)};
    return message;
}

void communicate(Company& company, Bytes& bytes) {
    const auto number = static_cast<SystemCall>(bytes.below(abi::system_call_count));
    const bool notified = number == SystemCall::wait || number == SystemCall::poll || number == SystemCall::signal;
    const bool answers = number == SystemCall::send && bytes.below(2) == 0;
    const ObjectType object = notified ? ObjectType::notification : answers ? ObjectType::reply : ObjectType::endpoint;
    Registers in;
    in.x0 = company.slot_of(bytes, object);
    in.reply = bytes.below(4) == 0 ? abi::no_capability : company.slot_of(bytes, ObjectType::reply);
    const Message message = message_from(company, bytes);
    in.tag = message.tag();
    in.words = message.words;
    company.enter(number, in);
}

}  // namespace

Played play_system_calls(Input input) {
    Company company;
    Bytes bytes(input);
    while (bytes.more() && company.somebody_runs(bytes)) {
        const uint64_t choice = bytes.below(8);
        if (choice == 0) {
            company.happen(bytes);
        } else if (choice < 5) {
            invoke(company, bytes);
        } else {
            communicate(company, bytes);
        }
    }
    return company.played();
}

}  // namespace selene::fuzz
