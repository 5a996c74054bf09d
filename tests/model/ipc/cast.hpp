// SPDX-License-Identifier: BSD-2-Clause
// Cast: all threads and things that a sequence of deeds is about, in the model; and what a deed does there.
#pragma once

#include "deed.hpp"
#include "society.hpp"

namespace selene::ipc_model {

/// How the kernel goes about its work, and so how exactly it can be foretold.
enum class Ways : uint8_t {
    general,  ///< always the general way: times are equal to the tick, and budgets piece by piece
    direct,   ///< direct switches, too: of lent time only the sums are told, and equals may be passed by
};

/// Thread 0 has time of its own, waits for nothing but the device, and stays; so does what it needs: context 0 and
/// notification 0, which the device signals.
struct Cast {
    static constexpr unsigned doors = 3;  ///< capabilities to an endpoint or a notification, with the badges 0, 1, 2
    static constexpr uint64_t device_bits = 0x100;
    static constexpr unsigned no_reply = 99;

    explicit Cast(Ways ways) : ways(ways) {}
    Cast(const Cast&) = delete;
    Cast& operator=(const Cast&) = delete;

    /// What a deed comes to: nothing if no method was called, or its answer comes later.
    std::optional<Answer> apply(const Deed& deed);
    /// Whether it can be done: there is somebody to do it, and what it is done to.
    [[nodiscard]] bool is_possible(const Deed& deed) const;
    /// What the running thread has to do before anything else, if it has asked for something.
    std::optional<Answer> go_on();

    Ways ways;
    Society society;
    std::array<Thread, 6> threads;
    std::array<Endpoint, 2> endpoints;
    std::array<Reply, 4> replies;
    std::array<Notification, 3> notifications;
    std::array<Context, 5> contexts;
    bool device_is_quiet = false;  ///< until its interrupt is acknowledged
    /// Where things stand in the table that all use; doors side by side.
    struct {
        std::array<uint64_t, 2> endpoints{};
        std::array<uint64_t, 4> replies{};
        std::array<uint64_t, 3> notifications{};
        std::array<uint64_t, 5> contexts{};
    } slots;

private:
    bool talk(const Deed& deed);
    bool talk_through_endpoint(const Deed& deed);
    bool talk_through_notification(const Deed& deed);
    /// There is nothing in the slot that a system call names.
    bool refuse_empty(uint64_t argument, uint64_t slot);
    std::optional<Answer> invoke(const Deed& deed);
    std::optional<Answer> invoke_at_meeting(const Deed& deed);
    void come_or_go(const Deed& deed);
    void come_or_go(Thread& thread, uint64_t priority);
    void pass(const Deed& deed);
};

}  // namespace selene::ipc_model
