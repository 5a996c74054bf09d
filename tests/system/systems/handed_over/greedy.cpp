// SPDX-License-Identifier: BSD-2-Clause
// Is handed what memory is left, adds up that nothing is missing, and destroys all of it.
#include <charconv>
#include <cstring>

#include <checks.hpp>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/handover.hpp>
#include <sel/handover_format.hpp>
#include <sel/slot_allocator.hpp>

namespace {

using test::check;

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t modest_quota = 6 << 20;

sel::HandedOverHeader header() {
    const auto region = sel::or_abort(sel::environment().memory("ram"), "finding the description");
    sel::HandedOverHeader header{};
    std::memcpy(&header, region.bytes.data(), sizeof header);
    return header;
}

/// The kernel's word for what the description says of a piece, and that nothing is made of it.
void check_piece(const sel::HandedOver& piece) {
    const auto found = sel::or_abort(piece.untyped.inspect(), "looking at what was handed over");
    check(found.base == piece.physical_address && found.pages * page_bytes == piece.bytes, "it is where it should be");
    check((found.device != 0) == piece.device, "it is what it should be");
    check(found.used == 0, "nothing is made of it");
}

/// All of a piece is free: it makes one untyped of its size.
void check_free(const sel::HandedOver& piece, sel::CapTable table) {
    const auto slot = sel::or_abort(sel::own_slots().allocate(), "a slot");
    const auto made = piece.untyped.retype({.type = sel::abi::ObjectType::untyped,
                                            .size = piece.bytes / page_bytes,
                                            .count = 1,
                                            .table = table,
                                            .first = slot.raw()});
    test::succeeds(made, "all of it is free");
}

uint64_t ask(sel::Endpoint modest, uint64_t number) {
    const auto answer = modest.call(sel::Message(1, number));
    test::succeeds(answer, "asking the other one");
    return answer ? answer->word(0) : 0;
}

}  // namespace

int main() {
    test::begin();
    const auto table = sel::or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the own table");
    const auto modest = sel::or_abort(sel::environment().endpoint("modest"), "finding the other one");
    check(ask(modest, 1) == modest_quota, "the other one has its quota, to the byte");

    const sel::HandedOverHeader head = header();
    const auto pieces = sel::or_abort(sel::take_handed_over("ram", table), "taking it over");
    uint64_t least = 1;
    const auto text = sel::environment().argument("pieces").value_or("");
    std::from_chars(text.data(), text.data() + text.size(), least);
    check(pieces.size() >= least, "it lies in so many pieces");
    uint64_t handed_over = 0;
    bool has_devices = false;
    for (const sel::HandedOver& piece : pieces) {
        check_piece(piece);
        handed_over += piece.device ? 0 : piece.bytes;
        has_devices = has_devices || piece.device;
    }
    check(head.boot_bytes == head.kernel_bytes + head.system_bytes + head.other_bytes + handed_over,
          "boot memory is the kernel's, the system's, and what was handed over");
    check(head.other_bytes == modest_quota, "nothing is with nobody");
    check(head.system_bytes != 0 && head.kernel_bytes != 0 && has_devices, "there is something of everything");
    for (const sel::HandedOver& piece : pieces) {
        check_free(piece, table);
    }
    for (const sel::HandedOver& piece : pieces) {
        const uint64_t slot = piece.untyped.index().raw();
        test::succeeds(table.unmap({.first = slot, .count = 1, .root = sel::abi::KeepRoot::self}), "destroying it");
        check(ask(modest, slot) == modest_quota, "the system goes on");
    }
    return test::finish();
}
