// SPDX-License-Identifier: BSD-2-Clause
// Bytes, long messages and capabilities: what does not fit into registers.

#include <sel/rpc_wire.hpp>

namespace sel::rpc {

void Writer::buffer_word(uint64_t value) {
    IpcBuffer* buffer = ipc_buffer();
    if (buffer == nullptr) {
        error_ = Error(LibraryError::no_ipc_buffer);
    } else {
        // A signature has no more words than a message.
        buffer->words[length_ - abi::register_words] = value;
    }
}

void Writer::bytes(const void* first, size_t size) {
    const auto* next = static_cast<const char*>(first);
    while (size != 0) {
        const size_t count = std::min<size_t>(size, 8);
        uint64_t eight = 0;
        std::memcpy(&eight, next, count);
        word(eight);
        next += count;
        size -= count;
    }
}

void Writer::item(const abi::MessageItem& item) {
    IpcBuffer* buffer = ipc_buffer();
    if (buffer == nullptr) {
        error_ = Error(LibraryError::no_ipc_buffer);
    } else {
        buffer->items[items_++] = item;
    }
}

void Reader::bytes(void* first, size_t size) {
    auto* next = static_cast<char*>(first);
    while (size != 0) {
        const size_t count = std::min<size_t>(size, 8);
        const uint64_t eight = word();
        std::memcpy(next, &eight, count);
        next += count;
        size -= count;
    }
}

}  // namespace sel::rpc
