// SPDX-License-Identifier: BSD-2-Clause
// Deed: what the running thread does next, or the world does to it; as data, drawn at random, and as C++.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace selene::ipc_model {

struct Cast;

/// Things are named by number. What a deed does not need stays 0.
struct Deed {
    enum class Kind : uint8_t {
        // System calls: endpoint or notification `what` by its capability number `door`; Reply `with`, or none.
        call,
        send,
        try_send,
        receive,
        try_receive,
        reply_receive,
        answer,  ///< through Reply `what`
        signal,
        wait,
        poll,
        yield,
        fault,  ///< of kind `what`, at address `x`, with syndrome `y`
        // Methods, of a thread or context `what`.
        suspend,
        resume,
        set_priority,  ///< to `x`, with maximum `y`
        bind_context,  ///< to thread `with`
        unbind_context,
        configure,  ///< budget `x` in period `y`, `length` pieces
        consumed,
        yield_to,
        bind_notification,  ///< `what` to thread `with`
        unbind_notification,
        cancel_sends,  ///< through endpoint `what` with the badge of its capability `door`
        look_after,    ///< endpoint `what`, by capability `door`, is told of thread `with`'s faults, or time-outs (`x`)
        look_away,     ///< nobody is told of thread `with`'s faults, or time-outs (`x`)
        // What there is goes, and comes again when it is done once more.
        thread,
        endpoint,
        reply,
        notification,
        context,
        // From outside.
        pass,         ///< `x` ticks, the timer served as soon as it fires
        pass_late,    ///< `x` ticks, the timer served at the end
        interrupt,    ///< the device's
        acknowledge,  ///< the interrupt is
    };
    static constexpr unsigned kinds = static_cast<unsigned>(Kind::acknowledge) + 1;

    Kind kind{};
    unsigned what = 0;
    unsigned with = 0;
    unsigned door = 0;
    uint64_t x = 0;
    uint64_t y = 0;
    unsigned length = 0;  ///< of a message, in words
    uint32_t label = 0;
    bool must_arrive = false;  ///< what is said
};

/// A deed that can be done now, more often one of which something comes.
Deed random_deed(std::mt19937_64& random, const Cast& cast);

/// C++ that makes these deeds again.
std::string as_source(const std::vector<Deed>& deeds);

/// What a kind is called in the source.
const char* name_of(Deed::Kind kind);

}  // namespace selene::ipc_model
