// SPDX-License-Identifier: BSD-2-Clause
// The mailbox with real threads as cores, which the thread sanitizer watches: nothing is lost, nothing is in it twice.
#include "scheduling/mailbox.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "machine.hpp"

namespace selene {

void machine::raise_interrupt(unsigned, CoreId) {}

namespace test {

namespace {

constexpr unsigned mails = 3;
constexpr std::array errands = {Errand::greet, Errand::greeted};

/// Who posts writes into what the mail is about, and the mailbox's core reads that: the mailbox alone orders the two.
struct Subject {
    Mail mail{};
    std::array<std::atomic<uint64_t>, errands.size()> asked{};
    std::array<uint64_t, errands.size()> done{};  ///< the taker's: what it has seen of `asked`
};

}  // namespace

TEST_CASE("what is posted is taken out once, in any order of arrival") {
    Mailbox mailbox{};
    Mail a{};
    Mail b{};
    CHECK(mailbox.post(a, Errand::greet));
    CHECK(!mailbox.post(b, Errand::greeted));
    CHECK(!mailbox.post(a, Errand::greeted));
    CHECK(!mailbox.post(a, Errand::greet));
    std::vector<std::pair<Mail*, uint32_t>> taken;
    const auto note = [&](Mail& mail, uint32_t bits) { taken.emplace_back(&mail, bits); };
    mailbox.take_all(note);
    CHECK(taken == std::vector<std::pair<Mail*, uint32_t>>{{&b, 2}, {&a, 3}});
    mailbox.take_all(note);
    CHECK(taken.size() == 2);
    CHECK(mailbox.post(b, Errand::greet));
}

TEST_CASE("a mail may be posted again, here or elsewhere, while it is being carried out") {
    Mailbox here{};
    Mailbox there{};
    Mail a{};
    Mail b{};
    CHECK(here.post(a, Errand::greet));
    CHECK(!here.post(b, Errand::greet));
    unsigned carried_out = 0;
    here.take_all([&](Mail& mail, uint32_t) {
        carried_out++;
        CHECK((&mail == &b ? here : there).post(mail, Errand::greeted));
    });
    CHECK(carried_out == 2);
    here.take_all([&](Mail& mail, uint32_t bits) { CHECK((&mail == &b && bits == 2)); });
    there.take_all([&](Mail& mail, uint32_t bits) { CHECK((&mail == &a && bits == 2)); });
}

TEST_CASE("cores post while another takes: what was asked for last is done, after it was asked") {
    constexpr unsigned posters = 3;
    constexpr unsigned rounds = 20'000;
    Mailbox mailbox{};
    std::array<Subject, mails> subjects;
    std::atomic<bool> rung = false;
    std::atomic<unsigned> posting = posters;
    std::vector<std::jthread> threads;
    for (unsigned poster = 0; poster < posters; ++poster) {
        threads.emplace_back([&, poster] {
            std::mt19937_64 random(Catch::getSeed() + poster);
            for (unsigned round = 0; round < rounds; ++round) {
                Subject& subject = subjects[random() % mails];
                const unsigned errand = random() % errands.size();
                subject.asked[errand].fetch_add(1, std::memory_order_relaxed);
                if (mailbox.post(subject.mail, errands[errand])) rung.store(true, std::memory_order_release);
            }
            posting.fetch_sub(1, std::memory_order_release);
        });
    }
    uint64_t empty_mails = 0;
    uint64_t taken = 0;
    const auto take = [&] {
        mailbox.take_all([&](Mail& mail, uint32_t bits) {
            if (bits == 0) empty_mails++;
            taken++;
            auto& subject = *reinterpret_cast<Subject*>(&mail);
            for (unsigned errand = 0; errand < errands.size(); ++errand) {
                if ((bits >> errand & 1) != 0)
                    subject.done[errand] = subject.asked[errand].load(std::memory_order_relaxed);
            }
        });
    };
    // Only when rung: a ring that is missing would leave something undone.
    while (posting.load(std::memory_order_acquire) != 0 || rung.load(std::memory_order_acquire)) {
        if (rung.exchange(false, std::memory_order_acquire)) take();
    }
    CHECK(empty_mails == 0);
    CHECK(taken > 0);
    for (const Subject& subject : subjects) {
        CHECK(subject.mail.errands.load() == 0);
        for (unsigned errand = 0; errand < errands.size(); ++errand)
            CHECK(subject.done[errand] == subject.asked[errand].load());
    }
}

}  // namespace test
}  // namespace selene
