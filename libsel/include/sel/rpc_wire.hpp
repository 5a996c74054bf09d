// SPDX-License-Identifier: BSD-2-Clause
// What can be an argument or a result of a remote call, and how it lies in a message.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <sel/ipc_buffer.hpp>
#include <sel/message.hpp>
#include <sel/objects.hpp>

namespace sel::rpc {

//     in the signature     the sender gives              the receiver gets          in the message
//     integer, enum, bool  the same                      the same                   a word, sign-extended
//     struct of these      the same                      the same                   its bytes, eight in a word
//     Text<most>           std::string_view              std::string_view           a word with the number, the bytes
//     Items<T, most>       std::span<const T>            std::span<const T>         a word with the number, the items
//     Buffer               Region::buffer(part)          Region::at(buffer)         two words: offset, bytes
//     Mapped<T>            Mapped{capability, rights}    a T in a slot of its own   an item; no word
//     Granted<T>           Granted{capability}           a T in a slot of its own   an item; no word
//
// A number that its type does not have (256 for a uint8_t, 2 for a bool), more items than the signature allows, words
// too few or too many: such a message is not understood. An enumerator may be one that the enumeration lacks.

/// Example: a protocol with every kind of argument.
///
///     namespace store {
///     inline constexpr sel::rpc::Method<1, uint64_t(sel::rpc::Text<32>, sel::rpc::Items<uint64_t, 16>)> put;
///     inline constexpr sel::rpc::Method<2, sel::rpc::Mapped<sel::Frame>(sel::rpc::Granted<sel::Notification>)> watch;
///     inline constexpr sel::rpc::Method<3, uint64_t(sel::rpc::Buffer)> sum;
///     }  // namespace store
/// What travels as words: an integer, an enumeration, or a plain struct whose bytes all mean something: without
/// bool, of which a hostile partner could make one that is neither true nor false.
template <typename T>
concept Value = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T> &&
                std::default_initializable<T> && !std::is_pointer_v<T> && !std::derived_from<T, stub::Capability>;

/// Up to `most` items, with their memory. A handler returns one: `return sel::rpc::Text<32>::of(name);`
template <Value T, size_t most, typename View>
class Bounded {
    static_assert(!std::is_same_v<T, bool>, "a bool that is neither 0 nor 1 would not be noticed: use uint8_t");

public:
    constexpr Bounded() = default;

    /// A copy. Errors: message_too_long with the number of items and the limit.
    [[nodiscard]] static constexpr Result<Bounded> of(View items) {
        if (items.size() > most) return refused({abi::ErrorCode::message_too_long, items.size(), most});
        Bounded copy;
        std::copy(items.begin(), items.end(), copy.items_.begin());
        copy.size_ = items.size();
        return copy;
    }

    [[nodiscard]] constexpr View view() const { return View(items_.data(), size_); }

private:
    friend class Reader;
    std::array<T, most> items_{};
    size_t size_ = 0;
};

template <size_t most>
using Text = Bounded<char, most, std::string_view>;
template <typename T, size_t most>
using Items = Bounded<T, most, std::span<const T>>;

/// The receiver gets a child of a capability, with these rights or fewer.
template <std::derived_from<stub::Capability> T>
struct Mapped {
    T capability;
    abi::RightsMask rights;
    uint64_t badge = 0;

    [[nodiscard]] abi::MessageItem item() const { return mapped_item(capability.index(), rights, badge); }
};

/// The receiver gets the capability itself; the sender has it no more once the message has arrived.
template <std::derived_from<stub::Capability> T>
struct Granted {
    T capability;

    [[nodiscard]] abi::MessageItem item() const { return granted_item(capability.index()); }
};

/// A part of memory that client and server share: what is too large to be copied into a message stays there.
struct Buffer {
    uint64_t offset;
    uint64_t bytes;
};

/// Shared memory as one side sees it. What the other side writes there may change at any time: copy, then check.
class Region {
public:
    constexpr Region() = default;
    explicit constexpr Region(std::span<std::byte> memory) : memory_(memory) {}

