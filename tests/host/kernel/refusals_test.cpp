// SPDX-License-Identifier: BSD-2-Clause
// Every refusal that the interface description names is met, and changes nothing.
#include <algorithm>
#include <set>

#include "abi/grammar.hpp"
#include "refusals.hpp"

namespace selene::test {

// --- Scenes --------------------------------------------------------------------------------------------------

void Scene::refuse(const std::function<Registers()>& action) {
    const Thread* caller = world.running();
    const World::Snapshot before = world.snapshot();
    error_ = error_of(action());
    CHECK(world.running() == caller);
    CHECK((world.snapshot() == before));
}

void Scene::refuse_while_unmapping(uint64_t root, const std::function<Registers()>& action) {
    const Actor other = world.spawn();
    world.before_repeat = [&] {
        if (error_) return;
        machine::simulated().preempt_every = 0;
        world.run(other);
        refuse(action);
        back(world);
        machine::simulated().preempt_every = 1;
    };
    machine::simulated().preempt_every = 1;
    destroy(root);
    world.before_repeat = nullptr;
}

uint64_t Scene::deepest(uint64_t source) {
    while (world.slot(source).depth() < abi::derivation_depth) source = world.derive(source, every_right);
    return source;
}

uint64_t Scene::device_frame() {
    const uint64_t slot = world.take_slot();
    REQUIRE(cap<stub::Untyped>(device_untyped())
                .retype({.type = ObjectType::frame, .size = 12, .count = 1, .table = own_table(), .first = slot})
                .has_value());
    return slot;
}

uint64_t Scene::mapped_frame(uint64_t address) {
    const auto space = cap<stub::AddressSpace>(BootSlot::space);
    for (unsigned level = 2; level <= 3; ++level)
        REQUIRE(space.map_table(cap<stub::PageTable>(make(ObjectType::page_table)), address) == level);
    const uint64_t frame = make(ObjectType::frame, 12);
    REQUIRE(space.map({.frames = own_table(),
                       .first = frame,
                       .count = 1,
                       .address = address,
                       .rights = Right::read | Right::write,
                       .kind = abi::MemoryKind::normal}) == 1);
    return frame;
}

namespace {

namespace grammar = abi::grammar;
using grammar::ArgumentKind;
using grammar::Method;

std::vector<MethodRefusal> all_of_methods() {
    std::vector<MethodRefusal> all;
    for (const auto& some : {refusals_of_capabilities(), refusals_of_spaces(), refusals_of_threads()})
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

/// What the decoder refuses by itself; method_test.cpp meets these for each argument.
bool is_decoders(const Method& method, ErrorCode code) {
    return std::ranges::any_of(method.arguments, [&](const grammar::Argument& argument) {
        const bool capability = argument.kind == ArgumentKind::capability;
        switch (code) {
        case ErrorCode::wrong_type: return capability && argument.object != ObjectType::empty;
        case ErrorCode::argument_out_of_range:
            return !capability && (argument.minimum != 0 || argument.maximum != ~uint64_t{0});
        case ErrorCode::misaligned: return argument.alignment > 1;
        default: return false;
        }
    });
}

/// Another thread acts, whose task has this table or none.
Actor act_with(Scene& scene, std::optional<uint64_t> table) {
    const Actor actor = scene.world.spawn({.started = false});
    const auto task = cap<stub::Task>(actor.task);
    REQUIRE(task.remove(abi::TaskSlot::table).has_value());
    if (table) REQUIRE(task.install(abi::TaskSlot::table, cap<stub::Capability>(*table)).has_value());
    scene.world.start(actor);
    scene.world.run(actor);
    return actor;
}

struct CommonRefusal {
    ErrorCode code;
    void (*provoke)(Scene& scene);
};
constexpr CommonRefusal common_refusals[] = {
    {ErrorCode::empty_slot, [](Scene& s) { s.refuse([slot = s.empty()] { return call(slot); }); }},
    {ErrorCode::index_out_of_range,
     [](Scene& s) { s.refuse([beyond = s.world.table().count()] { return call(beyond); }); }},
    {ErrorCode::missing_right,
     [](Scene& s) {
         const uint64_t weak = s.world.derive(own_slot, Right::read);
         s.refuse([=] { return invoke(weak, abi::CapTableMethod::unmap, {own_slot, 1, 1}); });
     }},
    {ErrorCode::unknown_method, [](Scene& s) { s.refuse([] { return call(own_slot); }); }},
    {ErrorCode::wrong_length,
     [](Scene& s) { s.refuse([] { return invoke(own_slot, abi::CapTableMethod::unmap, {}); }); }},
    {ErrorCode::invalid_tag,
     [](Scene& s) {
         s.refuse([] {
             return sel::simulated_system_call(SystemCall::call,
                                               {.x0 = own_slot, .tag = Tag(abi::Tag::error_mask), .words = {}});
         });
     }},
    {ErrorCode::no_space,
     [](Scene& s) {
         act_with(s, std::nullopt);
         s.refuse([] { return call(own_slot); });
     }},
    {ErrorCode::too_many_links,
     [](Scene& s) {
         // A table that leads to itself, bit by bit.
         constexpr uint64_t guard_of_one_bit = 1;
         const uint64_t table = s.make(ObjectType::cap_table, 2);
         REQUIRE(cap<stub::CapTable>(table)
                     .map({.first = 0,
                           .source = own_table(),
                           .source_first = table,
                           .count = 1,
                           .rights = every_right,
                           .badge = 0})
                     .has_value());
         act_with(s, s.world.derive(table, every_right, guard_of_one_bit));
         s.refuse([] { return call(0); });
     }},
};

void check_met(const Scene& scene, ErrorCode code) {
    REQUIRE(scene.error().has_value());
    CHECK(*scene.error() == sel::Error(code, scene.error()->details[0], scene.error()->details[1]));
}

}  // namespace

TEST_CASE("each refusal of a method is met, and changes nothing") {
    for (const MethodRefusal& refusal : all_of_methods()) {
        INFO(abi::name_of(refusal.object) << ", method " << refusal.method << ": " << abi::name_of(refusal.code));
        Scene scene;
        refusal.provoke(scene);
        check_met(scene, refusal.code);
    }
}

TEST_CASE("each refusal of a system call is met, and changes nothing") {
    for (const CallRefusal& refusal : refusals_of_messages()) {
        INFO(abi::name_of(refusal.call) << ": " << abi::name_of(refusal.code));
        Scene scene;
        refusal.provoke(scene);
        check_met(scene, refusal.code);
    }
}

TEST_CASE("each refusal that every method may meet is met, and changes nothing") {
    for (const CommonRefusal& refusal : common_refusals) {
        INFO(abi::name_of(refusal.code));
        Scene scene;
        refusal.provoke(scene);
        check_met(scene, refusal.code);
    }
}

TEST_CASE("no refusal that the interface description names is missing here") {
    std::string missing;
    std::set<ErrorCode> met;
    const auto miss = [&](std::string_view of, std::string_view name, ErrorCode code) {
        missing += std::string(of) + "." + std::string(name) + ": " + std::string(abi::name_of(code)) + "\n";
    };
    for (const ErrorCode code : grammar::common_errors) {
        met.insert(code);
        if (std::ranges::find(common_refusals, code, &CommonRefusal::code) == std::end(common_refusals))
            miss("every method", "at all", code);
    }
    const auto methods = all_of_methods();
    for (const Method& method : grammar::methods) {
        for (const ErrorCode code : method.errors) {
            met.insert(code);
            const bool here = std::ranges::any_of(methods, [&](const MethodRefusal& refusal) {
                return refusal.object == method.object && refusal.method == method.number && refusal.code == code;
            });
            if (!here && !is_decoders(method, code)) miss(abi::name_of(method.object), method.name, code);
        }
    }
    for (const grammar::Call& call : grammar::system_calls) {
        for (const ErrorCode code : call.errors) {
            met.insert(code);
            const bool here = std::ranges::any_of(refusals_of_messages(), [&](const CallRefusal& refusal) {
                return refusal.call == call.number && refusal.code == code;
            });
            if (!here) miss("system call", abi::name_of(call.number), code);
        }
    }
    for (unsigned number = 1; abi::name_of(static_cast<ErrorCode>(number)) != "unknown"; ++number) {
        const auto code = static_cast<ErrorCode>(number);
        if (!met.contains(code)) miss("nothing", "at all", code);
    }
    CHECK(missing == "");
}

TEST_CASE("nothing is refused in a way that the interface description does not name") {
    for (const MethodRefusal& refusal : all_of_methods()) {
        const Method* method = grammar::find(refusal.object, refusal.method);
        INFO(abi::name_of(refusal.object) << ", method " << refusal.method << ": " << abi::name_of(refusal.code));
        REQUIRE(method != nullptr);
        const bool common = std::ranges::find(grammar::common_errors, refusal.code) != std::end(grammar::common_errors);
        CHECK((common || std::ranges::find(method->errors, refusal.code) != method->errors.end()));
    }
}

}  // namespace selene::test
