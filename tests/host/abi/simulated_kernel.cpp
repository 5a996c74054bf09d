// SPDX-License-Identifier: BSD-2-Clause
// The way from a system call to the generated decoder and back.

#include "simulated_kernel.hpp"

#include "abi/dispatch.hpp"
#include "sel/system_call.hpp"

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
    if (const auto result = selene::dispatch(invocation); !result) {
        const selene::Error& error = result.error();
        return {.x0 = static_cast<uint64_t>(error.code),
                .tag = abi::Tag().with_error(),
                .words = {error.detail0, error.detail1, error.done}};
    }
    kernel.given_results = invocation.result_length;
    return {.tag = abi::Tag().with_length(kernel.given_results), .words = invocation.results};
}

}  // namespace sel