    /// What a partner's buffer means here. Errors: outside_region.
    [[nodiscard]] constexpr Result<std::span<std::byte>> at(Buffer buffer) const {
        if (buffer.offset > memory_.size() || buffer.bytes > memory_.size() - buffer.offset) {
            return refused({LibraryError::outside_region, buffer.offset, buffer.bytes});
        }
        return memory_.subspan(buffer.offset, buffer.bytes);
    }

    /// A part of it, to be sent. The part must lie within.
    [[nodiscard]] Buffer buffer(std::span<const std::byte> part) const {
        return {static_cast<uint64_t>(part.data() - memory_.data()), part.size()};
    }

private:
    std::span<std::byte> memory_;
};

/// Makes a message of values. It keeps the first refusal for the end.
class Writer {
public:
    [[gnu::always_inline]] void word(uint64_t value) {
        if (length_ < abi::register_words) {
            words_[length_] = value;
        } else {
            buffer_word(value);
        }
        ++length_;
    }
    /// Bytes, eight in a word, the last padded with zeros.
    void bytes(const void* first, size_t size);
    void item(const abi::MessageItem& item);
    /// `size` items are more than the `most` of the signature.
    void too_long(uint64_t size, uint64_t most) { error_ = Error(abi::ErrorCode::message_too_long, size, most); }

    /// The message. Errors: message_too_long; no_ipc_buffer for more than eight words, or a capability.
    [[nodiscard, gnu::always_inline]] Result<Message> message(uint32_t label) const {
        if (error_.code != 0) [[unlikely]]
            return refused(error_);
        return Message(abi::Tag().with_label(label).with_length(length_).with_items(items_), words_);
    }

private:
    void buffer_word(uint64_t value);

    std::array<uint64_t, abi::register_words> words_{};
    uint32_t length_ = 0;
    uint32_t items_ = 0;
    Error error_{abi::ErrorCode{}};
};

/// Takes values out of a message whose words nobody has checked.
class Reader {
public:
    /// Capabilities of the message have arrived from slot `window` on.
    Reader(const Message& message, CapIndex window) : message_(message), window_(window) {}

    [[nodiscard, gnu::always_inline]] uint64_t word() {
        if (index_ >= message_.length()) [[unlikely]]
            failed_ = true;
        return message_.word(index_++);
    }
    void bytes(void* first, size_t size);
    template <Value T, size_t most, typename View>
    void bounded(Bounded<T, most, View>& items) {
        const uint64_t count = word();
        if (count > most) return fail();
        items.size_ = count;
        bytes(items.items_.data(), count * sizeof(T));
    }
    [[nodiscard]] CapIndex item() { return window_ + items_++; }
    void fail() { failed_ = true; }

    /// Whether all was there, and nothing is left over.
    [[nodiscard, gnu::always_inline]] bool done() const {
        return !failed_ && index_ == message_.length() && items_ == message_.items();
    }

private:
    Message message_;  // a copy, so that the original can stay in registers
    CapIndex window_;
    uint32_t index_ = 0;
    uint32_t items_ = 0;
    bool failed_ = false;
};

/// How a type of a signature travels.
template <typename T>
struct Wire {
    static_assert(Value<T>,
                  "Not for messages: padding, pointers, constructors. Capabilities travel as Mapped or Granted.");
    using Given = T;   // what the sender's function takes
    using Taken = T;   // what the receiver's function gets
    using Stored = T;  // what the receiver keeps meanwhile
    using Result = T;  // what it is as a result, for the caller
    static constexpr uint64_t most_words = (sizeof(T) + 7) / 8;
    static constexpr uint32_t items = 0;
    static constexpr bool is_fixed = true;

    [[gnu::always_inline]] static void put(Writer& writer, const T& value) {
        if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
            writer.word(static_cast<uint64_t>(value));
        } else {
            writer.bytes(&value, sizeof value);
        }
    }
    [[gnu::always_inline]] static void take(Reader& reader, T& value) {
        if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
            const uint64_t word = reader.word();
            value = static_cast<T>(word);
            if (static_cast<uint64_t>(value) != word) reader.fail();
        } else {
            reader.bytes(&value, sizeof value);
        }
    }
    [[nodiscard]] static const T& passed(const T& stored) { return stored; }
    [[nodiscard]] static const T& result(const T& stored) { return stored; }
};

