// SPDX-License-Identifier: BSD-2-Clause
// The word `lsp` of `capdl`: a language server for editors.
#include "tool/language_server.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "language/lexer.hpp"
#include "text/unicode.hpp"
#include "tool/commands.hpp"

namespace capdl {
namespace {

using Json = nlohmann::json;

// Error codes of JSON-RPC and of the protocol.
constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_parameters = -32602;
constexpr int request_failed = -32803;

struct Refusal {
    int code;
    std::string message;
};

// The protocol counts columns in UTF-16 code units.
Json position(std::string_view text, size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    uint64_t column = 0;
    for (std::string_view rest = before.substr(line_begin); !rest.empty();) {
        const DecodedCharacter character = decode_utf8(rest);
        column += character.valid && character.code > 0xFFFF ? 2 : 1;
        rest.remove_prefix(character.length);
    }
    return {{"line", std::ranges::count(before, '\n')}, {"character", column}};
}

Json range(std::string_view text, size_t begin, size_t end) {
    return {{"start", position(text, begin)}, {"end", position(text, end)}};
}

// A place's line or column: whole and not negative, as the protocol says.
uint64_t count_in(const Json& place, const char* key) {
    const Json& number = place.at(key);
    if (!number.is_number_integer() || number < 0) {
        throw Refusal{invalid_parameters, fmt::format("`{}` is no count", key)};
    }
    return number.get<uint64_t>();
}

size_t offset_of(std::string_view text, const Json& place) {
    size_t offset = 0;
    for (uint64_t line = count_in(place, "line"); line != 0; --line) {
        const size_t end = text.find('\n', offset);
        if (end == std::string_view::npos) {
            return text.size();
        }
        offset = end + 1;
    }
    const uint64_t column = count_in(place, "character");
    for (uint64_t at = 0; at < column && offset < text.size() && text[offset] != '\n';) {
        const DecodedCharacter character = decode_utf8(text.substr(offset));
        at += character.valid && character.code > 0xFFFF ? 2 : 1;
        offset += character.length;
    }
    return offset;
}

// "file:///a%20b" as a path.
std::string path_of(const std::string& uri) {
    constexpr std::string_view scheme = "file://";
    const std::string_view rest = uri.starts_with(scheme) ? std::string_view(uri).substr(scheme.size()) : uri;
    std::string path;
    for (size_t at = 0; at < rest.size(); ++at) {
        unsigned code = 0;
        if (rest[at] == '%' && at + 2 < rest.size() &&
            std::from_chars(rest.data() + at + 1, rest.data() + at + 3, code, 16).ptr == rest.data() + at + 3) {
            path += static_cast<char>(code);
            at += 2;
        } else {
            path += rest[at];
        }
    }
    return path;
}

// And back. "Uniform Resource Identifier (URI): Generic Syntax", 2.3 "Unreserved Characters".
std::string uri_of(const std::string& path) {
    std::string uri = "file://";
    for (const char byte : path) {
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') ||
                           std::string_view("-._~/").find(byte) != std::string_view::npos;
        uri += plain ? std::string(1, byte) : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
    return uri;
}

}  // namespace

int lsp(const Options&) { return LanguageServer(stdin, stdout).run(); }

int LanguageServer::run() {
    while (!ended_) {
        const std::optional<std::string> text = read_message();
        if (!text) {
            return refused;
        }
        bool is_too_deep = false;
        const auto look = [&](int depth, Json::parse_event_t, const Json&) {
            is_too_deep = is_too_deep || depth > nesting_limit;
            return !is_too_deep;
        };
        const Json message = Json::parse(*text, look, false);
        if (is_too_deep || message.is_discarded() || !message.is_object()) {
            write({{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", parse_error}, {"message", "no message"}}}});
            continue;
        }
        handle(message);
    }
    return shut_down_ ? done : refused;
}

// Headers, each on a line; an empty line; as many bytes as they say.
std::optional<std::string> LanguageServer::read_message() {
    constexpr std::string_view length_header = "Content-Length: ";
    size_t length = 0;
    for (std::string line;;) {
        const int byte = std::fgetc(in_);
        if (line.size() > header_limit) {
            fmt::print(stderr, "capdl: a header of more than {} bytes\n", header_limit);
            return std::nullopt;
        }
        if (byte == EOF) {
            return std::nullopt;
        }
        if (byte != '\n') {
            line += static_cast<char>(byte);
            continue;
        }
        if (line.empty() || line == "\r") {
            break;
        }
        if (line.starts_with(length_header)) {
            std::from_chars(line.data() + length_header.size(), line.data() + line.size(), length);
        }
        line.clear();
    }
    if (length > message_limit) {
        fmt::print(stderr, "capdl: a message of {} bytes, more than {}\n", length, message_limit);
        return std::nullopt;
    }
    std::string text(length, '\0');
    return std::fread(text.data(), 1, length, in_) == length ? std::optional(std::move(text)) : std::nullopt;
}

void LanguageServer::write(const Json& message) {
    const std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
    fmt::print(out_, "Content-Length: {}\r\n\r\n{}", text.size(), text);
    std::fflush(out_);
}

void LanguageServer::handle(const Json& message) {
    const bool is_request = message.contains("id");
    Json reply{{"jsonrpc", "2.0"}, {"id", nullptr}};
    if (is_request && message["id"].is_structured()) {
        reply["error"] = {{"code", invalid_request}, {"message", "an id is a string or a number"}};
        write(reply);
        return;
    }
    try {
        if (is_request) {
            reply["id"] = message["id"];
        }
        const std::string method = message.value("method", "");
        const Json parameters = message.value("params", Json::object());
        if (!is_request) {
            notify(method, parameters);
            return;
        }
        reply["result"] = answer(method, parameters);
    } catch (const Refusal& refusal) {
        reply["error"] = {{"code", refusal.code}, {"message", refusal.message}};
    } catch (const Json::exception& wrong) {
        reply["error"] = {{"code", invalid_parameters}, {"message", wrong.what()}};
    }
    if (is_request) {
        write(reply);
    }
}

Json LanguageServer::answer(const std::string& method, const Json& parameters) {
    if (method == "initialize") {
        constexpr int full_text = 1;
        return {{"capabilities",
                 {{"textDocumentSync", full_text},
                  {"hoverProvider", true},
                  {"definitionProvider", true},
                  {"renameProvider", true},
                  {"documentFormattingProvider", true}}},
                {"serverInfo", {{"name", "capdl"}}}};
    }
    if (method == "shutdown") {
        shut_down_ = true;
        return nullptr;
    }
    if (method == "textDocument/hover") {
        return hover(parameters);
    }
    if (method == "textDocument/definition") {
        return definition(parameters);
    }
    if (method == "textDocument/rename") {
        return rename(parameters);
    }
    if (method == "textDocument/formatting") {
        return formatting(parameters);
    }
    throw Refusal{method_not_found, fmt::format("there is no method {}", method)};
}

void LanguageServer::notify(const std::string& method, const Json& parameters) {
    if (method == "exit") {
        ended_ = true;
    } else if (method == "textDocument/didOpen" || method == "textDocument/didChange") {
        const Json& named = parameters.at("textDocument");
        const std::string uri = named.at("uri");
        std::string text;
        if (method == "textDocument/didOpen") {
            text = named.at("text");
        } else {
            const Json& changes = parameters.at("contentChanges");
            text = changes.at(changes.size() - 1).at("text");
        }
        documents_[uri] = std::make_unique<Document>(path_of(uri), text);
        publish(uri);
    } else if (method == "textDocument/didClose") {
        documents_.erase(parameters.at("textDocument").at("uri").get<std::string>());
    }
}

// Messages about included files are told at the file that includes them.
void LanguageServer::publish(const std::string& uri) {
    Document& open = *documents_.at(uri);
    const Json all = Json::parse(open.compilation().diagnostics().render_json());
    Json list = Json::array();
    for (const Json& each : all.at("diagnostics")) {
        const auto place = [](const Json& from, const char* line, const char* column) -> Json {
            return {{"line", from.value(line, 1) - 1}, {"character", from.value(column, 1) - 1}};
        };
        std::string message = each.at("message");
        message += each.contains("hint") ? "\n" + each.at("hint").get<std::string>() : "";
        const bool elsewhere = each.contains("file") && each.at("file") != path_of(uri);
        message += elsewhere ? fmt::format("\nin {}", each.at("file").get<std::string>()) : "";
        Json entry{{"severity", each.at("severity") == "error" ? 1 : 2}, {"source", "capdl"}, {"message", message}};
        entry["range"] =
            elsewhere ? range({}, 0, 0)
                      : Json{{"start", place(each, "line", "column")}, {"end", place(each, "end_line", "end_column")}};
        if (each.contains("name")) {
            entry["code"] = each.at("name");
        }
        list.push_back(std::move(entry));
    }
    write({{"jsonrpc", "2.0"},
           {"method", "textDocument/publishDiagnostics"},
           {"params", {{"uri", uri}, {"diagnostics", std::move(list)}}}});
}

// --- Requests about a place --------------------------------------------------------------------------------------------

Document* LanguageServer::document(const Json& parameters) {
    const auto open = documents_.find(parameters.at("textDocument").at("uri").get<std::string>());
    if (open == documents_.end()) {
        throw Refusal{request_failed, "this file is not open"};
    }
    return open->second.get();
}

Json LanguageServer::hover(const Json& parameters) {
    const Document* open = document(parameters);
    const auto mention = open->mention_at(offset_of(open->text(), parameters.at("position")));
    const std::string text = mention ? open->explanation(*mention) : std::string();
    if (text.empty()) {
        return nullptr;
    }
    return {{"contents", {{"kind", "markdown"}, {"value", text}}},
            {"range", range(open->text(), mention->begin, mention->begin + mention->length)}};
}

Json LanguageServer::definition(const Json& parameters) {
    const Document* open = document(parameters);
    const auto mention = open->mention_at(offset_of(open->text(), parameters.at("position")));
    const auto place = mention ? open->definition(*mention) : std::nullopt;
    if (!place) {
        return nullptr;
    }
    return {{"uri", uri_around(*open, *place, parameters)},
            {"range", range(open->text_around(*place), place->begin, place->begin + place->length)}};
}

// The client's own word for the open file, whatever others there are for it.
std::string LanguageServer::uri_around(const Document& open, const Document::Mention& mention, const Json& parameters) {
    return mention.file.exists() ? uri_of(open.path_around(mention))
                                 : parameters.at("textDocument").at("uri").get<std::string>();
}

Json LanguageServer::rename(const Json& parameters) {
    const Document* open = document(parameters);
    const auto mention = open->mention_at(offset_of(open->text(), parameters.at("position")));
    const std::string name = parameters.at("newName");
    SourceMap sources;
    Diagnostics diagnostics(sources);
    Lexer lexer(sources, sources.add("name", name), diagnostics);
    const Token only = lexer.next();
    if (only.kind != TokenKind::identifier || only.text != name || name == "objects" || name == "caps") {
        throw Refusal{request_failed, fmt::format("`{}` is not a name", name)};
    }
    const std::vector<Document::Mention> places =
        mention ? open->places_of(*mention) : std::vector<Document::Mention>();
    if (places.empty()) {
        throw Refusal{request_failed, "this cannot be renamed"};
    }
    Json changes = Json::object();
    for (const Document::Mention& place : places) {
        changes[uri_around(*open, place, parameters)].push_back(
            {{"range", range(open->text_around(place), place.begin, place.begin + place.length)}, {"newText", name}});
    }
    return {{"changes", changes}};
}

Json LanguageServer::formatting(const Json& parameters) {
    const Document* open = document(parameters);
    const std::optional<std::string> text = open->formatted();
    if (!text) {
        throw Refusal{request_failed, "a spec with mistakes is not laid out"};
    }
    Json edits = Json::array();
    if (*text != open->text()) {
        edits.push_back({{"range", range(open->text(), 0, open->text().size())}, {"newText", *text}});
    }
    return edits;
}

}  // namespace capdl
