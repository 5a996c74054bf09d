// SPDX-License-Identifier: BSD-2-Clause
// What is the same for every method of every object: the refusals before the method itself is asked.
#include "abi/grammar.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

using abi::grammar::ArgumentKind;
using abi::grammar::Method;

/// A capability with all rights to an object of a type.
uint64_t sample(World& world, ObjectType type) {
    switch (type) {
    case ObjectType::untyped: return world.make(type, 1);
    case ObjectType::cap_table: return world.make(type, 4);
    case ObjectType::frame: return world.make(type, 12);
    case ObjectType::sched_context: return world.make(type, 2);
    case ObjectType::interrupt_control: return static_cast<uint64_t>(BootSlot::interrupt_control);
    case ObjectType::schedule_control: return static_cast<uint64_t>(BootSlot::schedule_control);
    case ObjectType::power_control: return static_cast<uint64_t>(BootSlot::power_control);
    default: return world.make(type);
    }
}

Registers invoke(uint64_t self, const Message& message) { return talk(SystemCall::call, self, message); }

/// A message to a method whose arguments are as they must be, as far as that can be seen from outside.
Message well_formed(World& world, const Method& method) {
    Message message{.length = static_cast<unsigned>(method.arguments.size()), .label = method.number};
    for (size_t i = 0; i < method.arguments.size(); ++i) {
        const auto& argument = method.arguments[i];
        const bool any = argument.object == ObjectType::empty;
        message.words[i] = argument.kind == ArgumentKind::capability
                               ? sample(world, any ? ObjectType::endpoint : argument.object)
                               : argument.minimum;
    }
    return message;
}

}  // namespace

