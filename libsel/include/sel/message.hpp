// SPDX-License-Identifier: BSD-2-Clause
// Messages: a label, up to 120 words and up to four capabilities.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include <sel/ipc_buffer.hpp>
#include <sel/result.hpp>
#include <sel/system_call.hpp>

namespace sel {

/// A message to send, or one that was received. The first eight words are part of the object and travel in registers;
/// words from 8 on and capability items are in the thread's IPC buffer, so a thread has only one long message at a
/// time: the next system call overwrites it.
///
/// Example: a question with a name, whose answer is a number.
///
///     sel::Result<uint64_t> ask_size(sel::Endpoint server, std::string_view name) {
///         sel::Message request(1);
///         SEL_TRY_VOID(request.append(name));
///         SEL_TRY(answer, server.call(request));
///         return answer.word(0);
///     }
class Message {
public:
    constexpr Message() = default;

    /// A message of up to eight words. The label is the partners' to choose, an enumerator or a number.
    template <typename Label, std::convertible_to<uint64_t>... Words>
        requires(sizeof...(Words) <= abi::register_words)
    explicit constexpr Message(Label label, Words... words)
        : tag_(abi::Tag().with_label(static_cast<uint32_t>(label)).with_length(sizeof...(Words))),
          words_{static_cast<uint64_t>(words)...} {}

    /// As the kernel delivered it.
    constexpr Message(abi::Tag tag, const std::array<uint64_t, abi::register_words>& words)
        : tag_(tag), words_(words) {}

    [[nodiscard]] constexpr abi::Tag tag() const { return tag_; }
    [[nodiscard]] constexpr uint32_t label() const { return tag_.label(); }
    [[nodiscard]] constexpr uint32_t length() const { return tag_.length(); }
    [[nodiscard]] constexpr uint32_t items() const { return tag_.items(); }

    /// The words that travel in registers; those beyond the length are zero.
    [[nodiscard]] constexpr const std::array<uint64_t, abi::register_words>& register_words() const { return words_; }

    /// The word with this number, zero beyond the message's length.
    [[nodiscard]] constexpr uint64_t word(uint32_t index) const {
        if (index >= length()) {
            return 0;
        }
        return index < abi::register_words ? words_[index] : buffer_word(index);
    }

    /// The same, as an answer that is lost on nobody: see Endpoint::reply_receive.
    [[nodiscard]] constexpr Message must_arrive() const { return {tag_.with_must_arrive(), words_}; }

    /// Adds a word at the end.
    /// Errors: message_too_long after word 119; no_ipc_buffer for word 8 and later in a thread without.
    Result<void> append(uint64_t word);

    /// Adds a capability, mapped_item() or granted_item(); sending it takes the right G on the endpoint. Errors:
    /// message_too_long after four; no_ipc_buffer.
    Result<void> append(const abi::MessageItem& item);

    /// Adds bytes: a word with their number, then eight in a word, the first in the lowest bits.
    /// Errors: message_too_long without having changed anything; no_ipc_buffer.
    Result<void> append(std::string_view bytes);

    /// Copies the bytes that append() put into the message from word `index` on, and returns them.
    /// Errors: unexpected_message if the message or the destination is too short for as many as the first word says.
    [[nodiscard]] Result<std::string_view> bytes(uint32_t index, std::span<char> destination) const;

private:
    [[nodiscard]] static uint64_t buffer_word(uint32_t index);

    /// How many words bytes take, the word with their number included.
    static constexpr uint64_t words_for(uint64_t size) { return 1 + size / 8 + (size % 8 != 0 ? 1 : 0); }

    abi::Tag tag_;
    std::array<uint64_t, abi::register_words> words_{};
};

/// The most bytes that fit into a message as its only contents: with an IPC buffer, and without.
inline constexpr size_t message_bytes = (abi::message_words - 1) * 8;
inline constexpr size_t register_message_bytes = (abi::register_words - 1) * 8;

}  // namespace sel
