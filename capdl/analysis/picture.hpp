// SPDX-License-Identifier: BSD-2-Clause
// A picture of boxes, ellipses and arrows, as input for Graphviz, never of more than can be read.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace capdl {

/// What is drawn, and how it is folded where there is more than `readable`: first, nodes of one pattern (the same name
/// but for its digits) become one; then those that have the same arrows to the same others; what is still too much,
/// those with the fewest arrows, is one node for boxes and one for ellipses. A folded node says how many it stands for.
class Picture {
public:
    static constexpr size_t readable = 40;

    enum class Shape : uint8_t { box, ellipse };

    /// How many there are of something, and their bytes.
    struct Sum {
        uint64_t count = 0;
        uint64_t bytes = 0;
    };
    struct Node {
        std::string id;
        std::string name;
        std::string_view what;  ///< what each is: "ep", "part"
        Shape shape = Shape::box;
        uint64_t count = 1;
        uint64_t bytes = 0;                            ///< said if not 0
        std::map<std::string_view, Sum> content = {};  ///< said line by line, by type
        bool is_centre = false;                        ///< not to be folded
    };

    /// Adds a node, unless there is one of this id.
    void add(Node node);
    /// Adds an arrow between nodes that were added; arrows between the same two are one.
    void arrow(const std::string& from, const std::string& to, std::string_view label);

    /// The whole as Graphviz reads it ("The DOT Language").
    [[nodiscard]] std::string text() const;

private:
    /// Nodes that are drawn as one.
    struct Group {
        Node first;
        std::set<std::string> names;
    };
    using Arrows = std::map<std::pair<uint32_t, uint32_t>, std::set<std::string>>;
    struct Drawing {
        std::vector<Group> groups;
        Arrows arrows;
    };

    [[nodiscard]] Drawing folded() const;
    static void merge(Drawing& drawing, const std::vector<std::string>& keys);
    [[nodiscard]] static std::vector<std::string> neighbours(const Drawing& drawing);
    [[nodiscard]] static std::vector<std::string> few_and_others(const Drawing& drawing);
    [[nodiscard]] static std::string label(const Group& group);

    std::vector<Node> nodes_;
    std::map<std::string, uint32_t> index_;
    Arrows arrows_;
};

}  // namespace capdl
