// SPDX-License-Identifier: BSD-2-Clause
// Each thread remembers where its IPC buffer is.

#include <sel/ipc_buffer.hpp>

namespace sel {

namespace {

thread_local IpcBuffer* own_buffer = nullptr;

}  // namespace

IpcBuffer* ipc_buffer() { return own_buffer; }

void set_ipc_buffer(IpcBuffer* buffer) { own_buffer = buffer; }

}  // namespace sel
