// SPDX-License-Identifier: BSD-2-Clause
// Doing operations on both sides, and comparing.
#include "lock_step.hpp"

#include <algorithm>
#include <sstream>

#include "abi/grammar.hpp"
#include "kernel_state.hpp"
#include "talk.hpp"

namespace selene::model {

namespace {

using Kind = Operation::Kind;
using test::cap;
using test::own_table;
namespace stub = sel::stub;

constexpr uint64_t playground_slots = 34;
constexpr uint64_t playground_pages = 46;
constexpr unsigned turns = 8;
constexpr uint64_t refusals_between_snapshots = 200;
constexpr uint64_t most_items = 100;
constexpr auto grant_method = static_cast<uint32_t>(abi::CapTableMethod::grant);
constexpr auto unmap_method = static_cast<uint32_t>(abi::CapTableMethod::unmap);
constexpr uint64_t second_pages = 24;
constexpr uint64_t large_pages = 1024;
constexpr uint64_t device_pages = (uint64_t{1} << 18) + 3;
constexpr uint64_t seconds_in_longest_period = 3600;

Outcome outcome_of(const sel::Registers& out) {
    if (!out.tag.error()) return {};
    return {out.x0, out.words[0], out.words[1], out.words[2]};
}

/// Whether the interface says that a method may be refused like this.
bool is_described(ObjectType type, uint32_t number, uint64_t code) {
    const auto error = static_cast<ErrorCode>(code);
    if (std::ranges::find(abi::grammar::common_errors, error) != std::end(abi::grammar::common_errors)) return true;
    const abi::grammar::Method* method = abi::grammar::find(type, number);
    return method != nullptr && std::ranges::find(method->errors, error) != method->errors.end();
}

}  // namespace

// --- The beginning -------------------------------------------------------------------------------------------

LockStep::LockStep(Setting setting)
    : setting_(std::move(setting)),
      receiver_(world_.spawn()),
      endpoint_(world_.make(ObjectType::endpoint)),
      playground_{.first = world_.table().count() - playground_slots, .slots = world_.table().count(), .hidden = {}} {
    make_playground();
    make_second_actor();
    // So that there are more spaces than hardware tags, and each turn takes one away.
    const test::Actor bystanders[] = {world_.spawn(), world_.spawn()};
    playground_.hidden = {receiver_.task,    receiver_.space,  receiver_.thread,
                          receiver_.context, receiver_.buffer, endpoint_};
    for (const test::Actor& it : bystanders)
        playground_.hidden.insert(playground_.hidden.end(), {it.task, it.space, it.thread, it.context, it.buffer});
    copy(world_.kernel(), model_);
    const auto thread = [&](const selene::Thread& object) {
        return model_.object_at(ObjectType::thread, machine::physical(&object).value());
    };
    actors_ = {.threads = {thread(world_.first()), thread(*second_.object)}, .receiver = thread(*receiver_.object)};
    model_.limits = {.lines = machine::interrupt_lines(),
                     .timer_line = machine::timer_line(),
                     .minimum_budget = world_.kernel().minimum_budget,
                     .longest_period = machine::timer_frequency() * seconds_in_longest_period,
                     .user_flags = machine::user_pstate_with_flags(~uint64_t{0})};
    for (Object* actor : {actors_.threads[0], actors_.threads[1], actors_.receiver}) actor->thread.acts = true;
    facts_ = facts_of(world_.kernel());
    if (const auto difference = facts_.difference(facts_of(model_), "the kernel", "its copy"))
        throw std::logic_error(*difference);
    machine::simulated().preempt_every = setting_.preemption == Preemption::at_every_poll ? 1 : 0;
}

/// Some memory, a piece for a large frame, device memory for a huge one; and a few objects, so that none is rare.
void LockStep::make_playground() {
    const auto make = [&](uint64_t from, ObjectType type, uint64_t size, uint64_t count, uint64_t to) {
        const auto made = cap<stub::Untyped>(from).retype(
            {.type = type, .size = size, .count = count, .table = own_table(), .first = to});
        REQUIRE(made.has_value());
    };
    const auto retype = [&](uint64_t from, uint64_t size, uint64_t to) {
        make(from, ObjectType::untyped, size, 1, to);
    };
    const uint64_t device = world_.info().untypeds[world_.info().untyped_count - 1].slot;
    const uint64_t memory = world_.memory().index().raw();
    retype(memory, playground_pages, playground_.first);
    retype(memory, large_pages, playground_.first + 1);
    retype(device, device_pages, playground_.first + 2);
    constexpr struct {
        ObjectType type;
        uint64_t size;
        uint64_t count;
    } objects[] = {{ObjectType::interrupt_handler, 0, 2},
                   {ObjectType::notification, 0, 1},
                   {ObjectType::thread, 0, 1},
                   {ObjectType::task, 0, 1},
                   {ObjectType::sched_context, 3, 1},
                   {ObjectType::address_space, 0, 1},
                   {ObjectType::page_table, 0, 2},
                   {ObjectType::frame, 12, 2}};
    uint64_t to = playground_.first + 3;
    for (const auto& [type, size, count] : objects) {
        make(playground_.first, type, size, count, to);
        to += count;
    }
}

/// It is made of what is played with, so that it can end itself with its own ancestors. It finds what it has in a table
/// of eight slots, whose guard and radix take five bits of an index.
void LockStep::make_second_actor() {
    constexpr uint64_t slots = 8;
    constexpr uint64_t guard = (uint64_t{2} << 6) + 2;
    constexpr uint64_t guard_of_rest = 56;
    second_ = world_.spawn({.memory = playground_.first});
    const uint64_t table = world_.make(ObjectType::cap_table, slots, playground_.first);
    const uint64_t guarded = world_.derive(table, test::every_right, guard);
    const auto task = cap<stub::Task>(second_.task);
    REQUIRE(task.remove(abi::TaskSlot::table).has_value());
    REQUIRE(task.install(abi::TaskSlot::table, cap<stub::Capability>(guarded)).has_value());
    const auto map = [&](uint64_t source, uint64_t to, uint64_t badge) {
        REQUIRE(cap<stub::CapTable>(table)
                    .map({.first = to,
                          .source = own_table(),
                          .source_first = source,
                          .count = 1,
                          .rights = test::every_right,
                          .badge = badge})
                    .has_value());
    };
    map(world_.make(ObjectType::untyped, second_pages), 0, 0);
    // Its own table, so that tables in it can be named: the guard takes all bits that are left but those of the radix.
    map(table, 1, guard_of_rest);
    map(table, 2, 0);
    map(own_table_, 3, 0);
}

// --- Operations ----------------------------------------------------------------------------------------------

bool LockStep::let_act(unsigned actor) {
    if (!can_act(actor)) return false;
    selene::Thread& thread = actor == 0 ? world_.first() : *second_.object;
    const bool ready = thread.state() == ThreadState::ready || thread.state() == ThreadState::running;
    if (!ready || thread.stopped()) throw machine::Panic("the model believes that a thread can run");
    world_.run(thread);
    return true;
}

bool LockStep::has_table(unsigned actor) const {
    const Object* thread = actors_.threads[actor];
    return thread != nullptr && !look_up(model_, *thread, 0, 0).outcome.refused_as(ErrorCode::no_space);
}

Outcome LockStep::invoke(const Operation& o) {
    sel::Registers in;
    in.x0 = o.self;
    in.tag = abi::Tag(o.tag_bits).with_length(static_cast<uint32_t>(o.words.size())).with_label(o.method);
    for (size_t i = 0; i < o.words.size(); ++i) in.words[i] = o.words[i];
    in.words[abi::register_words - 1] = o.progress;
    const sel::Registers out = sel::simulated_system_call(abi::SystemCall::call, in);
    last_words_.assign(out.words.begin(), out.words.begin() + (out.tag.error() ? 0 : out.tag.length()));
    if (out.tag.error()) return outcome_of(out);
    return Outcome::with(out.tag.length() > 0 ? out.words[0] : 0);
}

Outcome LockStep::deliver(const Operation& o) {
    test::buffer_of(receiver_).window = {o.self, o.words.at(0), o.words.at(1)};
    test::as(world_, receiver_, [&] { return test::receive(endpoint_); });
    if (world_.running() == receiver_.object) {
        const Outcome refused = outcome_of(test::result(receiver_));
        test::back(world_);
        return refused;
    }
    test::back(world_);
    auto& buffer = *reinterpret_cast<abi::IpcBuffer*>(world_.first().buffer);
    for (size_t i = 0; i < o.items.size(); ++i) {
        const auto kind = o.items[i].grant ? abi::ItemKind::grant : abi::ItemKind::map;
        buffer.items[i] = abi::MessageItem::make(kind, o.items[i].index, o.items[i].rights, o.items[i].badge);
    }
    const Outcome outcome = outcome_of(test::send(endpoint_, {.items = static_cast<unsigned>(o.items.size())}));
    // Let the receiver go.
    if (outcome.refused()) test::send(endpoint_);
    return outcome;
}

Outcome LockStep::apply_to_kernel(const Operation& o) {
    switch (o.kind) {
    case Kind::invoke: return invoke(o);
    case Kind::deliver: return deliver(o);
    case Kind::signal: return outcome_of(test::signal(o.self));
    case Kind::poll: {
        const sel::Registers out = test::poll(o.self);
        return out.tag.error() ? outcome_of(out) : Outcome::with(out.x0);
    }
    case Kind::raise: {
        const auto line = static_cast<unsigned>(o.self);
        world_.raise(line);
        machine::simulated().lower(line);
        return {};
    }
    }
    return {};
}

Capability* LockStep::find_self(const Operation& o) const {
    const Object* actor = actors_.threads[o.actor];
    return actor != nullptr ? find(model_, *actor, 0, o.self, std::nullopt, 0).capability : nullptr;
}

std::optional<ObjectType> LockStep::type_of_self(const Operation& o) const {
    const Capability* self = o.kind == Kind::invoke ? find_self(o) : nullptr;
    return self != nullptr ? std::optional(self->object->type) : std::nullopt;
}

bool LockStep::takes_away(const Operation& o) const {
    const bool table = type_of_self(o) == ObjectType::cap_table;
    const bool unmap = o.method == unmap_method && o.words.size() == 3;
    const bool grant = o.method == grant_method && o.words.size() == 4;
    return table && (unmap || grant);
}

/// Whether a range operation leaves alone what is needed to go on with it, whatever hangs on the items.
bool LockStep::is_harmless(const Operation& operation) const {
    const bool grant = operation.method == grant_method;
    const Object* actor = actors_.threads[operation.actor];
    const uint64_t source = grant ? operation.words[1] : operation.self;
    const Capability* table = find(model_, *actor, 0, source, ObjectType::cap_table, 0).capability;
    const uint64_t first = operation.words[grant ? 2 : 0];
    for (uint64_t i = 0; i < operation.words[grant ? 3 : 1] && table != nullptr && i < table->object->slots; ++i) {
        const Capability* held = model_.in({table->object, first + i});
        if (held == nullptr) continue;
        switch (held->object->type) {
        case ObjectType::cap_table: return false;
        case ObjectType::endpoint:
        case ObjectType::reply:
        case ObjectType::notification:
        case ObjectType::page_table:
        case ObjectType::frame:
        case ObjectType::interrupt_handler: break;
        default:
            if (!grant) return false;
        }
    }
    return true;
}

std::optional<std::string> LockStep::step(const Operation& operation) {
    // An item may take away what the range is worked off by. Then it matters whether a preempted call looks that up
    // again.
    const bool preempted = setting_.preemption != Preemption::never;
    if (over_ || !preempted || !takes_away(operation) || operation.progress != 0 || is_harmless(operation))
        return step_once(operation);
    Operation item = operation;
    uint64_t& count = item.words[operation.method == unmap_method ? 1 : 3];
    const uint64_t items = count;
    if (items < 2 || items > most_items) return step_once(operation);
    for (count = 1; item.words[0] < operation.words[0] + items; ++item.words[0]) {
        if (auto difference = step_once(item)) return difference;
        if (last_.refused()) break;
        if (operation.method == grant_method) ++item.words[2];
    }
    return std::nullopt;
}

/// By which slot the first actor could unmap in a table; nothing if it cannot.
std::optional<uint64_t> LockStep::slot_of_table(const Object* table) {
    if (!can_act(0) || !has_table(0)) return std::nullopt;
    for (uint64_t slot = 0; slot < playground_.slots; ++slot) {
        const uint64_t write = bit(Right::write);
        const Found found = find(model_, *actors_.threads[0], 0, slot, ObjectType::cap_table, write);
        if (found.capability != nullptr && found.capability->object == table) return slot;
    }
    return std::nullopt;
}

/// What is unmapped may take along the capability that it is done by, or who does it, or where that runs. Then the call
/// is preempted, nothing repeats it, and what is left of the work waits for another unmap. Whether that could be done.
bool LockStep::finish_unmap(const Operation& operation, uint64_t item) {
    const auto table = slot_of_table(unmapped_from_);
    if (!table) return false;
    // A thread first buries what it has left dying.
    if (let_act(operation.actor)) test::poll(abi::no_capability);
    if (!let_act(0)) return false;
    const auto keep = static_cast<abi::KeepRoot>(operation.words[2]);
    const auto finished =
        cap<stub::CapTable>(*table).unmap({.first = operation.words[0] + item, .count = 1, .root = keep});
    return finished.has_value();
}

std::optional<std::string> LockStep::step_once(const Operation& operation) {
    if (over_ || !let_act(operation.actor)) return std::nullopt;
    const bool may_cut_off = takes_away(operation);
    unmapped_from_ = may_cut_off ? find_self(operation)->object : nullptr;
    Before before{.type = type_of_self(operation), .takes_away = takes_away(operation)};
    const auto expected = apply(model_, actors_, operation);
    if (!expected) return std::nullopt;
    for (Object*& actor : actors_.threads) actor = model_.lives(actor) ? actor : nullptr;
    if (setting_.mistake) setting_.mistake(model_, operation);
    before.expected = *expected;
    // Now and then every byte is compared.
    const bool changes_nothing =
        operation.kind == Kind::invoke && expected->refused() && expected->done <= operation.progress;
    if (changes_nothing && ++refusals_ % refusals_between_snapshots == 0) before.snapshot.emplace(world_.snapshot());
    last_ = apply_to_kernel(operation);
    // If others go on, all of them have their turns.
    for (unsigned turn = 0; turn < turns && !can_act(operation.actor) && world_.running() != nullptr; ++turn)
        world_.pass_turn();
    // Who has ended itself hears nothing of it.
    const bool ended = actors_.threads[operation.actor] == nullptr;
    const bool may_be_repeated = can_act(operation.actor) && find_self(operation) != nullptr;
    const bool preempted = setting_.preemption != Preemption::never && last_ != *expected;
    const bool cut_off = may_cut_off && (ended || (preempted && !may_be_repeated));
    if (ended || cut_off) last_ = *expected;
    if (cut_off && !finish_unmap(operation, ended ? expected->result : 0)) {
        over_ = true;
        return std::nullopt;
    }
    auto difference = compare(operation, before);
    over_ = !can_act(0) || !has_table(0) || !let_act(0);
    return difference;
}

// --- Comparing -----------------------------------------------------------------------------------------------

std::optional<std::string> LockStep::compare(const Operation& operation, const Before& before) {
    if (last_ != before.expected) {
        std::ostringstream out;
        out << "the model says " << before.expected << ", the kernel " << last_;
        return out.str();
    }
    if (auto difference = compare_report(before.expected)) return difference;
    const Facts after = facts_of(world_.kernel());
    if (auto difference = facts_of(model_).difference(after, "the model", "the kernel")) return difference;
    if (last_.refused()) {
        if (auto difference = check_refusal(operation, before, after)) return difference;
    }
    facts_ = after;
    return std::nullopt;
}

std::optional<std::string> LockStep::compare_report(const Outcome& expected) {
    if (expected.report.empty() || expected.refused()) return std::nullopt;
    if (expected.report.size() != last_words_.size())
        return "the report has " + std::to_string(last_words_.size()) + " words";
    for (size_t i = 0; i < expected.report.size(); ++i) {
        const Word& word = expected.report[i];
        if (word.unknown) continue;
        const bool named = word.name.kind != Name::Kind::nothing;
        const auto difference = named ? compare_name(word.name, last_words_[i])
                                : word.number != last_words_[i]
                                    ? std::optional<std::string>("the kernel says " + std::to_string(last_words_[i]) +
                                                                 ", the model " + std::to_string(word.number))
                                    : std::nullopt;
        if (difference) return "word " + std::to_string(i) + " of the report: " + *difference;
    }
    return std::nullopt;
}

bool LockStep::exists(const Name& name) {
    const Object* object = model_.object_at(name.type, name.base);
    return object != nullptr && (name.kind == Name::Kind::object || name.index < object->slots);
}

std::optional<std::string> LockStep::compare_name(const Name& name, uint64_t identity) {
    if (identity == 0) return "what there is has no identity";
    const auto memory = machine::simulated().memory.contents();
    const uint64_t from_kernels = identity - reinterpret_cast<uint64_t>(memory.data());
    const uint64_t from_physical = identity - machine::Memory::base;
    if (from_kernels < memory.size() || from_physical < memory.size()) return "the identity is an address";
    const auto [known, is_new] = identities_.try_emplace(name, identity);
    if (known->second != identity) return "the identity is another than before";
    const Name& named = names_.try_emplace(identity, name).first->second;
    if (named != name && exists(named)) return "something else has this identity";
    names_[identity] = name;
    return std::nullopt;
}

std::optional<std::string> LockStep::check_refusal(const Operation& operation, const Before& before,
                                                   const Facts& after) {
    if (last_.done <= operation.progress && operation.kind != Kind::deliver) {
        if (auto difference = facts_.difference(after, "before a refused operation the kernel", "after it"))
            return difference;
        if (before.snapshot && !(world_.snapshot() == *before.snapshot)) return "a refused operation changed memory";
    }
    if (before.type && !is_described(*before.type, operation.method, last_.code))
        return "the interface does not know of error " + std::to_string(last_.code) + " there";
    // Of a range the item that was refused is refused again, and nothing happens.
    if (last_.done == 0 || before.takes_away) return std::nullopt;
    Operation again = operation;
    again.progress = last_.done;
    const Outcome outcome = invoke(again);
    if (outcome != last_) {
        std::ostringstream out;
        out << "the item was refused with " << last_ << ", then with " << outcome;
        return out.str();
    }
    return after.difference(facts_of(world_.kernel()), "before a refused item the kernel", "after it");
}

}  // namespace selene::model
