// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly, and by which capability.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/authority_flow.hpp"
#include "model/model.hpp"

namespace capdl {

/// A graph over the objects of a system, and over what stands for no object: authorities, devices, all memory. An edge
/// says that something can change what another one is or does; so whoever learns something stands behind an edge, too.
/// Threads act, by what they can come to hold (AuthorityFlow); all else is passed on.
///
/// The graph errs on the side of too many edges. What it leaves out: time as such (who runs when), and what the caches
/// of a core give away.
class Influence {
public:
    /// Trusted threads do nothing that matters here: they are no part of any way.
    explicit Influence(const Model& model, const std::vector<ObjectId>& trusted = {});

    using Node = uint32_t;  ///< below the number of objects: an object
    struct Edge {
        Node to;
        std::string_view how;     ///< "FROM how TO"
        ObjectId thread;          ///< whose capability it is, or none
        CapabilityId capability;  ///< by which, or none
    };

    [[nodiscard]] static Node node(ObjectId id) { return index_of(id); }
    [[nodiscard]] const std::vector<Edge>& edges(Node from) const { return edges_[from]; }
    [[nodiscard]] Node count() const { return static_cast<Node>(edges_.size()); }
    [[nodiscard]] std::string name(Node node) const;
    [[nodiscard]] const AuthorityFlow& flow() const { return flow_; }
    [[nodiscard]] const Model& model() const { return model_; }

private:
    void edge(Node from, Node to, std::string_view how, ObjectId thread = ObjectId::none,
              CapabilityId capability = CapabilityId::none);
    void both(Node a, Node b, std::string_view there, std::string_view back, ObjectId thread = ObjectId::none,
              CapabilityId capability = CapabilityId::none);
    Node special(std::string name);

    // --- What is so from the start ---
    void structure();
    void thread_slots(ObjectId thread);
    void mapped_frames(ObjectId table, const std::vector<ObjectId>& threads, unsigned depth);
    void interrupts();
    void covered_objects();

    // --- What threads can do ---
    void held(ObjectId thread, CapabilityId id);
    void held_object(ObjectId thread, CapabilityId id);
    void held_endpoint(ObjectId thread, CapabilityId id);
    void held_notification(ObjectId thread, CapabilityId id);
    void held_authority(ObjectId thread, CapabilityId id);
    void accesses(ObjectId thread, ObjectId frame, Rights rights, CapabilityId id);
    void masters_bus(ObjectId thread, ObjectId frame, CapabilityId id);
    void derived(ObjectId thread, CapabilityId parent);

    [[nodiscard]] bool can_bind(ObjectId thread) const { return binds_[index_of(thread)]; }

    const Model& model_;
    AuthorityFlow flow_;
    std::vector<std::vector<Edge>> edges_;
    std::vector<std::string> special_names_;
    std::vector<std::vector<CapabilityId>> children_;  ///< by capability: what the spec derives from it
    std::vector<bool> binds_;                          ///< by object: a thread that can have a thread to bind
    std::vector<std::pair<std::string, Node>> devices_;
    Node interrupt_control_, power_, remaining_, memory_in_, memory_out_, time_;
};

/// A way through the graph.
struct InfluencePath {
    struct Step {
        Influence::Node from;
        Influence::Edge edge;
        std::vector<Influence::Edge> others;  ///< the same step by other capabilities
    };
    std::vector<Step> steps;
};

/// The shortest first.
struct Ways {
    std::vector<InfluencePath> paths;
    bool are_all = true;  ///< false: there are more than are listed here
};

/// From any of some nodes to the ends, none of the steps through a node that is barred: all ways that have no shorter
/// one within them (WaySearch).
[[nodiscard]] Ways ways(const Influence& influence, const std::vector<Influence::Node>& from,
                        const std::vector<Influence::Node>& to, const std::vector<Influence::Node>& barred = {});

/// All that a node can affect, itself included.
[[nodiscard]] std::vector<Influence::Node> reachable(const Influence& influence, Influence::Node from);

/// The nodes that a name stands for: the thread of a component, an object, an array or an element of it; nothing if there
/// is none of that name.
[[nodiscard]] std::vector<Influence::Node> nodes_named(const Model& model, std::string_view name);

/// A step as a line: who does what to whom, and by which capability.
[[nodiscard]] std::string describe(const Influence& influence, const InfluencePath::Step& step);
/// How the thread of a step comes by its capability, line by line; empty if that is in its own table.
[[nodiscard]] std::vector<std::string> provenance(const Influence& influence, const InfluencePath::Step& step);
/// "slot 3 of a.cnode holds requests (WP, badge: 7)"
[[nodiscard]] std::string describe(const Model& model, CapabilityId capability);

}  // namespace capdl
