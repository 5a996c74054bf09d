// SPDX-License-Identifier: BSD-2-Clause
// The way from a system call to the generated decoder and back.

#include "simulated_kernel.hpp"

#include "abi/dispatch.hpp"
#include "sel/system_call.hpp"

namespace selene {

Refused refuse(abi::ErrorCode code, uint64_t detail0, uint64_t detail1, uint64_t done) {
    kernel.refusal = {detail0, detail1, done};
    return Refused{code};
}

}  // namespace selene

namespace sel {

Registers simulated_system_call(abi::SystemCall number, const Registers& in) {
    if (number != abi::SystemCall::call) std::abort();
    selene::Invocation invocation{.words = in.words,
                                  .given_length = in.tag.length(),
                                  .given_method = in.tag.label(),
                                  .invoked_type = kernel.invoked_type,
                                  .invoked_rights = kernel.invoked_rights,
                                  .table = kernel.table};
    kernel.seen.reset();
    kernel.given_results = 0;
    const uint64_t word0 = selene::Capability::Type::make(selene::cap_type(kernel.invoked_type)) |
                           selene::Capability::rights_bits(kernel.invoked_rights);
    if (const auto result = selene::dispatch(invocation, word0, in.tag); !result) {
        return {.x0 = static_cast<uint64_t>(result.error()),
                .tag = abi::Tag().with_error(),
                .words = {kernel.refusal.detail0, kernel.refusal.detail1, kernel.refusal.done}};
    }
    kernel.given_results = invocation.result_length;
    return {.tag = abi::Tag().with_length(kernel.given_results), .words = invocation.results};
}

}  // namespace sel
