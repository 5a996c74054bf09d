// SPDX-License-Identifier: BSD-2-Clause
// A partner that dies just when the survivors wait for it.
//
// From its specification: what group.hpp names, and
//     number             argument: its number, which says what it does before
//     begin1, begin2     notifications (W): tell the survivors that it is ready

#include <charconv>

#include "group.hpp"

namespace {

void prepare(group::Handles& with) {
    switch (with.self) {
    case group::holder: {
        static auto held = with.lock.lock();
        break;
    }
    case group::releaser: sel::or_abort(with.semaphore.release(), "releasing"); break;
    case group::source:
        for (uint32_t survivor = 0; survivor < group::survivors; ++survivor) {
            sel::Producer<uint64_t, 8> producer(with.shared.channels[survivor], with.bells[2], with.bells[survivor]);
            for (uint64_t number = 0; number < group::messages; ++number) {
                sel::or_abort(producer.put(number), "sending");
            }
            sel::or_abort(producer.flush(), "sending");
        }
        break;
    default: break;
    }
}

}  // namespace

int main() {
    const auto text = sel::or_abort(sel::environment().argument("number"), "finding the number");
    uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    group::Handles with(number);
    prepare(with);
    // The survivors are more urgent: when these return, both wait.
    for (const auto* begin : {"begin1", "begin2"}) sel::or_abort(group::bell(begin).signal(), "telling the survivors");
    *reinterpret_cast<volatile uint64_t*>(0xdead000) = number;
}
