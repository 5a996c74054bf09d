// SPDX-License-Identifier: BSD-2-Clause
// Stub, then decode, is the identity for every method; what is out of range, of the wrong type or too weak is refused.

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <random>

#include "abi/grammar.hpp"
#include "abi/names.hpp"
#include "sel/system_call.hpp"
#include "simulated_kernel.hpp"

namespace {

using namespace selene;
using abi::ErrorCode;
using abi::ObjectType;
using abi::grammar::Argument;
using abi::grammar::ArgumentKind;
using abi::grammar::Method;
using sel::Error;
using Words = std::vector<uint64_t>;

constexpr int rounds = 500;

/// A user who calls methods at random.
class Caller {
public:
    explicit Caller(const Method& method) : method_(method) {
        kernel = {.invoked_type = method.object};
        for ([[maybe_unused]] const auto& result : method.results) kernel.results.push_back(result_word(result));
    }

    uint64_t number(uint64_t minimum, uint64_t maximum) {
        // A limit now and then: that is where mistakes are.
        switch (std::uniform_int_distribution(0, 7)(random_)) {
        case 0: return minimum;
        case 1: return maximum;
        default: return std::uniform_int_distribution<uint64_t>(minimum, maximum)(random_);
        }
    }

    /// A word that the argument takes; if it is a capability, one that is there and strong enough.
    uint64_t word(const Argument& argument) {
        if (argument.kind != ArgumentKind::capability) {
            return number(argument.minimum, argument.maximum) / argument.alignment * argument.alignment;
        }
        if (argument.optional && number(0, 3) == 0) return abi::no_capability;
        const uint64_t index = number(0, abi::no_capability - 1);
        const auto any = static_cast<ObjectType>(number(1, abi::object_type_count - 1));
        const auto rights = Rights::from_mask(argument.rights.raw() | number(0, abi::all_rights));
        if (kernel.table.contains(index)) return word(argument);
        kernel.hold(index, argument.object == ObjectType::empty ? any : argument.object, rights);
        return index;
    }

    Words words() {
        kernel.table.clear();
        Words result;
        for (const Argument& argument : method_.arguments) result.push_back(word(argument));
        return result;
    }

private:
    uint64_t result_word(const abi::grammar::Result& result) {
        switch (result.kind) {
        case ArgumentKind::priority: return number(0, abi::priorities - 1);
        case ArgumentKind::rights: return number(0, abi::all_rights);
        case ArgumentKind::enumeration:
        case ArgumentKind::object_type: return number(0, 1);
        default: return number(0, ~uint64_t{0});
        }
    }

    const Method& method_;
    std::mt19937_64 random_{Catch::getSeed()};
};

std::string full_name(const Method& method) {
    return std::string(name_of(method.object)) + "_" + std::string(method.name);
}

/// A call with words as they are, past libsel's types; empty if the kernel obeyed.
std::optional<Error> call(uint32_t method, const Words& words) {
    sel::Registers in{.x0 = 1, .tag = abi::Tag().with_label(method).with_length(static_cast<uint32_t>(words.size()))};
    std::ranges::copy(words, in.words.begin());
    const sel::Registers out = sel::system_call<abi::SystemCall::call>(in);
    if (!out.tag.error()) return std::nullopt;
    return Error{static_cast<ErrorCode>(out.x0), out.words[0], out.words[1], out.words[2]};
}

/// Refused with this error, without a trace of the method.
void require_refused(const Method& method, const Words& words, const Error& expected) {
    CAPTURE(full_name(method), words, expected.details);
    const std::optional<Error> error = call(method.number, words);
    REQUIRE(error.has_value());
    CHECK(name_of(static_cast<ErrorCode>(error->code)) == name_of(static_cast<ErrorCode>(expected.code)));
    CHECK(*error == expected);
    CHECK(!kernel.seen.has_value());
}

/// The word of one argument that counts from 1, replaced.
Words with(Words words, uint64_t argument, uint64_t word) {
    words.at(argument - 1) = word;
    return words;
}

}  // namespace

TEST_CASE("every method has a stub") {
    REQUIRE(stub_calls.size() == std::size(abi::grammar::methods));
    for (size_t place = 0; const Method& method : abi::grammar::methods) {
        CHECK(stub_calls[place].object == method.object);
        CHECK(stub_calls[place].number == method.number);
        CHECK(abi::grammar::find(method.object, method.number) == &method);
        ++place;
    }
}

TEST_CASE("what goes into a stub comes out of the decoder, and results come back") {
    for (const StubCall& stub : stub_calls) {
        const Method& method = *abi::grammar::find(stub.object, stub.number);
        Caller caller(method);
        for (int round = 0; round < rounds; ++round) {
            const Words words = caller.words();
            const auto result = stub.call(words);
            CAPTURE(full_name(method), words);
            REQUIRE(kernel.seen == SeenCall{full_name(method), words});
            REQUIRE(result.has_value());
            CHECK(*result == kernel.results);
            CHECK(kernel.given_results == method.results.size());
        }
    }
}

TEST_CASE("an error of the method itself comes back with its details") {
    for (const StubCall& stub : stub_calls) {
        const Method& method = *abi::grammar::find(stub.object, stub.number);
        Caller caller(method);
        kernel.error = ErrorCode::closing;
        kernel.refusal = {3, 77, 5};
        const auto result = stub.call(caller.words());
        CAPTURE(full_name(method));
        REQUIRE(kernel.seen.has_value());
        REQUIRE(!result.has_value());
        CHECK(result.error() == sel::Error(ErrorCode::closing, 3, 77, 5));
    }
}

