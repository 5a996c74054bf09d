// SPDX-License-Identifier: BSD-2-Clause
// Frame's method: cache maintenance.
#include "object/frame.hpp"

#include "abi/methods.hpp"
#include "machine.hpp"

namespace selene {

Result<void> frame_maintain(Invocation& call, const FrameMaintain& arguments) {
    constexpr uint64_t step = page_bytes;
    const Frame frame(call.self);
    if (frame.device()) return refuse(abi::ErrorCode::device_memory, 0);
    if (arguments.offset >= frame.bytes()) return refuse(abi::ErrorCode::argument_out_of_range, 2, frame.bytes() - 1);
    if (arguments.bytes > frame.bytes() - arguments.offset)
        return refuse(abi::ErrorCode::argument_out_of_range, 3, frame.bytes() - arguments.offset);
    uint64_t done = call.progress();
    while (done < arguments.bytes) {
        const uint64_t bytes = arguments.bytes - done < step ? arguments.bytes - done : step;
        machine::maintain_cache(arguments.operation, machine::window<void>(frame.base() + arguments.offset + done),
                                bytes);
        done += bytes;
        if (call.preemption.due(config::steps_between_polls) && done < arguments.bytes) return call.preempt(done);
    }
    return {};
}

}  // namespace selene