TEST_CASE("every object refuses methods that it does not have") {
    World world;
    for (unsigned number = 1; number <= static_cast<unsigned>(ObjectType::power_control); ++number) {
        const auto type = static_cast<ObjectType>(number);
        if (type == ObjectType::endpoint) continue;
        const uint64_t self = sample(world, type);
        for (const uint32_t method : {0U, 15U, 0xffff'ffffU})
            check_refused(world, {ErrorCode::unknown_method, number, method},
                          [&] { return invoke(self, {.label = method}); });
    }
}

TEST_CASE("every method refuses a message of another length") {
    World world;
    for (const Method& method : abi::grammar::methods) {
        const uint64_t self = sample(world, method.object);
        Message message = well_formed(world, method);
        for (const int change : {-1, 1}) {
            if (method.arguments.empty() && change < 0) continue;
            message.length = static_cast<unsigned>(method.arguments.size()) + static_cast<unsigned>(change);
            INFO(method.name);
            check_refused(world, {ErrorCode::wrong_length, message.length, method.arguments.size()},
                          [&] { return invoke(self, message); });
        }
    }
}

TEST_CASE("every method asks for its rights, and for those of each capability in its message") {
    World world;
    for (const Method& method : abi::grammar::methods) {
        INFO(method.name);
        const uint64_t self = sample(world, method.object);
        const uint64_t weak = world.derive(self, abi::RightsMask{});
        const Message message = well_formed(world, method);
        check_refused(world, {ErrorCode::missing_right, 0, method.rights.raw()}, [&] { return invoke(weak, message); });
        for (size_t i = 0; i < method.arguments.size(); ++i) {
            const auto& argument = method.arguments[i];
            if (argument.kind != ArgumentKind::capability || argument.rights.raw() == 0) continue;
            Message weaker = message;
            weaker.words[i] = world.derive(message.words[i], abi::RightsMask{});
            check_refused(world, {ErrorCode::missing_right, i + 1, argument.rights.raw()},
                          [&] { return invoke(self, weaker); });
        }
    }
}

TEST_CASE("every method refuses capabilities that are not there or of another type") {
    World world;
    const uint64_t free = world.take_slot();
    const uint64_t beyond = world.table().count();
    for (const Method& method : abi::grammar::methods) {
        INFO(method.name);
        const uint64_t self = sample(world, method.object);
        const Message message = well_formed(world, method);
        for (size_t i = 0; i < method.arguments.size(); ++i) {
            const auto& argument = method.arguments[i];
            if (argument.kind != ArgumentKind::capability) continue;
            const auto with = [&](uint64_t index) {
                Message changed = message;
                changed.words[i] = index;
                return [=] { return invoke(self, changed); };
            };
            check_refused(world, {ErrorCode::empty_slot, i + 1, free}, with(free));
            check_refused(world, {ErrorCode::index_out_of_range, i + 1, beyond}, with(beyond));
            if (argument.object == ObjectType::empty) continue;
            const ObjectType other =
                argument.object == ObjectType::reply ? ObjectType::notification : ObjectType::reply;
            check_refused(world, {ErrorCode::wrong_type, i + 1, static_cast<uint64_t>(other)},
                          with(sample(world, other)));
        }
    }
}

TEST_CASE("every method refuses numbers beyond their limits") {
    World world;
    for (const Method& method : abi::grammar::methods) {
        INFO(method.name);
        const uint64_t self = sample(world, method.object);
        const Message message = well_formed(world, method);
        for (size_t i = 0; i < method.arguments.size(); ++i) {
            const auto& argument = method.arguments[i];
            if (argument.kind == ArgumentKind::capability) continue;
            const auto refuses = [&](uint64_t value, uint64_t limit) {
                Message changed = message;
                changed.words[i] = value;
                check_refused(world, {ErrorCode::argument_out_of_range, i + 1, limit},
                              [&] { return invoke(self, changed); });
            };
            if (argument.maximum != ~uint64_t{0}) refuses(argument.maximum + argument.alignment, argument.maximum);
            if (argument.minimum != 0) refuses(argument.minimum - argument.alignment, argument.minimum);
        }
    }
}

TEST_CASE("a range whose caller says that it is done is left alone") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 4);
    const uint64_t frame = world.make(ObjectType::frame, 12);
    const uint64_t free = world.take_slots(2);
    constexpr auto own = static_cast<uint64_t>(BootSlot::table);
    constexpr auto space = static_cast<uint64_t>(BootSlot::space);
    constexpr uint64_t address = uint64_t{7} << 30;
    const auto type = static_cast<uint64_t>(ObjectType::endpoint);
    const struct {
        uint64_t self;
        uint32_t method;
        unsigned length;
        unsigned count;  ///< the number of the word that says how many
        std::array<uint64_t, abi::register_words> words;
    } calls[] = {
        {untyped, static_cast<uint32_t>(abi::UntypedMethod::retype), 5, 2, {type, 0, 0, own, free}},
        {own, static_cast<uint32_t>(abi::CapTableMethod::map), 6, 3, {free, own, untyped, 0, abi::all_rights, 0}},
        {own, static_cast<uint32_t>(abi::CapTableMethod::grant), 4, 3, {free, own, untyped, 0}},
        {own, static_cast<uint32_t>(abi::CapTableMethod::unmap), 3, 1, {untyped, 0, 1}},
        {space, static_cast<uint32_t>(abi::AddressSpaceMethod::map), 6, 2, {own, frame, 0, address, 1, 0}},
        {space, static_cast<uint32_t>(abi::AddressSpaceMethod::unmap), 3, 2, {own, frame, 0}},
        {space, static_cast<uint32_t>(abi::AddressSpaceMethod::protect), 4, 2, {own, frame, 0, 1}},
    };
    for (const auto& [self, method, length, place, words] : calls) {
        for (const uint64_t count : {1U, 2U}) {
            for (const uint64_t progress : {count, count + 1, ~uint64_t{0}}) {
                CAPTURE(self, method, count, progress);
                Message message{.words = words, .length = length, .label = method};
                message.words[place] = count;
                message.words[abi::register_words - 1] = progress;
                const World::Snapshot before = world.snapshot();
                const Registers out = invoke(self, message);
                CHECK(!error_of(out).has_value());
                CHECK(out.words[0] == count);
                CHECK((world.snapshot() == before));
            }
        }
    }
}

}  // namespace selene::test
