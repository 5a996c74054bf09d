// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the task manager: programs of the boot archive, started, watched and ended.
#pragma once

#include <cstdint>
#include <tuple>

#include <sel/error.hpp>
#include <sel/rpc.hpp>

namespace task_manager {

enum class State : uint32_t { prepared = 1, running = 2, ended = 3 };

/// What the manager itself refuses. Besides, the memory manager's refusals come through.
enum class Refusal : uint16_t {
    no_program = 1,
    not_yours,
    wrong_state,
    too_many,
    not_allowed,
    bad_value,
    over_pages,
    over_objects,
    no_client,
};

/// The number of a task as people say it.
constexpr uint64_t spoken(uint64_t task) { return task & 0xffff'ffff; }

/// Their sentences, which say what the details are.
inline void describe(sel::Output& output, Refusal refusal, uint64_t first, uint64_t second) {
    switch (refusal) {
    case Refusal::no_program: return output.write("the boot archive has no such program");
    case Refusal::not_yours: return sel::format_to(output, "no task {} is the caller's", spoken(first));
    case Refusal::wrong_state:
        return output.write(first == static_cast<uint64_t>(State::running) ? "the task runs already"
                                                                           : "the task has ended");
    case Refusal::too_many: return sel::format_to(output, "there may be {} of these at most", first);
    case Refusal::not_allowed: return output.write("only the operator may look at all tasks");
    case Refusal::bad_value:
        return sel::format_to(output, "the value {} is out of range, which ends with {}", first, second);
    case Refusal::over_pages:
        return sel::format_to(output, "{} pages are needed where {} are left of the client's share", first, second);
    case Refusal::over_objects:
        return sel::format_to(output, "{} objects are needed where {} are left of the client's share", first, second);
    case Refusal::no_client: return sel::format_to(output, "the specification knows no client with badge {}", first);
    }
}
inline const sel::Sentences<Refusal> sentences;

/// How a task has ended.
enum class End : uint32_t { none = 0, finished, failed, aborted, faulted, killed };

struct Options {
    uint32_t priority = 50;
    uint32_t slots = 64;          ///< of its capability table, 16 to 4096
    uint64_t stack_pages = 4;     ///< 1 to 256
    uint64_t memory_pages = 0;    ///< quota of the account that it has under the name `memory`; none without pages
    uint64_t memory_objects = 0;  ///< and objects
};

struct Report {
    State state;
    End end;
    uint64_t detail;  ///< of a fault: the address, or what the kernel says of it
    uint64_t pc;      ///< where
};

// Of tasks, of the memory that the manager may borrow for them, and of places to wait, each client of the specification has an
// even share, which others cannot use.

/// Prepares a task from the program `program`; it does not run yet. The caller alone can do the following with it.
/// Errors: no_program, too_many, bad_value, no_client.
inline constexpr sel::rpc::Method<1, uint64_t(sel::rpc::Text<32> program, sel::rpc::Text<32> name, Options)> create;
/// Gives it an argument, which it finds by name. Errors: not_yours, wrong_state, too_many.
inline constexpr sel::rpc::Method<2, void(uint64_t task, sel::rpc::Text<32> name, sel::rpc::Text<200> value)> argument;
/// Gives it a capability, which it finds by name: a child of the one that is sent, with the same rights and badge, so that
/// whoever holds the parent can take it back. Errors: not_yours, wrong_state, too_many.
inline constexpr sel::rpc::Method<3,
                                  void(uint64_t task, sel::rpc::Text<32> name, sel::rpc::Mapped<sel::stub::Capability>)>
    give;
/// Lets it run. Besides what it was given it has `table`, `space` and `thread`, its own, and `memory` if it was to have
/// some. Errors: not_yours, wrong_state; over_pages, over_objects; those of the memory manager: nothing is left of the task then but its
/// number.
inline constexpr sel::rpc::Method<4, void(uint64_t task)> start;
/// What becomes of it, now; or waits until it has ended. Errors: not_yours; too_many.
inline constexpr sel::rpc::Method<5, Report(uint64_t task)> look;
inline constexpr sel::rpc::Method<6, Report(uint64_t task)> wait;
/// Ends it in whatever state it is, and forgets it. All its memory has come back when this returns, and who waits for it
/// is told `killed`. Errors: not_yours.
inline constexpr sel::rpc::Method<7, void(uint64_t task)> kill;

/// One of all tasks.
struct Entry {
    uint64_t task;
    uint64_t owner;  ///< the badge of who has created it
    Report report;
    uint64_t consumed;      ///< ticks since it began
    uint64_t thread_state;  ///< abi::ThreadState
    uint64_t capabilities;  ///< how many it was given by name
};

/// The task with the lowest number above this one, and its name; for the client that the specification lets look, which
/// may also kill all tasks. Errors: not_allowed; not_yours if there is none.
inline constexpr sel::rpc::Method<8, std::tuple<Entry, sel::rpc::Text<32>>(uint64_t above)> survey;
/// What the capability with this number is called that a task was given, and its kind, an abi::ObjectType if the kernel
/// tells. Errors: not_allowed; not_yours.
inline constexpr sel::rpc::Method<9, sel::rpc::Text<32>(uint64_t task, uint64_t number)> name_of;
/// The name of file `number` of the boot archive. Errors: no_program if there are not so many.
inline constexpr sel::rpc::Method<10, sel::rpc::Text<32>(uint64_t number)> program;

using Interface = sel::rpc::Interface<create, argument, give, start, look, wait, kill, survey, name_of, program>;

}  // namespace task_manager
