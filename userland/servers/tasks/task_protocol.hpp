// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the task manager: programs of the boot archive, started, watched and ended.
#pragma once

#include <cstdint>
#include <tuple>

#include <sel/rpc.hpp>

namespace task_manager {

/// What the manager itself refuses. Besides, the memory manager's refusals come through.
enum class Refusal : uint32_t {
    no_program = 1,   ///< the boot archive has no file of this name, or it is no program; details: 0, 0
    not_yours = 2,    ///< no task with this number is the caller's; details: the number, 0
    wrong_state = 3,  ///< the task runs already, or never will; details: its state, 0
    too_many = 4,     ///< tasks, arguments or capabilities; details: the limit, 0
    not_allowed = 5,  ///< only for who may look at all tasks; details: 0, 0
    bad_value = 6,    ///< a priority above the manager's limit, or a size out of range; details: the value, its limit
};

enum class State : uint32_t { prepared = 1, running = 2, ended = 3 };

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

/// Prepares a task from the program `program`; it does not run yet. The caller alone can do the following with it.
/// Errors: no_program, too_many, bad_value; over_quota, over_count and others of the memory manager.
inline constexpr sel::rpc::Method<1, uint64_t(sel::rpc::Text<32> program, sel::rpc::Text<32> name, Options)> create;
/// Gives it an argument, which it finds by name. Errors: not_yours, wrong_state, too_many.
inline constexpr sel::rpc::Method<2, void(uint64_t task, sel::rpc::Text<32> name, sel::rpc::Text<200> value)> argument;
/// Gives it a capability, which it finds by name: a child of the one that is sent, with the same rights and badge, so that
/// whoever holds the parent can take it back. Errors: not_yours, wrong_state, too_many.
inline constexpr sel::rpc::Method<3,
                                  void(uint64_t task, sel::rpc::Text<32> name, sel::rpc::Mapped<sel::stub::Capability>)>
    give;
/// Lets it run. Besides what it was given it has `table`, `space` and `thread`, its own, and `memory` if it was to have
/// some. Errors: not_yours, wrong_state; those of the memory manager: nothing is left of the task then but its number.
inline constexpr sel::rpc::Method<4, void(uint64_t task)> start;
/// What becomes of it, now; or waits until it has ended. Errors: not_yours; in_use if too many wait.
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
