// SPDX-License-Identifier: BSD-2-Clause
// Ends the program when a test takes far longer than it ever should: a mutant that loops is found out soon.
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>

#include <sys/time.h>

#include <string_view>

namespace {

constexpr int seconds_of_a_test = 10;
constexpr int seconds_of_a_campaign = 90;

class Watchdog : public Catch::EventListenerBase {
public:
    using EventListenerBase::EventListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo& test) override {
        const bool short_one = std::string_view(test.lineInfo.file).find("/host/kernel/") != std::string_view::npos;
        const itimerval processor_time{{}, {short_one ? seconds_of_a_test : seconds_of_a_campaign, 0}};
        // Its signal ends the program.
        setitimer(ITIMER_VIRTUAL, &processor_time, nullptr);
    }
};

}  // namespace

CATCH_REGISTER_LISTENER(Watchdog)
