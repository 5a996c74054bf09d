// SPDX-License-Identifier: BSD-2-Clause
// The word `lsp` of `capdl`: a language server for editors.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tool/document.hpp"

namespace capdl {

/// Speaks the Language Server Protocol 3.17 over two streams: diagnostics as one types, hover, definition, rename,
/// formatting. A message that is no message gets an error; only `exit` and the end of the input end the server.
class LanguageServer {
public:
    /// A longer message, or header of a message, ends the server, which says so on standard error.
    static constexpr size_t message_limit = size_t{64} << 20;
    static constexpr size_t header_limit = 1000;
    /// A message with more brackets within each other is none.
    static constexpr int nesting_limit = 100;

    LanguageServer(std::FILE* in, std::FILE* out) : in_(in), out_(out) {}

    /// Serves until `exit`; the exit code that the protocol wants.
    int run();

private:
    using Json = nlohmann::json;

    std::optional<std::string> read_message();
    void write(const Json& message);
    void handle(const Json& message);
    Json answer(const std::string& method, const Json& parameters);
    void notify(const std::string& method, const Json& parameters);
    void publish(const std::string& uri);

    [[nodiscard]] Json hover(const Json& parameters);
    [[nodiscard]] Json definition(const Json& parameters);
    [[nodiscard]] Json rename(const Json& parameters);
    [[nodiscard]] Json formatting(const Json& parameters);
    [[nodiscard]] static std::string uri_around(const Document& open, const Document::Mention& mention,
                                                const Json& parameters);
    [[nodiscard]] Document* document(const Json& parameters);

    std::FILE* in_;
    std::FILE* out_;
    std::map<std::string, std::unique_ptr<Document>> documents_;
    bool shut_down_ = false;
    bool ended_ = false;
};

}  // namespace capdl
