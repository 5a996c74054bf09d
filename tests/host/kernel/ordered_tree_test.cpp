// SPDX-License-Identifier: BSD-2-Clause
// Tests of the ordered tree: against std::multimap, with its shape checked after every operation.

#include "base/ordered_tree.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using selene::OrderedTree;
using selene::TreeNode;

/// Lies in up to two trees at once; tests allocate each by itself, so that the sanitizer sees stray accesses.
struct Item {
    int key = 0;
    TreeNode node{};
    int age = 0;
    TreeNode age_node{};
};
using Items = std::vector<std::unique_ptr<Item>>;

int comparisons = 0;

struct SmallerKey {
    bool operator()(const Item& a, const Item& b) const {
        ++comparisons;
        return a.key < b.key;
    }
};
struct Older {
    bool operator()(const Item& a, const Item& b) const { return a.age > b.age; }
};
using Tree = OrderedTree<Item, &Item::node, SmallerKey>;
using AgeTree = OrderedTree<Item, &Item::age_node, Older>;

/// The least number of nodes of a balanced tree: its subtrees are the least ones of the two heights below.
size_t least_nodes(int height) {
    size_t below = 0;
    size_t nodes = 0;
    for (int level = 0; level < height; ++level) below = std::exchange(nodes, nodes + below + 1);
    return nodes;
}

/// Height of a subtree; appends to `fault` what is wrong with its links and its balance.
int checked_height(const TreeNode* node, const TreeNode* parent, std::string& fault) {
    if (node == nullptr) return 0;
    const int left = checked_height(node->left, node, fault);
    const int right = checked_height(node->right, node, fault);
    const auto lean = left == right  ? TreeNode::Lean::level
                      : left > right ? TreeNode::Lean::left
                                     : TreeNode::Lean::right;
    if (node->parent != parent) fault += "a child does not name its parent; ";
    if (std::max(left, right) - std::min(left, right) > 1) fault += "two subtrees differ in height by more than one; ";
    if (node->lean != lean) fault += "a node does not lean as its subtrees do; ";
    return std::max(left, right) + 1;
}

const std::string no_fault;

/// A tree and what it should be.
struct Pair {
    Tree tree;
    std::multimap<int, Item*> model;
    int height = 0;

    void insert(Item& item) {
        tree.insert(item);
        model.emplace(item.key, &item);
    }

    void remove(Item& item) {
        tree.remove(item);
        auto at = model.lower_bound(item.key);
        while (at->second != &item) ++at;
        model.erase(at);
    }

    /// Says how the tree differs from the model, or is out of shape; `no_fault` if all is well.
    std::string fault() {
        std::string fault;
        const TreeNode* root = tree.empty() ? nullptr : &tree.first()->node;
        while (root != nullptr && root->parent != nullptr) root = root->parent;
        height = checked_height(root, nullptr, fault);
        if (least_nodes(height) > model.size()) fault += "the tree is too high; ";
        const Item* at = tree.first();
        for (const auto& [key, item] : model) {
            if (at != item) return fault + "the order differs from the model's; ";
            at = Tree::next(*at);
        }
        return at == nullptr ? fault : fault + "more objects than the model has; ";
    }
};

std::vector<int> numbers_below(int end) {
    std::vector<int> numbers(static_cast<size_t>(end));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

Items make_items(const std::vector<int>& keys) {
    Items items;
    for (const int key : keys) items.push_back(std::make_unique<Item>(Item{.key = key}));
    return items;
}

}  // namespace

TEST_CASE("ordered tree: zeroed memory is an empty tree and an unlinked node") {
    const auto tree = std::bit_cast<Tree>(std::array<std::byte, sizeof(Tree)>{});
    CHECK(tree.empty());
    CHECK(tree.first() == nullptr);
    CHECK_FALSE(std::bit_cast<TreeNode>(std::array<std::byte, sizeof(TreeNode)>{}).linked());
    CHECK_FALSE(TreeNode{}.linked());
}

TEST_CASE("ordered tree: a node is linked while it is in, and zero after; removing it again does nothing") {
    Tree tree;
    Item one{.key = 1};
    Item two{.key = 2};
    tree.insert(two);
    CHECK(two.node.linked());
    tree.remove(one);
    CHECK(tree.first() == &two);
    tree.insert(one);
    CHECK(tree.first() == &one);
    tree.remove(one);
    tree.remove(one);
    CHECK(tree.first() == &two);
    tree.remove(two);
    CHECK(tree.empty());
    using Bytes = std::array<std::byte, sizeof(TreeNode)>;
    CHECK(std::bit_cast<Bytes>(two.node) == Bytes{});
}

TEST_CASE("ordered tree: equal keys leave in the order in which they came") {
    Tree tree;
    const Items items = make_items(numbers_below(900));
    for (int i = 0; i < 900; ++i) {
        Item& item = *items[static_cast<size_t>(i)];
        item.key = i % 3;
        item.age = i / 3;
        tree.insert(item);
    }
    for (int i = 0; i < 900; ++i) {
        Item& item = *tree.first();
        REQUIRE(item.key == i / 300);
        REQUIRE(item.age == i % 300);
        tree.remove(item);
    }
    CHECK(tree.empty());
}

