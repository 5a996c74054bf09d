// SPDX-License-Identifier: BSD-2-Clause
// Says how many cores have come up and how fast time is counted, by what the kernel has told the first task.

#include <abi/boot_info.hpp>
#include <bit>
#include <checks.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/print.hpp>

namespace {

using selene::abi::BootInfo;

const std::byte* mapped(std::string_view name) {
    return sel::or_abort(sel::environment().memory(name), "finding a page").bytes.data();
}

}  // namespace

int main() {
    test::begin();
    const auto& info = *reinterpret_cast<const BootInfo*>(mapped("boot_info"));
    test::check(info.magic == BootInfo::expected_magic, "it is what the kernel has told");
    test::check((info.cores_answered & 1) != 0, "the core that boots is there");
    test::check(std::bit_width(info.cores_answered) <= static_cast<int>(info.core_count), "no core is unknown");

    static_assert(offsetof(BootInfo, core_count) == 136);
    const auto* part = reinterpret_cast<const uint64_t*>(mapped("part"));
    test::check(part[0] == 0 && part[1] == info.core_count && part[2] == info.cores_answered,
                "a part of it is that part");
    // What lies behind the structure is not told.
    const auto* page = mapped("boot_info");
    for (size_t at = sizeof(BootInfo); at < 4096; ++at) test::check(page[at] == std::byte{0}, "the rest is zero");

    const uint64_t second = sel::Clock::ticks(std::chrono::seconds(1));
    test::check(second == info.timer_frequency, "programs count time as the kernel does");
    sel::println("a second has {} ticks", second);
    sel::println("{} of {} cores have answered", std::popcount(info.cores_answered), info.core_count);
    return test::finish();
}
