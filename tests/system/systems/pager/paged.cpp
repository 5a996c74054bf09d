// SPDX-License-Identifier: BSD-2-Clause
// A client of the pager: uses its pages properly, or does what its argument `does` says.

#include <array>
#include <cstdint>
#include <cstring>

#include <sel/environment.hpp>
#include <sel/error.hpp>

namespace {

constexpr uint64_t zeroes = 0x4000'0000, file = 0x5000'0000, copy = 0x6000'0000, guard = 0x7000'0000;
constexpr uint64_t archived = 0x8000'0000, archived_copy = 0x8000'2000;
constexpr uint64_t page = 4096;

volatile uint64_t& word_at(uint64_t address) { return *reinterpret_cast<volatile uint64_t*>(address); }

void require(bool holds, std::string_view what) { sel::println("paged: {}: {}", what, holds ? "yes" : "NO"); }

void use_properly() {
    bool holds = true;
    for (uint64_t number = 0; number < 8; ++number) holds = holds && word_at(zeroes + number * page) == 0;
    for (uint64_t number = 0; number < 8; ++number) word_at(zeroes + number * page + 8) = number;
    for (uint64_t number = 0; number < 8; ++number) holds = holds && word_at(zeroes + number * page + 8) == number;
    require(holds, "pages are zero, then what was written");
    // The file is this program.
    constexpr std::array<char, 16> begin{0x7f, 'E', 'L', 'F', 2, 1, 1};
    require(std::memcmp(reinterpret_cast<const char*>(file), begin.data(), begin.size()) == 0, "the file is there");
    require(std::memcmp(reinterpret_cast<const char*>(copy), begin.data(), begin.size()) == 0, "and to be copied");
    word_at(copy) = 42;
    require(word_at(copy) == 42 && word_at(file) != 42, "a write is the writer's own");
    require(std::memcmp(reinterpret_cast<const char*>(copy + 8), begin.data() + 8, begin.size() - 8) == 0,
            "the rest of the page is copied");
    word_at(copy + page) = 43;
    require(word_at(copy + page) == 43 && word_at(copy + page + 8) == word_at(file + page + 8), "written first, too");
    // A file of the boot archive, which ends within the page.
    constexpr std::string_view text =
        "SPDX-License-Identifier: BSD-2-Clause\nA file of the boot archive that is no program.\n";
    const auto* const bytes = reinterpret_cast<const char*>(archived);
    require(std::string_view(bytes, text.size()) == text && bytes[text.size()] == 0 && bytes[page - 1] == 0,
            "a file of the boot archive is there");
    word_at(archived_copy) = 44;
    require(
        word_at(archived_copy) == 44 && word_at(archived) != 44 && word_at(archived_copy + 8) == word_at(archived + 8),
        "and to be copied, too");
}

/// Calls the pager in a loop with messages that look like faults: they are not believed, and others are served.
void forge() {
    const auto faults = sel::or_abort(sel::environment().endpoint("faults"), "finding the fault endpoint");
    bool holds = true;
    for (uint64_t number = 0; number < 4000; ++number) {
        const auto answer =
            faults.call(sel::Message(sel::abi::FaultKind::page_fault, zeroes + number % 8 * page, 1, 0));
        holds = holds && answer && answer->label() != 0;
    }
    require(holds, "forged faults are turned away");
    word_at(zeroes) = 1;
    require(word_at(zeroes) == 1, "true ones are served");
}

}  // namespace

int main() {
    const auto does = sel::environment().argument("does").value_or("properly");
    if (does == "properly") use_properly();
    if (does == "greedy") {
        for (uint64_t address = zeroes;; address += page) word_at(address) = 1;
    }
    if (does == "forges") forge();
    if (does == "guard") word_at(guard) = 1;
    if (does == "file") word_at(file) = 1;
    if (does == "execute") reinterpret_cast<void (*)()>(zeroes)();
    if (does == "outside") require(word_at(guard + 0x1000 * page) == 0, "it goes on");
}
