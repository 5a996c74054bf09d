// SPDX-License-Identifier: BSD-2-Clause
// Budgets: charging and replenishment.
#include "scheduling/sched_context.hpp"

#include "base/assert.hpp"

namespace selene {

void SchedContext::configure(uint64_t budget_ticks, uint64_t period_ticks, uint16_t refill_limit, Ticks now) {
    budget = budget_ticks;
    period = period_ticks;
    limit = refill_limit;
    head = 0;
    count = 1;
    refills[0] = {now.value(), budget_ticks};
}

Refill SchedContext::pop() {
    const Refill refill = first();
    head = static_cast<uint16_t>(wrapped(head + 1u));
    --count;
    return refill;
}

void SchedContext::charge(uint64_t used, Ticks now) {
    if (round_robin()) return charge_round_robin(used);
    const uint64_t begin = now.value() - used;
    consumed += used;
    const bool overrun = first().time > begin || used >= first().amount;
    // It takes from later pieces, too: they are not due before what was used has come back.
    while (used >= first().amount && count > 1) {
        Refill piece = pop();
        used -= piece.amount;
        piece.time += period;
        append(piece);
    }
    if (overrun && count == 1) {
        // All that is left is yet to come back. It stays whole, so that it is enough to run on, and comes as much later as
        // was used too much.
        if (first().time <= begin) {
            used -= first().amount;
            first().time += period;
        }
        first().time += used;
        return;
    }
    if (used > 0) {
        Refill& refill = first();
        const Refill back{refill.time + period, used};
        refill.amount -= used;
        refill.time += used;
        append(back);
        // After an overrun the rest may begin later than what came behind it: they come back together.
        while (count > 1 && at(1).time < first().time) {
            const Refill rest = pop();
            first().time = rest.time;
            first().amount += rest.amount;
        }
    }
}

bool SchedContext::ready(Ticks now, uint64_t minimum) {
    if (ready_simply(now, minimum)) return true;
    Refill& refill = first();
    if (round_robin()) {
        refill = {now.value(), budget};
        return true;
    }
    if (refill.time > now.value()) return false;
    // What may be used now begins now; pieces that are due or would overlap join it, and what is too little waits for
    // the next piece.
    uint64_t time = now.value();
    uint64_t amount = refill.amount;
    while (count > 1 && time <= now.value()) {
        const unsigned next = wrapped(head + 1u);
        const Refill piece = refills[next];
        if (piece.time > time + amount) {
            if (amount >= minimum) break;
            time = piece.time - amount;
        }
        amount += piece.amount;
        head = static_cast<uint16_t>(next);
        --count;
    }
    first() = {time, amount};
    return time <= now.value() && amount >= minimum;
}

}  // namespace selene
