// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly, and by which capability.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/authority_flow.hpp"
#include "analysis/authority_ways.hpp"
#include "analysis/step_graph.hpp"
#include "model/model.hpp"

namespace capdl {

/// A graph over the objects of a system, and over what stands for no object: authorities, devices, all memory. An edge
/// says that something can change what another one is or does; so whoever learns something stands behind an edge, too.
/// Threads act, by what they can come to hold (AuthorityFlow); all else is passed on.
///
/// The graph errs on the side of too many edges. What it leaves out: time as such (who runs when), and what the caches
/// of a core give away.
///
/// What many threads can come to hold would make very many edges. So the graph is kept with further nodes in between,
/// joints: those of a group of places that hold the same are joined to what is in their own tables, and to the joints of
/// those that their capabilities come from. Nodes, joints and steps are about as many as capabilities.
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

    /// Why it cannot be said who can affect whom, a sentence with the limit; nothing if it can be. Otherwise the edges mean
    /// nothing.
    [[nodiscard]] std::optional<std::string> refusal() const;
    /// How many steps it took to find all this.
    [[nodiscard]] uint64_t work() const { return flow_.work() + joined_.steps(); }

    [[nodiscard]] static Node node(ObjectId id) { return index_of(id); }
    [[nodiscard]] Node count() const { return static_cast<Node>(edges_.size()); }
    /// All edges from one node to another.
    [[nodiscard]] std::vector<Edge> edges(Node from, Node to) const;
    /// The graph with its joints, whose numbers are `count()` and higher. Whoever goes from node to node by joints alone has
    /// gone along one edge. A node can lead to itself by way of joints.
    [[nodiscard]] const StepGraph& joined() const { return joined_; }
    [[nodiscard]] bool is_joint(Node node) const { return node >= count(); }
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
    void mapped_frames();
    void interrupts();
    void devices();

    // --- What capabilities let threads do ---
    /// What a thread must be able to come to hold besides.
    enum class Needs : uint8_t { nothing, table, maker };
    /// Edges between a node and all threads that have a capability: that can come to hold it, or in whose space it maps a
    /// frame.
    struct Effect {
        CapabilityId capability;
        std::string_view there = {};  ///< from the thread; empty: there is no such edge
        std::string_view back = {};   ///< to the thread
        Needs there_needs = Needs::nothing;
        Needs back_needs = Needs::nothing;
    };
    void effect(Node other, const Effect& effect) { effects_[other].push_back(effect); }
    void held(CapabilityId id);
    void held_object(CapabilityId id);
    void held_endpoint(CapabilityId id);
    void held_notification(CapabilityId id);
    void held_authority(CapabilityId id);
    void derived(const Capability& capability);
    void accesses(ObjectId frame, Rights rights, CapabilityId id);
    void masters_bus(ObjectId frame, CapabilityId id);
    [[nodiscard]] bool acts(ObjectId thread) const { return acts_[index_of(thread)]; }
    [[nodiscard]] bool has(ObjectId thread, CapabilityId capability) const;
    [[nodiscard]] bool satisfies(ObjectId thread, Needs needs) const;

    void join();

    const Model& model_;
    AuthorityFlow flow_;
    std::vector<std::vector<Edge>> edges_;            ///< by node: those that no capability of a thread makes
    std::vector<std::vector<Effect>> effects_;        ///< by node
    std::vector<std::vector<ObjectId>> tables_with_;  ///< by object: the tables of spaces that a table hangs in
    std::vector<bool> acts_;                          ///< by object: a thread that is not trusted
    std::vector<std::string> special_names_;
    Node interrupt_control_, power_, remaining_, memory_in_, memory_out_, time_;
    StepGraph joined_;
};

/// A way through the graph.
struct InfluencePath {
    struct Step {
        Influence::Node from;
        Influence::Edge edge;
        std::vector<Influence::Edge> others;  ///< the same step by other capabilities: some
        size_t unlisted = 0;                  ///< by how many more
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
[[nodiscard]] std::string describe(const Influence& influence, Influence::Node from, const Influence::Edge& edge);
/// How the thread of an edge comes by its capability, line by line; empty if that is in its own table.
[[nodiscard]] std::vector<std::string> provenance(const Influence& influence, AuthorityWays& ways,
                                                  const Influence::Edge& edge);
/// "slot 3 of a.cnode holds requests (WP, badge: 7)"
[[nodiscard]] std::string describe(const Model& model, CapabilityId capability);

}  // namespace capdl
