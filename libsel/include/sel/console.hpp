// SPDX-License-Identifier: BSD-2-Clause
// The console protocol: what clients send to the console server, and both sides of it as functions.
#pragma once

#include <span>
#include <string_view>

#include <sel/endpoint.hpp>
#include <sel/message.hpp>

namespace sel {

// A client calls the server through its endpoint; the badge tells the server which client it is.
//
//     operation  request                          answer
//     write      label 1, the text as bytes       label 0, word 0 the number of bytes that were taken
//     read       label 2, word 0 the most bytes   label 0, the input as bytes; waits until there is some
//
// "As bytes" is Message::append: a word with their number, then eight in a word. So up to 56 bytes travel in
// registers, and up to 952 in one call of a client with an IPC buffer; the server must have one. A request that is
// not understood is answered with label 1.
enum class ConsoleOperation : uint32_t { write = 1, read = 2 };
enum class ConsoleAnswer : uint32_t { done = 0, not_understood = 1 };

/// A client's view of a console server.
///
/// Example: a greeting, and what is typed then.
///
///     sel::Result<std::string_view> ask_name(const sel::Console& console, std::span<char> name) {
///         SEL_TRY_VOID(console.write("Who are you?\n"));
///         return console.read(name);
///     }
class Console {
public:
    constexpr Console() = default;
    constexpr explicit Console(Endpoint server) : server_(server) {}

    /// Writes all of the text, in as few calls as it takes. Rights on the endpoint: W and P.
    /// Errors: those of Endpoint::call; unexpected_message if the server does not keep to the protocol.
    Result<void> write(std::string_view text) const;

    /// Waits for input and returns the part of the buffer that holds it. Rights and errors as for write.
    [[nodiscard]] Result<std::string_view> read(std::span<char> buffer) const;

private:
    Endpoint server_;
};

}  // namespace sel
