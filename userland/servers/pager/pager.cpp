// SPDX-License-Identifier: BSD-2-Clause
// The pager: gives other components the pages that they touch, and reports what it refuses, and how they end.
//
// From its specification; N is a client's badge at the fault endpoint, from 1 on:
//     faults     endpoint (R): the fault endpoint of its clients; a Reply `answer`
//     table, space   its own
//     memory     an untyped: for mappings of its own
//     spaceN     the client's address space
//     memoryN    an untyped: all that the client can have, pages and page tables
//     regionsN   argument: "KIND ADDRESS PAGES [FILE]; ..." with the kinds of sel::PageSource; FILE is memory that is
//                mapped here (`map file[] (R)`), whose frames are `FILE_frames` (`file[] (R)`)
//     power      power control, optional: with it, it switches the machine off when all clients have ended or stay

#include <charconv>
#include <deque>
#include <map>
#include <string>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/paged_space.hpp>

namespace {

using sel::or_abort;
using sel::Verdict;

constexpr std::string_view source_names[] = {"zero", "file", "copy", "guard"};
constexpr std::string_view access_names[] = {"reading", "writing", "executing"};

/// The next word of a text, up to one of the delimiters, which go with it.
std::string_view next_word(std::string_view& text, std::string_view delimiters) {
    text.remove_prefix(std::min(text.find_first_not_of(delimiters), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(delimiters));
    text.remove_prefix(word.size());
    return word;
}

uint64_t number_of(std::string_view word) {
    const bool is_hexadecimal = word.starts_with("0x");
    word.remove_prefix(is_hexadecimal ? 2 : 0);
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, is_hexadecimal ? 16 : 10);
    if (error != std::errc() || end != word.data() + word.size()) {
        sel::println("pager: '{}' is no number", word);
        std::abort();
    }
    return number;
}

sel::PagedRegion region_of(std::string_view text) {
    const std::string_view kind = next_word(text, " ");
    const auto* const source = std::find(std::begin(source_names), std::end(source_names), kind);
    if (source == std::end(source_names)) {
        sel::println("pager: '{}' is no kind of region", kind);
        std::abort();
    }
    sel::PagedRegion region{.address = number_of(next_word(text, " ")),
                            .pages = number_of(next_word(text, " ")),
                            .source = static_cast<sel::PageSource>(source - std::begin(source_names))};
    if (const std::string file(next_word(text, " ")); !file.empty()) {
        const auto& environment = sel::environment();
        region.file.bytes = or_abort(environment.memory(file), "finding a file").bytes;
        region.file.first =
            or_abort(environment.capability<sel::Frame>(file + "_frames[0]"), "finding its frames").index();
    }
    return region;
}

/// A client: its memory, its space.
struct Client {
    Client(uint64_t badge, const sel::PagedSpace::Means& means)
        : memory(means.table, means.slots),
          space(or_abort(sel::environment().capability<sel::AddressSpace>("space" + std::to_string(badge)),
                         "finding a client's space"),
                memory, means) {}

    sel::UntypedAllocator memory;
    sel::PagedSpace space;
    bool is_running = true;
};

class Pager {
public:
    explicit Pager(const sel::PagedSpace::Means& means) {
        const auto& environment = sel::environment();
        for (uint64_t badge = 1;; ++badge) {
            const auto regions = environment.argument("regions" + std::to_string(badge));
            if (!regions) break;
            Client& client = clients_.try_emplace(badge, badge, means).first->second;
            const auto untyped = or_abort(environment.capability<sel::Untyped>("memory" + std::to_string(badge)),
                                          "finding a client's memory");
            or_abort(client.memory.add(untyped), "taking a client's memory");
            for (std::string_view rest = *regions; !rest.empty();) {
                if (const auto region = next_word(rest, ";"); !region.empty()) {
                    or_abort(client.space.add(region_of(region)), "adding a region");
                }
            }
        }
    }

    Verdict fault(uint64_t badge, const sel::Fault& fault) {
        const auto client = clients_.find(badge);
        if (client == clients_.end()) return Verdict::stay;
        if (const auto* page = std::get_if<sel::PageFault>(&fault)) {
            const auto done = client->second.space.handle(*page);
            if (done) return Verdict::resume;
            sel::println("pager: client {} stays, {} {:#x}: {}", badge,
                         access_names[static_cast<uint64_t>(page->access)], page->address, done.error());
        } else if (const auto* call = std::get_if<sel::UnknownSystemCall>(&fault);
                   call != nullptr && call->number == static_cast<uint64_t>(sel::Ending::finished)) {
            sel::println("pager: client {} has finished with {} pages", badge, client->second.space.pages());
            ++finished_;
        } else {
            sel::println("pager: client {} stays after another fault", badge);
        }
        client->second.is_running = false;
        end_with_the_last();
        return Verdict::stay;
    }

private:
    void end_with_the_last() const {
        for (const auto& [badge, client] : clients_) {
            if (client.is_running) return;
        }
        if (const auto power = sel::environment().capability<sel::PowerControl>("power")) {
            sel::println("pager: {} of {} clients have finished, the others stay", finished_, clients_.size());
            sel::println("exit 0");
            sel::flush();
            or_abort(power->off(), "switching the machine off");
        }
    }

    std::map<uint64_t, Client> clients_;
    uint64_t finished_ = 0;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto faults = or_abort(environment.endpoint("faults"), "finding the fault endpoint");
    const auto reply = or_abort(environment.reply("answer"), "finding the reply");
    const auto table = or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto space = or_abort(environment.capability<sel::AddressSpace>("space"), "finding the own space");
    const auto memory = or_abort(environment.capability<sel::Untyped>("memory"), "finding memory");
    sel::UntypedAllocator own_memory(table, sel::own_slots());
    or_abort(own_memory.add(memory), "taking the memory");
    sel::Mapper mapper(space, table, own_memory, sel::own_addresses());
    Pager pager(sel::PagedSpace::Means{table, sel::own_slots(), mapper});
    or_abort(sel::serve_faults(faults, reply, pager), "receiving faults");
}
