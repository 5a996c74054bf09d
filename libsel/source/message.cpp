// SPDX-License-Identifier: BSD-2-Clause
// Where the words of a message are: the first eight in the object, the others in the IPC buffer.

#include <sel/message.hpp>

#include <cstring>

namespace sel {

uint64_t Message::buffer_word(uint32_t index) { return ipc_buffer()->words[index - abi::register_words]; }

Result<void> Message::append(uint64_t word) {
    const uint32_t index = length();
    if (index == abi::message_words) {
        return refused({abi::ErrorCode::message_too_long, abi::message_words + 1, abi::message_words});
    }
    if (index < abi::register_words) {
        words_[index] = word;
    } else if (IpcBuffer* buffer = ipc_buffer(); buffer != nullptr) {
        buffer->words[index - abi::register_words] = word;
    } else {
        return refused({LibraryError::no_ipc_buffer});
    }
    tag_ = tag_.with_length(index + 1);
    return {};
}

Result<void> Message::append(const abi::MessageItem& item) {
    const uint32_t index = items();
    if (index == abi::message_items) {
        return refused({abi::ErrorCode::message_too_long, abi::message_items + 1, abi::message_items});
    }
    IpcBuffer* buffer = ipc_buffer();
    if (buffer == nullptr) {
        return refused({LibraryError::no_ipc_buffer});
    }
    buffer->items[index] = item;
    tag_ = tag_.with_items(index + 1);
    return {};
}

Result<void> Message::append(std::string_view bytes) {
    const uint64_t needed = length() + words_for(bytes.size());
    if (needed > abi::message_words) {
        return refused({abi::ErrorCode::message_too_long, needed, abi::message_words});
    }
    if (needed > abi::register_words && ipc_buffer() == nullptr) {
        return refused({LibraryError::no_ipc_buffer});
    }
    SEL_TRY_VOID(append(uint64_t{bytes.size()}));
    while (!bytes.empty()) {
        uint64_t word = 0;
        bytes.remove_prefix(bytes.copy(reinterpret_cast<char*>(&word), sizeof word));
        SEL_TRY_VOID(append(word));
    }
    return {};
}

Result<std::string_view> Message::bytes(uint32_t index, std::span<char> destination) const {
    const uint64_t size = word(index);
    if (index >= length() || size > destination.size() || index + words_for(size) > length()) {
        return refused({LibraryError::unexpected_message, label(), length()});
    }
    for (uint64_t copied = 0; copied < size; copied += 8) {
        const uint64_t eight = word(++index);
        std::memcpy(destination.data() + copied, &eight, std::min<uint64_t>(8, size - copied));
    }
    return std::string_view(destination.data(), size);
}

}  // namespace sel