TEST_CASE("ordered tree: 100000 random operations do what std::multimap does") {
    std::mt19937 random(Catch::getSeed());
    const auto below = [&](size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); };
    // Few different keys make long runs of equal ones; the number of objects swings up, and down to none.
    const size_t key_count = GENERATE(size_t{1}, size_t{8}, size_t{1'000'000});
    Pair pair;
    Items items;
    size_t goal = 0;
    for (int operation = 0; operation < 100'000; ++operation) {
        if (items.size() == goal) goal = below(3) == 0 ? 0 : below(400);
        const bool towards_goal = below(10) < 7;
        if (items.empty() || (items.size() < goal) == towards_goal) {
            items.push_back(std::make_unique<Item>(Item{.key = static_cast<int>(below(key_count))}));
            pair.insert(*items.back());
        } else {
            // Half of the removals take the first, as a queue does.
            const auto victim = below(2) == 0 ? std::ranges::find(items, pair.tree.first(), &Items::value_type::get)
                                              : items.begin() + static_cast<std::ptrdiff_t>(below(items.size()));
            pair.remove(**victim);
            std::swap(*victim, items.back());
            items.pop_back();
        }
        REQUIRE(pair.fault() == no_fault);
    }
}

TEST_CASE("ordered tree: every order of inserting and removing five objects works") {
    const Items items = make_items(numbers_below(5));
    std::vector<size_t> inserts{0, 1, 2, 3, 4};
    do {
        std::vector<size_t> removes{0, 1, 2, 3, 4};
        do {
            Pair pair;
            for (const size_t i : inserts) pair.insert(*items[i]);
            REQUIRE(pair.fault() == no_fault);
            for (const size_t i : removes) {
                pair.remove(*items[i]);
                REQUIRE(pair.fault() == no_fault);
            }
        } while (std::ranges::next_permutation(removes).found);
    } while (std::ranges::next_permutation(inserts).found);
}

TEST_CASE("ordered tree: sorted input stays balanced, and inserting compares at most once a level") {
    std::vector<int> keys = numbers_below(10'000);
    if (GENERATE(false, true)) std::ranges::reverse(keys);
    const Items items = make_items(keys);
    Pair pair;
    for (const auto& item : items) {
        comparisons = 0;
        pair.insert(*item);
        REQUIRE(least_nodes(comparisons) < pair.model.size());
    }
    REQUIRE(pair.fault() == no_fault);
    CHECK(pair.height == 14);
    while (!pair.tree.empty()) {
        pair.remove(*pair.tree.first());
        if (pair.model.size() % 100 == 0) REQUIRE(pair.fault() == no_fault);
    }
    CHECK(pair.model.empty());
}

TEST_CASE("ordered tree: the sparsest tree survives removals that change every level") {
    struct Part {
        int first_key;
        int height;
    };
    // Each node's left subtree is the higher one. Inserted level by level, the tree is built without
    // rotations.
    constexpr int top_height = 16;
    std::vector<int> keys;
    std::vector<Part> parts{{.first_key = 0, .height = top_height}};
    for (size_t i = 0; i < parts.size(); ++i) {
        const Part part = parts[i];
        if (part.height <= 0) continue;
        keys.push_back(part.first_key + static_cast<int>(least_nodes(part.height - 1)));
        parts.push_back({.first_key = part.first_key, .height = part.height - 1});
        parts.push_back({.first_key = keys.back() + 1, .height = part.height - 2});
    }
    const Items items = make_items(keys);
    Pair pair;
    for (const auto& item : items) pair.insert(*item);
    REQUIRE(pair.fault() == no_fault);
    REQUIRE(items.size() == least_nodes(top_height));
    REQUIRE(pair.height == top_height);
    // The last key hangs on the shortest path: without it every subtree above it gets lower.
    pair.remove(*pair.model.rbegin()->second);
    REQUIRE(pair.fault() == no_fault);
    CHECK(pair.height == top_height - 1);
    for (int i = 0; i < 100; ++i) {
        pair.remove(*pair.model.rbegin()->second);
        REQUIRE(pair.fault() == no_fault);
    }
}

TEST_CASE("ordered tree: an object can be in two trees with different orders") {
    Tree by_key;
    AgeTree by_age;
    std::array<Item, 50> items{};
    for (int i = 0; i < 50; ++i) {
        Item& item = items[static_cast<size_t>(i)];
        item.key = item.age = i * 7 % 50;
        by_key.insert(item);
        by_age.insert(item);
    }
    for (int i = 0; i < 50; ++i) {
        CHECK(by_key.first()->key == i);
        CHECK(by_age.first()->age == 49 - i);
        by_key.remove(*by_key.first());
        by_age.remove(*by_age.first());
    }
}
