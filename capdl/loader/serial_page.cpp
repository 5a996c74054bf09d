// SPDX-License-Identifier: BSD-2-Clause
// The page with the serial line's registers, through which the loader speaks.
#include "serial_page.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t page_bits = 12;

}  // namespace

std::optional<uint64_t> SerialPage::address() const {
    return info_.serial_bytes == 0 ? std::nullopt : std::optional(info_.serial_base / page_bytes * page_bytes);
}

void SerialPage::open() {
    const auto page = address();
    if (!page) {
        return;
    }
    const auto piece = memory_.cut_at(*page, page_bytes);
    const uint64_t slot = memory_.take_slot();
    if (!piece || !sel::Untyped(sel::CapIndex((*piece)->slot))
                       .retype({.type = abi::ObjectType::frame,
                                .size = page_bits,
                                .count = 1,
                                .table = MachineMemory::own_table(),
                                .first = slot})) {
        return;
    }
    has_own_memory_ = true;
    map(slot);
}

void SerialPage::open_through(uint64_t frame) {
    const uint64_t slot = memory_.take_slot();
    if (MachineMemory::own_table().map({.first = slot,
                                        .source = MachineMemory::own_table(),
                                        .source_first = frame,
                                        .count = 1,
                                        .rights = abi::RightsMask(abi::Right::read) | abi::Right::write,
                                        .badge = 0})) {
        map(slot);
    }
}

void SerialPage::map(uint64_t slot) {
    slot_ = slot;
    is_open_ = true;
    if (const auto mapped = window_.map_device(slot)) {
        report_.open({static_cast<selene::SerialKind>(info_.serial_kind), *mapped});
    }
}

void SerialPage::close() {
    if (is_open_) {
        report_.open({});
        (void)MachineMemory::own_table().unmap({.first = slot_, .count = 1, .root = abi::KeepRoot::self});
        is_open_ = false;
    }
}

}  // namespace capdl::loader
