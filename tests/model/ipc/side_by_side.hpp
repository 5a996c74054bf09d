// SPDX-License-Identifier: BSD-2-Clause
// SideBySide: the kernel and the model of its threads' society, compared after every deed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cast.hpp"
#include "world.hpp"

namespace selene::ipc_model {

/// A wrong model: called after each deed, it spoils what the model knows.
using Mistake = std::function<void(Cast& cast, const Deed& deed)>;

class SideBySide {
public:
    explicit SideBySide(Ways ways, Mistake mistake = {});

    [[nodiscard]] const Cast& cast() const { return cast_; }
    /// Nobody runs any more, nor will without anybody's doing.
    [[nodiscard]] bool over() const;
    /// What the kernel answered to the last deed, if that was a method.
    [[nodiscard]] const std::optional<Answer>& last() const { return last_; }
    /// Do it on both sides; what differs then, if anything. What cannot be done is left out.
    std::optional<std::string> step(const Deed& deed);

private:
    void set_up();
    void do_in_kernel(const Deed& deed);
    void talk(const Deed& deed);
    void invoke(const Deed& deed);
    void invoke_thread(const Deed& deed);
    void invoke_meeting(const Deed& deed);
    void come_or_go(const Deed& deed);
    void make_thread(const Deed& deed);
    void pass(const Deed& deed);
    [[nodiscard]] std::optional<Answer> answer_of(const selene::Thread& thread) const;
    [[nodiscard]] std::optional<std::string> compare();

    test::World world_;
    Mistake mistake_;
    Cast cast_;
    std::array<test::Actor, 6> actors_{};  ///< the first is the first task's
    uint64_t handler_ = 0;
    std::optional<Answer> last_;
    friend class KernelView;
};

}  // namespace selene::ipc_model
