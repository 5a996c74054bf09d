// SPDX-License-Identifier: BSD-2-Clause
// How capabilities come to those that can come to hold them.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/authority_flow.hpp"

namespace capdl {

/// Ways through what AuthorityFlow has found. Each is looked for once.
class AuthorityWays {
public:
    explicit AuthorityWays(const AuthorityFlow& flow);

    /// A capability goes from one to the other along `capability`, which somebody can use, or which is a `cspace`.
    struct Step {
        ObjectId from;  ///< a thread, table, endpoint or untyped; none: the memory that is left over
        ObjectId to;
        std::string_view how;
        CapabilityId capability;
    };
    using Way = std::vector<Step>;

    /// The steps from the table that a capability is in to a thread that can come to hold it, the fewest possible.
    [[nodiscard]] const Way& way(CapabilityId capability, ObjectId thread);
    [[nodiscard]] const AuthorityFlow& flow() const { return flow_; }

private:
    using Place = AuthorityFlow::Place;
    class Search;
    /// What leads from a place to another.
    struct Link {
        Place to;
        std::string_view how;
        CapabilityId capability;
    };
    using Links = std::vector<Link>;
    /// What threads of a group give to, each once.
    const Links& gifts(Place group);
    /// Which groups' threads take from a place, each once.
    const Links& takers(Place place);

    const AuthorityFlow& flow_;
    std::unordered_map<Place, Links> users_;                 ///< by table: threads
    std::unordered_map<Place, Links> emptied_by_;            ///< by place: tables with what empties it
    std::unordered_map<Place, std::vector<Place>> threads_;  ///< by group
    std::unordered_map<Place, Links> gifts_;                 ///< by group
    std::unordered_map<Place, Links> takers_;                ///< by place
    std::map<std::pair<CapabilityId, ObjectId>, Way> known_;
};

}  // namespace capdl
