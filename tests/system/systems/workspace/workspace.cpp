// SPDX-License-Identifier: BSD-2-Clause
// Reserves, maps, fills, shares, adopts and gives back memory at random, and looks whether anything is left behind.
//
// From its specification:
//     table, space, memory   its own
//     grows                  argument: that its table is linked to others as it needs them
//     operations             argument: how many
//     done, before           notifications: to signal at the end, to wait for at the start
//     power                  the last one to end has it

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include <checks.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>
#include <sel/table_links.hpp>
#include <sel/workspace.hpp>

namespace {

using test::check;

constexpr uint64_t page = sel::Workspace::page_bytes;
constexpr sel::abi::RightsMask readable{sel::abi::Right::read};

/// Does anything with a workspace. Each piece of memory begins with its own address and ends with a number.
class Random {
public:
    explicit Random(sel::Workspace& work) : work_(work) {}

    void operate() {
        switch (next() % 8) {
        case 0:
        case 1:
        case 2: keep(held_, work_.map(next() % 300 == 0 ? uint64_t{2} << 20 : 1 + next() % (12 * page))); break;
        case 3: keep(reserved_, work_.reserve(1 + next() % (12 * page))); break;
        case 4:
            if (!held_.empty()) keep(shared_, one(held_).share(readable));
            break;
        case 5: adopt(); break;
        case 6:
            if (!reserved_.empty()) note(work_.map_at(one(reserved_), 0, 1 + next() % page));
            break;
        default:
            drop(held_);
            drop(shared_);
            drop(reserved_);
            break;
        }
    }

    uint64_t obeyed = 0, refused = 0, wrong = 0;

private:
    static constexpr size_t most = 60;  // of each: the heap has its limit, too

    uint64_t next() {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return random_;
    }
    template <typename T>
    T& one(std::vector<T>& all) {
        return all[next() % all.size()];
    }
    template <typename T>
    bool note(const sel::Result<T>& result) {
        ++(result ? obeyed : refused);
        return result.has_value();
    }
    void keep(std::vector<sel::MappedMemory>& all, sel::Result<sel::MappedMemory> made) {
        if (all.size() == most) drop(all);
        if (!note(made)) return;
        auto* const words = reinterpret_cast<uint64_t*>(made->address());
        const size_t last = made->bytes().size() / sizeof(uint64_t) - 1;
        wrong += words[0] != 0 || words[last] != 0 ? 1 : 0;
        words[0] = made->address();
        words[last] = 1;
        all.push_back(std::move(*made));
    }
    template <typename T>
    void keep(std::vector<T>& all, sel::Result<T> made) {
        if (all.size() == most) drop(all);
        if (note(made)) all.push_back(std::move(*made));
    }
    template <typename T>
    void drop(std::vector<T>& all) {
        if (all.empty()) return;
        std::swap(one(all), all.back());
        all.pop_back();
    }
    void drop(std::vector<sel::MappedMemory>& all) {
        if (all.empty()) return;
        std::swap(one(all), all.back());
        const auto* const words = reinterpret_cast<const uint64_t*>(all.back().address());
        wrong += words[0] != all.back().address() ? 1 : 0;
        all.pop_back();
    }
    /// What a partner would do with what is shared: map children of the capabilities, and look.
    void adopt() {
        if (shared_.empty()) return;
        const auto& [table, space, slots, addresses] = work_.means();
        const sel::Frames run = one(shared_).runs()[0];
        const auto children = sel::derive(table, slots, {.first = run.first, .count = run.count});
        if (!note(children)) return;
        const auto memory = work_.adopt({*children, run.count, run.size_bits}, {.rights = readable});
        if (!note(memory)) {
            (void)sel::take_away(table, slots, *children, run.count);
            return;
        }
        const uint64_t first = *reinterpret_cast<const uint64_t*>(memory->address());
        wrong += first == 0 || first % page != 0 ? 1 : 0;
    }

    sel::Workspace& work_;
    uint64_t random_ = 88172645463325252;
    std::vector<sel::Reservation> reserved_;
    std::vector<sel::MappedMemory> held_;
    std::vector<sel::SharedFrames> shared_;
};

void operate(uint64_t operations) {
    const auto& environment = sel::environment();
    const sel::Workspace::Means means{
        sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the table"),
        sel::or_abort(environment.capability<sel::AddressSpace>("space"), "finding the space"), sel::own_slots(),
        sel::own_addresses()};
    const auto memory = sel::or_abort(environment.capability<sel::Untyped>("memory"), "finding memory");
    constexpr uint64_t pages = 256;
    constexpr int rounds = 5;
    const uint64_t addresses = means.addresses.available();
    const uint64_t slots = means.slots.available();
    sel::TableLinks* const links = means.slots.links();
    check((links != nullptr) == environment.argument("grows").has_value(), "its table is linked, or is not");
    uint64_t tables = 0;
    for (int round = 0; round < rounds; ++round) {
        {
            sel::Workspace work(means);
            test::succeeds(work.memory().add(memory, pages), "taking the memory");
            if (links != nullptr) links->use(work.memory());
            Random random(work);
            for (uint64_t operation = 0; operation < operations / rounds; ++operation) random.operate();
            check(random.wrong == 0, "new memory is zero, and what was written stays");
            check(random.obeyed > operations / rounds / 3 && random.refused != 0, "some are obeyed, some refused");
            check(means.addresses.available() < addresses, "something is held");
            if (links != nullptr) tables = std::max(tables, links->tables());
        }
        check(means.slots.available() == slots, "all slots are back");
        check(means.addresses.available() == addresses, "all addresses are back");
        sel::Workspace again(means);
        test::succeeds(again.memory().add(memory, pages), "and nothing is made from the memory");
        check(again.memory().free_pages() == pages, "all of it is free");
    }
    check((tables > 1) == (links != nullptr), "slots grow where there are links");
    sel::println("{} operations, {} slots at first, {} tables linked", operations, slots, tables);
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    if (const auto before = environment.notification("before")) (void)before->wait();
    test::begin();
    const auto text = sel::or_abort(environment.argument("operations"), "finding the number of operations");
    uint64_t operations = 0;
    std::from_chars(text.data(), text.data() + text.size(), operations);
    operate(operations);
    if (const auto done = environment.notification("done")) {
        test::summarize();
        sel::flush();
        (void)done->signal();
        return 0;
    }
    return test::finish();
}