TEST_CASE("the words of an argument end at its limits") {
    for (const Method& method : abi::grammar::methods) {
        Caller caller(method);
        for (uint64_t number = 1; const Argument& argument : method.arguments) {
            const Words words = caller.words();
            if (argument.kind != ArgumentKind::capability) {
                CHECK(!call(method.number, with(words, number, argument.minimum)));
                CHECK(!call(method.number,
                            with(words, number, argument.maximum / argument.alignment * argument.alignment)));
            }
            for (int round = 0; round < rounds; ++round) {
                if (argument.minimum > 0) {
                    const uint64_t below = caller.number(0, argument.minimum - 1);
                    require_refused(method, with(words, number, below),
                                    {ErrorCode::argument_out_of_range, number, argument.minimum});
                }
                if (argument.kind != ArgumentKind::capability && argument.maximum < ~uint64_t{0}) {
                    const uint64_t above = caller.number(argument.maximum + 1, ~uint64_t{0});
                    require_refused(method, with(words, number, above),
                                    {ErrorCode::argument_out_of_range, number, argument.maximum});
                }
                if (argument.alignment > 1) {
                    const uint64_t crooked = words[number - 1] + caller.number(1, argument.alignment - 1);
                    if (crooked > argument.maximum) continue;
                    require_refused(method, with(words, number, crooked),
                                    {ErrorCode::misaligned, number, argument.alignment});
                }
            }
            ++number;
        }
    }
}

TEST_CASE("a capability argument must be there, of the type, with the rights") {
    for (const Method& method : abi::grammar::methods) {
        Caller caller(method);
        for (uint64_t number = 1; const Argument& argument : method.arguments) {
            if (argument.kind == ArgumentKind::capability) {
                Words words = caller.words();
                while (words[number - 1] == abi::no_capability) words = caller.words();
                const uint64_t index = words[number - 1];
                const Rights needed = Rights::from_mask(argument.rights.raw());
                for (unsigned type = 1; type < abi::object_type_count; ++type) {
                    if (argument.object == ObjectType::empty || type == static_cast<unsigned>(argument.object))
                        continue;
                    kernel.hold(index, static_cast<ObjectType>(type), rights::all);
                    require_refused(method, words, {ErrorCode::wrong_type, number, type});
                }
                const ObjectType type = argument.object == ObjectType::empty ? ObjectType::task : argument.object;
                for (uint64_t mask = 0; mask <= abi::all_rights; ++mask) {
                    const Rights held = Rights::from_mask(mask);
                    if (held.include(needed)) continue;
                    kernel.hold(index, type, held);
                    require_refused(method, words, {ErrorCode::missing_right, number, (needed - held).mask()});
                }
                kernel.table.erase(index);
                require_refused(method, words, {ErrorCode::empty_slot, number, index});
            }
            ++number;
        }
    }
}

TEST_CASE("the invoked capability must have the rights of the method") {
    for (const Method& method : abi::grammar::methods) {
        Caller caller(method);
        const Words words = caller.words();
        const Rights needed = Rights::from_mask(method.rights.raw());
        for (uint64_t mask = 0; mask <= abi::all_rights; ++mask) {
            kernel.invoked_rights = Rights::from_mask(mask);
            if (kernel.invoked_rights.include(needed)) {
                CHECK(!call(method.number, words));
            } else {
                const uint64_t lacking = (needed - kernel.invoked_rights).mask();
                require_refused(method, words, {ErrorCode::missing_right, 0, lacking});
            }
        }
    }
}

TEST_CASE("a message has exactly the words of the method") {
    for (const Method& method : abi::grammar::methods) {
        Caller caller(method);
        for (uint64_t length = 0; length <= abi::register_words; ++length) {
            if (length == method.arguments.size()) continue;
            Words words = caller.words();
            words.resize(length);
            require_refused(method, words, {ErrorCode::wrong_length, length, method.arguments.size()});
        }
    }
}

TEST_CASE("numbers that name no method are refused for every type of object") {
    for (unsigned type = 0; type < abi::object_type_count; ++type) {
        kernel = {.invoked_type = static_cast<ObjectType>(type), .invoked_rights = rights::none};
        for (uint32_t number = 0; number < 1000; ++number) {
            const uint32_t method = number < 500 ? number : ~number;
            if (abi::grammar::find(kernel.invoked_type, method) != nullptr) continue;
            CHECK(call(method, {}) == Error{ErrorCode::unknown_method, type, method});
        }
    }
}

TEST_CASE("the first wrong argument is the one that is named, after length and rights") {
    for (const Method& method : abi::grammar::methods) {
        Caller caller(method);
        const Words words(method.arguments.size(), ~uint64_t{0});
        for (uint64_t number = 1; const Argument& argument : method.arguments) {
            const bool bad =
                argument.kind == ArgumentKind::capability ? !argument.optional : argument.maximum < ~uint64_t{0};
            if (bad) {
                const std::optional<Error> error = call(method.number, words);
                REQUIRE(error.has_value());
                CHECK(error->details[0] == number);
                break;
            }
            ++number;
        }
        if (method.rights == abi::RightsMask()) continue;
        kernel.invoked_rights = rights::none;
        require_refused(method, words, {ErrorCode::missing_right, 0, method.rights.raw()});
        require_refused(method, Words(abi::register_words, 0),
                        method.arguments.size() == abi::register_words
                            ? Error{ErrorCode::missing_right, 0, method.rights.raw()}
                            : Error{ErrorCode::wrong_length, abi::register_words, method.arguments.size()});
    }
}
