// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `kernel`: map, grant and unmap of capabilities, and what unmap costs in a crowd.
#include "kernel_rows.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr uint64_t descendants = 10'000;  // at most, in the rows that unmap many
constexpr uint64_t unrelated = 100'000;   // capabilities present in the rows `crowd`

/// Descendants of a capability in the first slot of a table: a tree of mixed depth, made by deriving a child of each
/// that is there, over and over.
class Family {
public:
    Family(const Holdings& holdings, sel::CapTable table) : own_table_(holdings.table), table_(table) {}

    /// Puts the founder in, a child of what the slot holds.
    [[nodiscard]] sel::Result<void> found(sel::CapIndex parent) const { return derive(own_table_, parent.raw(), 0, 1); }
    /// Gives the founder `count` descendants where it has none.
    [[nodiscard]] sel::Result<void> grow(uint64_t count) const {
        for (uint64_t present = 1; present <= count;) {
            const uint64_t more = present <= count + 1 - present ? present : count + 1 - present;
            SEL_TRY_VOID(derive(table_, 0, present, more));
            present += more;
        }
        return {};
    }
    /// Takes the founder's descendants away, and itself too if asked.
    [[nodiscard]] sel::Result<uint64_t> unmap(abi::KeepRoot root) const {
        return table_.unmap({.first = 0, .count = 1, .root = root});
    }

private:
    [[nodiscard]] sel::Result<void> derive(sel::CapTable source, uint64_t source_first, uint64_t first,
                                           uint64_t count) const {
        SEL_TRY_VOID(table_.map({.first = first,
                                 .source = source,
                                 .source_first = source_first,
                                 .count = count,
                                 .rights = abi::Right::write,
                                 .badge = 0}));
        return {};
    }

    sel::CapTable own_table_;
    sel::CapTable table_;
};

template <RowName row, Runs runs = few>
sel::Result<void> measure_unmap_of(const Family& family, uint64_t count) {
    return measure<row, runs>([&family, count](uint64_t) { return family.grow(count); },
                              [&family](uint64_t) { return family.unmap(abi::KeepRoot::descendants); });
}

/// The tables are made before the endpoints that hang in them, and so end after these.
sel::Result<void> measure_descendants(const Holdings& holdings) {
    const sel::CapIndex family_table = holdings.empty;
    const sel::CapIndex crowd_table = holdings.empty + 1;
    const sel::CapIndex endpoints = holdings.empty + 2;
    SEL_TRY_VOID(holdings.make({.type = abi::ObjectType::cap_table, .size = descendants + 1}, family_table));
    SEL_TRY_VOID(holdings.make({.type = abi::ObjectType::cap_table, .size = unrelated}, crowd_table));
    SEL_TRY_VOID(holdings.make({.type = abi::ObjectType::endpoint, .count = 2}, endpoints));
    const Family family(holdings, sel::CapTable(family_table));
    const Family crowd(holdings, sel::CapTable(crowd_table));
    SEL_TRY_VOID(family.found(endpoints));
    SEL_TRY_VOID(crowd.found(endpoints + 1));

    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.10">(family, 10));
    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.100">(family, 100));
    SEL_TRY_VOID((measure_unmap_of<"cap.unmap.1000", usual>(family, 1000)));
    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.10000">(family, descendants));
    SEL_TRY_VOID(crowd.grow(unrelated - 1));
    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.crowd.10">(family, 10));
    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.crowd.100">(family, 100));
    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.crowd.1000">(family, 1000));
    SEL_TRY_VOID(measure_unmap_of<"cap.unmap.crowd.10000">(family, descendants));
    SEL_TRY_VOID(holdings.clear_slots(4));
    return {};
}

}  // namespace

sel::Result<void> measure_capabilities(const Holdings& holdings) {
    // A parent without badge of its own, so that each child is given one.
    SEL_TRY_VOID(holdings.make({.type = abi::ObjectType::endpoint}, holdings.empty));
    const sel::CapIndex child = holdings.empty + 1;
    note<"cap.map">("an endpoint, with fewer rights and a badge");
    SEL_TRY_VOID(
        measure<"cap.map">([&](uint64_t run) { return holdings.derive(child + run, holdings.empty, 1 + run); }));
    note<"cap.unmap">("a derived one");
    SEL_TRY_VOID(measure<"cap.unmap">([&](uint64_t run) {
        return holdings.table.unmap({.first = (child + run).raw(), .count = 1, .root = abi::KeepRoot::self});
    }));
    SEL_TRY_VOID(holdings.derive(child, holdings.empty, 1));
    note<"cap.grant">("a derived one");
    SEL_TRY_VOID(measure<"cap.grant">([&](uint64_t run) {
        return holdings.table.grant({.first = (child + run + 1).raw(),
                                     .source = holdings.table,
                                     .source_first = (child + run).raw(),
                                     .count = 1});
    }));
    SEL_TRY_VOID(holdings.clear_slots(1));
    return {};
}

sel::Result<void> measure_unmap(const Holdings& holdings) {
    SEL_TRY_VOID(measure_descendants(holdings));
    constexpr uint64_t endpoints = 1000;
    constexpr uint64_t pages = 16;
    const sel::CapIndex first = holdings.empty + 1;
    SEL_TRY_VOID(holdings.make({.type = abi::ObjectType::untyped, .size = pages}, holdings.empty));
    const sel::Untyped untyped(holdings.empty);
    SEL_TRY_VOID(measure<"untyped.unmap.1000">(
        [&](uint64_t) {
            return untyped.retype({.type = abi::ObjectType::endpoint,
                                   .size = 0,
                                   .count = endpoints,
                                   .table = holdings.table,
                                   .first = first.raw()});
        },
        [&](uint64_t) {
            return holdings.table.unmap(
                {.first = holdings.empty.raw(), .count = 1, .root = abi::KeepRoot::descendants});
        }));
    SEL_TRY_VOID(holdings.clear_slots(1));
    return {};
}

}  // namespace bench
