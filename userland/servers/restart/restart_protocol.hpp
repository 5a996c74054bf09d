// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the restart supervisor, and what clients of a restarted group are told.
#pragma once

#include <cstdint>

#include <sel/error.hpp>
#include <sel/rpc.hpp>

namespace restart {

/// What a call ends with that was being worked on when its server was restarted: it may have been done or not.
enum class Notice : uint16_t { restarted = 1 };

inline void describe(sel::Output& output, Notice notice, uint64_t, uint64_t) {
    switch (notice) {
    case Notice::restarted: return output.write("the server was restarted while it worked on the call");
    }
}
inline const sel::Sentences<Notice> notices;

/// What the supervisor refuses.
enum class Refusal : uint16_t { not_running = 1 };

inline void describe(sel::Output& output, Refusal refusal, uint64_t, uint64_t) {
    switch (refusal) {
    case Refusal::not_running: return output.write("the group could not be built, or was given up at once");
    }
}
inline const sel::Sentences<Refusal> sentences;

/// What has happened to the group so far.
struct History {
    uint64_t faults;    ///< restarts because a member has faulted or ended
    uint64_t hangs;     ///< because one did not finish a request in time
    uint64_t kills;     ///< because somebody has asked for it
    uint64_t last_ns;   ///< what the last restart took, from the decision to the start of the last member
    uint64_t worst_ns;  ///< and the longest
    uint64_t slots;     ///< free slots of the supervisor: the same after each restart
    uint64_t bytes;     ///< of the group's memory that are in use: the same after each restart, if members make nothing
    uint64_t runs;      ///< 1, or 0 if it could not be built or was given up
    uint64_t left;      ///< the most that were still in use when all of a group had been ended: 0
};

/// Ends the group in whatever it does and starts it anew, also one that was given up. Errors: not_running.
inline constexpr sel::rpc::Method<1, void()> kill;
/// What has happened so far.
inline constexpr sel::rpc::Method<2, History()> history;

using Interface = sel::rpc::Interface<kill, history>;

}  // namespace restart