template <typename T, size_t most, typename View>
struct Wire<Bounded<T, most, View>> {
    using Given = View;
    using Taken = View;
    using Stored = Bounded<T, most, View>;
    using Result = Stored;
    static constexpr uint64_t most_words = 1 + (most * sizeof(T) + 7) / 8;
    static constexpr uint32_t items = 0;
    static constexpr bool is_fixed = false;

    static void put(Writer& writer, View given) {
        if (given.size() > most) return writer.too_long(given.size(), most);
        writer.word(given.size());
        writer.bytes(given.data(), given.size() * sizeof(T));
    }
    static void put(Writer& writer, const Stored& given) { put(writer, given.view()); }
    static void take(Reader& reader, Stored& stored) { reader.bounded(stored); }
    [[nodiscard]] static View passed(const Stored& stored) { return stored.view(); }
    [[nodiscard]] static const Stored& result(const Stored& stored) { return stored; }
};

/// Capabilities, sent in either way.
template <typename T, typename Sent>
struct CapabilityWire {
    using Given = Sent;
    using Taken = T;
    using Stored = T;
    using Result = T;
    static constexpr uint64_t most_words = 0;
    static constexpr uint32_t items = 1;
    static constexpr bool is_fixed = true;

    static void put(Writer& writer, const Sent& given) { writer.item(given.item()); }
    static void take(Reader& reader, T& stored) { stored = T(reader.item()); }
    [[nodiscard]] static T passed(T stored) { return stored; }
    [[nodiscard]] static T result(T stored) { return stored; }
};
template <typename T>
struct Wire<Mapped<T>> : CapabilityWire<T, Mapped<T>> {};
template <typename T>
struct Wire<Granted<T>> : CapabilityWire<T, Granted<T>> {};

/// Several of them: the arguments of a method, or what it returns as a tuple.
template <typename... Ts>
struct WireList {
    static constexpr uint64_t most_words = (uint64_t{0} + ... + Wire<Ts>::most_words);
    static constexpr uint32_t items = (uint32_t{0} + ... + Wire<Ts>::items);
    static constexpr bool is_fixed = (true && ... && Wire<Ts>::is_fixed);
    static_assert(most_words <= abi::message_words, "more words than a message has");
    static_assert(items <= abi::message_items, "more capabilities than a message has");
    using Stored = std::tuple<typename Wire<Ts>::Stored...>;

    /// Whether a message with this tag may be one of these, but for the label.
    [[nodiscard, gnu::always_inline]] static bool fits(abi::Tag tag) {
        const abi::Tag shape = tag.with_label(0);
        if constexpr (is_fixed) return shape == abi::Tag().with_length(most_words).with_items(items);
        return shape.items() == items && (shape.raw() & abi::Tag::kernel_mask) == 0;
    }
    [[gnu::always_inline]] static void take(Reader& reader, Stored& stored) {
        std::apply([&](auto&... each) { (Wire<Ts>::take(reader, each), ...); }, stored);
    }
};

/// What a method returns: nothing, one thing, or several as a std::tuple.
template <typename R>
struct Outcome : WireList<R> {
    using Result = typename Wire<R>::Result;
    [[gnu::always_inline]] static void put(Writer& writer, const R& value) { Wire<R>::put(writer, value); }
    [[gnu::always_inline]] static Result result(const typename WireList<R>::Stored& stored) {
        return Wire<R>::result(std::get<0>(stored));
    }
};
template <>
struct Outcome<void> : WireList<> {
    using Result = void;
};
template <typename... Rs>
struct Outcome<std::tuple<Rs...>> : WireList<Rs...> {
    using Result = std::tuple<typename Wire<Rs>::Result...>;
    static void put(Writer& writer, const std::tuple<Rs...>& values) {
        std::apply([&](const auto&... each) { (Wire<Rs>::put(writer, each), ...); }, values);
    }
    static Result result(const typename WireList<Rs...>::Stored& stored) {
        return std::apply([](const auto&... each) { return Result(Wire<Rs>::result(each)...); }, stored);
    }
};

}  // namespace sel::rpc
