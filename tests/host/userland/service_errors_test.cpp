// SPDX-License-Identifier: BSD-2-Clause
// What services refuse: told apart though their numbers are the same, and said in the right sentence.
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "apps/store/store_protocol.hpp"
#include "servers/memory/memory_protocol.hpp"
#include "servers/names/name_protocol.hpp"
#include "servers/restart/restart_protocol.hpp"
#include "servers/tasks/task_builder.hpp"
#include "servers/tasks/task_protocol.hpp"

namespace unheard {
enum class Refusal : uint16_t { of_this = 1 };
}

TEST_CASE("an error of one service is none of another's") {
    const sel::Error error(memory_server::Refusal::over_quota, 64, 36);
    CHECK(error.is(memory_server::Refusal::over_quota));
    CHECK(!error.is(memory_server::Refusal::over_count));
    CHECK(!error.is(task_manager::Refusal::no_program));
    CHECK(!error.is(unheard::Refusal::of_this));
    CHECK(std::set{sel::errors_of<memory_server::Refusal>(), sel::errors_of<task_manager::Refusal>(),
                   sel::errors_of<name_service::Refusal>(), sel::errors_of<restart::Refusal>(),
                   sel::errors_of<restart::Notice>(), sel::errors_of<store::Refusal>(),
                   sel::errors_of<tasks::BuilderRefusal>(), sel::errors_of<unheard::Refusal>()}
              .size() == 8);
}

TEST_CASE("a service's error is said in its own sentence, by whoever knows its protocol") {
    const auto sentence = [](const sel::Error& error) { return sel::format("{}", error); };
    CHECK(sentence({memory_server::Refusal::over_quota, 64, 36}) ==
          "64 pages are needed where the account has 36 left");
    CHECK(sentence({task_manager::Refusal::no_program}) == "the boot archive has no such program");
    CHECK(sentence({task_manager::Refusal::not_yours, (uint64_t{1} << 32) + 7}) == "no task 7 is the caller's");
    CHECK(sentence({task_manager::Refusal::wrong_state, 2}) == "the task runs already");
    CHECK(sentence({task_manager::Refusal::wrong_state, 3}) == "the task has ended");
    CHECK(sentence({name_service::Refusal::not_found}) == "the view has no such name");
    CHECK(sentence({restart::Notice::restarted}) == "the server was restarted while it worked on the call");
    CHECK(sentence({store::Refusal::out_of_turn, 4, 2}) == "request 4 is neither the last one, 2, nor the next");
    CHECK(sentence({unheard::Refusal::of_this, 5, 6}) == "the service refused with its error 1 (5, 6)");
}
