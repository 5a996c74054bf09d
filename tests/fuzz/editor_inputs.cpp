// SPDX-License-Identifier: BSD-2-Clause
// Bytes as what an editor and device trees may say to the compiler: it answers each request, once, in the protocol's form.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "machine_questions.hpp"
#include "tool/language_server.hpp"

namespace selene::fuzz {

namespace {

using Json = nlohmann::json;

constexpr const char* uri = "file:///nowhere/spec.cdl";

void hold(bool promise, const char* what) {
    if (!promise) throw std::runtime_error(what);
}

std::vector<std::string> pieces_of(Input input) {
    std::vector<std::string> pieces(1);
    for (const uint8_t byte : input) {
        if (byte == 0) {
            pieces.emplace_back();
        } else {
            pieces.back() += static_cast<char>(byte);
        }
    }
    return pieces;
}

std::string framed(const std::string& text) {
    return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

std::string framed(const Json& message) { return framed(message.dump(-1, ' ', false, Json::error_handler_t::replace)); }

/// What an editor sends, and how many requests are in it.
struct Said {
    std::string bytes;
    unsigned requests = 0;
    unsigned broken = 0;  ///< messages that are none: each gets an error, too
};

void add_text(Said& said, const char* method, const std::string& text) {
    const Json document{{"uri", uri}, {"text", text}};
    said.bytes += framed(
        Json{{"method", method}, {"params", {{"textDocument", document}, {"contentChanges", {{{"text", text}}}}}}});
}

// A letter for the method, line and column, and the rest for what it takes.
void add_request(Said& said, const std::string& piece) {
    const auto byte = [&](size_t at) { return at < piece.size() ? static_cast<uint8_t>(piece[at]) - 32 : 0; };
    const std::string rest = piece.substr(std::min<size_t>(piece.size(), 3));
    const char* methods[] = {"hover", "definition", "rename", "formatting"};
    const Json parameters{
        {"textDocument", {{"uri", uri}}}, {"position", {{"line", byte(1)}, {"character", byte(2)}}}, {"newName", rest}};
    const std::string method = std::string("textDocument/") + methods[static_cast<uint8_t>(piece[0]) % 4];
    said.bytes += framed(Json{{"id", ++said.requests}, {"method", method}, {"params", parameters}});
}

Said said_by(const std::vector<std::string>& pieces) {
    Said said;
    add_text(said, "textDocument/didOpen", pieces.front());
    for (size_t index = 1; index < pieces.size(); ++index) {
        const std::string& piece = pieces[index];
        if (piece.starts_with('c')) {
            add_text(said, "textDocument/didChange", piece.substr(1));
        } else if (piece.starts_with('{')) {
            const Json message = Json::parse(piece, nullptr, false);
            if (message.is_object() && message.value("method", Json()) == "exit") continue;
            said.bytes += framed(piece);
            said.broken += message.is_object() ? 0 : 1;
            said.requests += message.is_object() && message.contains("id") ? 1 : 0;
        } else if (!piece.empty()) {
            add_request(said, piece);
        }
    }
    said.bytes += framed(Json{{"id", "last"}, {"method", "shutdown"}}) + framed(Json{{"method", "exit"}});
    ++said.requests;
    return said;
}

std::string answers_to(std::string bytes) {
    char* text = nullptr;
    size_t size = 0;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(fmemopen(bytes.data(), bytes.size(), "r"), std::fclose);
    std::FILE* out = open_memstream(&text, &size);
    const int code = capdl::LanguageServer(in.get(), out).run();
    std::fclose(out);
    const std::string answers(text, size);
    std::free(text);
    hold(code == 0, "the server did not end when it was told to");
    return answers;
}

}  // namespace

Played play_editors(Input input) {
    const Said said = said_by(pieces_of(input));
    const std::string answers = answers_to(said.bytes);
    constexpr std::string_view header = "Content-Length: ";
    unsigned answered = 0;
    unsigned obeyed = 0;
    for (size_t at = 0; at < answers.size();) {
        hold(answers.compare(at, header.size(), header) == 0, "an answer without its length");
        const size_t length = std::stoul(answers.substr(at + header.size()));
        at = answers.find("\r\n\r\n", at) + 4;
        const Json message = Json::parse(answers.substr(at, length));
        at += length;
        answered += message.contains("id") ? 1 : 0;
        obeyed += message.contains("result") && !message["result"].is_null() ? 1 : 0;
    }
    hold(answered == said.requests + said.broken, "not one answer for each request");
    return {said.requests, obeyed};
}

Played play_machines(Input input) {
    return {1, capdl::test::read_and_ask(std::string(input.begin(), input.end())) ? 1u : 0u};
}

}  // namespace selene::fuzz
