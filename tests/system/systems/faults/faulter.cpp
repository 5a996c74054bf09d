// SPDX-License-Identifier: BSD-2-Clause
// Faults in the way that its specification names (`way`), and says so if it goes on.

#include <cstdint>

#include <checks.hpp>

#include <sel/environment.hpp>

namespace {

constexpr uint64_t nowhere = 0x1234'5678'0;

volatile uint64_t& word_at(uint64_t address) { return *reinterpret_cast<volatile uint64_t*>(address); }

void run_at(uint64_t address) {
    // Without a call, so that the fault's pc is this address.
    asm volatile("blr %0" : : "r"(address) : "x30", "memory");
}

[[gnu::aligned(8)]] uint32_t data[] = {0xd65f03c0};  // ret

void fault(std::string_view way) {
    if (way == "reads") {
        const uint64_t word = word_at(nowhere);
        sel::print("{}: read {}\n", way, word);
    } else if (way == "writes") {
        word_at(nowhere) = 1;
    } else if (way == "executes") {
        run_at(nowhere);
    } else if (way == "writes_code") {
        word_at(reinterpret_cast<uint64_t>(&fault)) = 1;
    } else if (way == "executes_data") {
        run_at(reinterpret_cast<uint64_t>(data));
    } else if (way == "calls") {
        asm volatile("svc #4711" : : : "memory");
    } else if (way == "undefined") {
        asm volatile("udf #1");
    } else if (way == "misaligned") {
        // Exclusive accesses must be aligned even to normal memory.
        asm volatile("ldxr x0, [%0]" : : "r"(reinterpret_cast<uint64_t>(data) + 1) : "x0", "memory");
    } else if (way == "breaks") {
        asm volatile("brk #7");
    } else if (way == "floats") {
        // fmov d0, #1.0: as a word, because the program is checked for having no such instruction
        asm volatile(".word 0x1e6e1000");
    }
}

}  // namespace

int main() {
    const auto way = sel::environment().argument("way").value_or("");
    sel::print("{}: ready\n", way);
    fault(way);
    sel::print("{}: goes on\n", way);
}
