// SPDX-License-Identifier: BSD-2-Clause
// What model and kernel are compared by: a list of named numbers, in an order that both keep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cast.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/reply.hpp"
#include "scheduling/core.hpp"

namespace selene::ipc_model {

struct SocietyFact {
    std::string_view what;
    uint64_t of;  ///< the number of the thread or thing
    uint64_t value;
    friend bool operator==(const SocietyFact&, const SocietyFact&) = default;
};
using SocietyFacts = std::vector<SocietyFact>;

/// The kernel's objects by the numbers of the cast; null of what does not exist.
struct KernelCast {
    std::array<selene::Thread*, 6> threads{};
    std::array<selene::Endpoint*, 2> endpoints{};
    std::array<selene::Reply*, 4> replies{};
    std::array<selene::Notification*, 3> notifications{};
    std::array<selene::SchedContext*, 5> contexts{};
};

SocietyFacts facts_of(const Cast& cast);
/// `like` says what is known, and how exactly.
SocietyFacts facts_of(Core& core, const KernelCast& objects, const Cast& like);
/// The first difference in words, empty if there is none.
std::string difference(const SocietyFacts& model, const SocietyFacts& kernel);

}  // namespace selene::ipc_model
