// SPDX-License-Identifier: BSD-2-Clause
// The pager: gives other components the pages that they touch, and reports what it refuses, and how they end.
//
// From its specification; N is a client's badge at the fault endpoint, from 1 on:
//     faults     endpoint (R): the fault endpoint of its clients; a Reply `answer`
//     table, space   its own
//     memory     an untyped: for mappings of its own, and for files of the archive
//     archive    the boot archive, mapped; optional
//     spaceN     the client's address space
//     memoryN    an untyped: all that the client can have, pages and page tables
//     regionsN   argument: "KIND ADDRESS PAGES [FILE]; ..." with the kinds of sel::PageSource; FILE is a file of the
//                archive, or memory that is mapped here (`map file[] (R)`), whose frames are `FILE_frames` (`file[] (R)`)
//     power      power control, optional: with it, it switches the machine off when all clients have ended or stay

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <string>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/paged_space.hpp>

#include "../tasks/boot_archive.hpp"

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

/// Files, by name: of the specification's memory, or of the boot archive. A file of the archive lies there at any offset,
/// so it is copied into pages, once for all clients.
class Files {
public:
    Files(sel::UntypedAllocator& memory, sel::Mapper& mapper) : memory_(memory), mapper_(mapper) {
        if (const auto bytes = sel::environment().memory("archive")) {
            archive_ = tasks::BootArchive({reinterpret_cast<const char*>(bytes->bytes.data()), bytes->bytes.size()});
        }
    }

    sel::PagedFile find(const std::string& name) {
        if (const auto known = files_.find(name); known != files_.end()) return known->second;
        const auto archived = archive_.find(name);
        return files_[name] = archived ? or_abort(pages_of(*archived), "reading a file of the archive") : mapped(name);
    }

private:
    sel::Result<sel::PagedFile> pages_of(std::string_view contents) {
        constexpr uint64_t page = sel::PagedSpace::page_bytes;
        const uint64_t count = (contents.size() + page - 1) / page;
        SEL_TRY(made, memory_.allocate({.type = sel::abi::ObjectType::frame, .size = 12, .count = count}));
        SEL_TRY(address, mapper_.map({.first = made.first, .count = count}));
        auto* const bytes = reinterpret_cast<std::byte*>(address);
        std::memcpy(bytes, contents.data(), contents.size());
        return sel::PagedFile{.first = made.first, .bytes = {bytes, count * page}};
    }

    static sel::PagedFile mapped(const std::string& name) {
        const auto& environment = sel::environment();
        return {
            .first = or_abort(environment.capability<sel::Frame>(name + "_frames[0]"), "finding its frames").index(),
            .bytes = or_abort(environment.memory(name), "finding a file").bytes};
    }

    sel::UntypedAllocator& memory_;
    sel::Mapper& mapper_;
    tasks::BootArchive archive_;
    std::map<std::string, sel::PagedFile> files_;
};

sel::PagedRegion region_of(std::string_view text, Files& files) {
    const std::string_view kind = next_word(text, " ");
    const auto* const source = std::find(std::begin(source_names), std::end(source_names), kind);
    if (source == std::end(source_names)) {
        sel::println("pager: '{}' is no kind of region", kind);
        std::abort();
    }
    sel::PagedRegion region{.address = number_of(next_word(text, " ")),
                            .pages = number_of(next_word(text, " ")),
                            .source = static_cast<sel::PageSource>(source - std::begin(source_names))};
    if (const std::string file(next_word(text, " ")); !file.empty()) region.file = files.find(file);
    return region;
}

// What the pager itself needs for a page that it has mapped, at most: its slot and those of two halves of memory that were
// cut for it; bookkeeping of the space, of the objects and of the halves.
constexpr uint64_t slots_for_page = 3, heap_for_page = 300;

/// A client: its memory, its space, and how many pages it may have.
struct Client {
    Client(uint64_t badge, const sel::PagedSpace::Means& means)
        : memory(means.table, means.slots),
          space(or_abort(sel::environment().capability<sel::AddressSpace>("space" + std::to_string(badge)),
                         "finding a client's space"),
                memory, means) {}

    sel::UntypedAllocator memory;
    sel::PagedSpace space;
    uint64_t regions = 0;
    uint64_t most_pages = 0;
    bool is_running = true;
};

class Pager {
public:
    Pager(const sel::PagedSpace::Means& means, Files& files) {
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
                    or_abort(client.space.add(region_of(region, files)), "adding a region");
                    ++client.regions;
                }
            }
        }
        share_out();
    }

    Verdict fault(uint64_t badge, const sel::Fault& fault) {
        const auto client = clients_.find(badge);
        if (client == clients_.end()) return Verdict::stay;
        if (const auto* page = std::get_if<sel::PageFault>(&fault)) {
            const auto done = handle(client->second, *page);
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
    /// The pager's slots and heap are for all: if they do not suffice for all memory that clients have, each gets as many
    /// pages as its part of that memory is, and none takes another's.
    void share_out() {
        uint64_t wanted = 0, tables = 0;
        for (const auto& [badge, client] : clients_) {
            wanted += client.memory.free_pages();
            tables += 2 * client.regions;  // page tables cost as much as pages
        }
        const auto beside_tables = [&](uint64_t all) { return all > tables ? all - tables : 0; };
        const uint64_t by_slots = beside_tables(sel::own_slots().available() / slots_for_page);
        const uint64_t by_heap = beside_tables(SEL_HEAP_BYTES * 3 / 4 / heap_for_page);
        const uint64_t possible = std::min(by_slots, by_heap);
        if (wanted > possible) {
            sel::println("pager: clients have memory for {} pages; there are slots for {}, and heap for {}", wanted,
                         by_slots, by_heap);
        }
        for (auto& [badge, client] : clients_) {
            const uint64_t pages = client.memory.free_pages();
            client.most_pages = wanted > possible ? pages * possible / wanted : pages;
        }
    }

    static sel::Result<void> handle(Client& client, const sel::PageFault& fault) {
        if (client.space.pages() >= client.most_pages) return sel::refused({sel::LibraryError::no_memory, 4096});
        return client.space.handle(fault);
    }

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
    Files files(own_memory, mapper);
    Pager pager(sel::PagedSpace::Means{table, sel::own_slots(), mapper}, files);
    or_abort(sel::serve_faults(faults, reply, pager), "receiving faults");
}
