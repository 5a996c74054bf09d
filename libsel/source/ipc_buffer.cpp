// SPDX-License-Identifier: BSD-2-Clause
// Each thread remembers where its IPC buffer is.

#include <sel/ipc_buffer.hpp>

namespace sel {

namespace {

thread_local IpcBuffer* own_buffer = nullptr;

}  // namespace

IpcBuffer* ipc_buffer() { return own_buffer; }

void set_ipc_buffer(IpcBuffer* buffer) { own_buffer = buffer; }

Result<void> set_receive_window(CapIndex table, uint64_t first, uint64_t count) {
    if (own_buffer == nullptr) return refused({LibraryError::no_ipc_buffer});
    own_buffer->window = {table.raw(), first, count};
    return {};
}

}  // namespace sel
