# SPDX-License-Identifier: BSD-2-Clause
"""The language server of `capdl`, driven as an editor does it.

Environment: CAPDL, the program.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from random import Random
from typing import Any

CAPDL = os.environ["CAPDL"]
URI = "file:///tmp/with%20blank/test.cdl"
SPEC = """arch aarch64
objects { bell = notification öl = ep t[2] = cnode (4 bits) }
caps {
    t[0] { 1: ring = bell (W) 2: öl (R) }
    t[1] { 1: <ring> 2: bell (R) 3: t[] }
}
components { sink = "sink.elf" { own = ep input: bell (R) } tap = "tap.elf" { other: sink.own (W) } }
"""


class Editor:
    """A client: writes messages, reads what comes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([CAPDL, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.uri = URI

    def send(self, message: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        text = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        header = self.process.stdout.readline()
        assert header.startswith(b"Content-Length: "), header
        assert self.process.stdout.readline() == b"\r\n"
        return json.loads(self.process.stdout.read(int(header.split()[1])))

    def request(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": parameters})
        answer = self.receive()
        assert answer["id"] == self.number, answer
        return answer

    def at(self, method: str, line: int, character: int, **more: Any) -> dict[str, Any]:
        place = {"line": line, "character": character}
        return self.request(f"textDocument/{method}", textDocument={"uri": self.uri}, position=place, **more)

    def open(self, text: str) -> list[dict[str, Any]]:
        document = {"uri": self.uri, "languageId": "capdl", "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return self.diagnostics()

    def change(self, text: str) -> list[dict[str, Any]]:
        document = {"uri": self.uri, "version": 2}
        self.send({"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": [{"text": text}]}})
        return self.diagnostics()

    def diagnostics(self) -> list[dict[str, Any]]:
        message = self.receive()
        assert message["method"] == "textDocument/publishDiagnostics", message
        assert message["params"]["uri"] == self.uri
        return message["params"]["diagnostics"]


def apply(text: str, edits: list[dict[str, Any]]) -> str:
    """The text with the edits made."""
    lines = text.split("\n")

    def offset(place: dict[str, int]) -> int:
        return sum(len(line) + 1 for line in lines[: place["line"]]) + place["character"]

    for edit in sorted(edits, key=lambda edit: offset(edit["range"]["start"]), reverse=True):
        text = text[: offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]) :]
    return text


class LanguageServerTest(unittest.TestCase):
    """One server for each test."""

    def setUp(self) -> None:
        """A server that is initialized."""
        self.editor = Editor()
        self.addCleanup(self.end)
        capabilities = self.editor.request("initialize", capabilities={})["result"]["capabilities"]
        self.assertTrue(capabilities["hoverProvider"] and capabilities["renameProvider"])
        self.editor.send({"method": "initialized", "params": {}})

    def end(self) -> None:
        """Shut down, exit, and it is gone, well."""
        self.assertIsNone(self.editor.request("shutdown")["result"])
        self.editor.send({"method": "exit"})
        self.assertEqual(self.editor.process.wait(timeout=30), 0)
        for stream in (self.editor.process.stdin, self.editor.process.stdout):
            assert stream is not None
            stream.close()

    def test_diagnostics_follow_the_text(self) -> None:
        """With place, severity, and the suggestion; none when all is well."""
        self.assertEqual(self.editor.open(SPEC), [])
        found = self.editor.change(SPEC.replace("2: bell", "2: bel"))
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["range"], {"start": {"line": 4, "character": 24}, "end": {"line": 4, "character": 27}})
        self.assertEqual(found[0]["severity"], 1)
        self.assertEqual(found[0]["message"], "there is no object `bel`\ndid you mean `bell`?")
        odd = self.editor.change("arch aarch64 objects { a = ep }")
        self.assertEqual([(each["severity"], each["code"]) for each in odd], [(2, "unreachable")])
        self.assertEqual(self.editor.change(SPEC), [])

    def test_hover_says_what_it_is_and_who_holds_it(self) -> None:
        """Type, slots, holders; nothing where there is no name."""
        self.editor.open(SPEC)
        bell = self.editor.at("hover", 3, 22)["result"]["contents"]["value"]
        self.assertTrue(bell.startswith("`bell`: a notification (notification)"), bell)
        self.assertIn("slot 1 of t[0] holds bell (W)", bell)
        self.assertIn("slot 1 of sink.cnode holds sink.own", self.editor.at("hover", 6, 14)["result"]["contents"]["value"])
        self.assertIsNone(self.editor.at("hover", 0, 1)["result"])

    def test_definition(self) -> None:
        """Of objects, capabilities and what belongs to components."""
        self.editor.open(SPEC)

        def place(line: int, character: int) -> tuple[int, int, int]:
            found = self.editor.at("definition", line, character)["result"]["range"]
            return found["start"]["line"], found["start"]["character"], found["end"]["character"]

        self.assertEqual(place(4, 25), (1, 10, 14))
        self.assertEqual(place(3, 33), (1, 30, 32))
        self.assertEqual(place(4, 16), (3, 14, 18))
        self.assertEqual(place(6, 88), (6, 33, 36))
        self.assertIsNone(self.editor.at("definition", 0, 0)["result"])

    def test_rename(self) -> None:
        """Every mention and nothing else; what cannot be renamed is refused."""
        self.editor.open(SPEC)

        def renamed(line: int, character: int, name: str) -> str:
            return apply(SPEC, self.editor.at("rename", line, character, newName=name)["result"]["changes"][URI])

        self.assertEqual(renamed(1, 11, "gong"), SPEC.replace("bell", "gong"))
        self.assertEqual(renamed(4, 17, "rung"), SPEC.replace("ring", "rung"))
        self.assertEqual(renamed(6, 14, "drain"), SPEC.replace("sink =", "drain =").replace("sink.own", "drain.own"))
        self.assertEqual(self.editor.change(renamed(6, 14, "drain")), [])
        for name in ("", "a b", "1a", "objects", "x--\n"):
            self.assertIn("is not a name", self.editor.at("rename", 1, 11, newName=name)["error"]["message"])
        self.assertIn("cannot be renamed", self.editor.at("rename", 0, 0, newName="x")["error"]["message"])

    def test_included_files(self) -> None:
        """Definitions lie there, names change there, mistakes are told with their file."""
        with tempfile.TemporaryDirectory() as folder:
            uri = Path(folder, "with blank.cdl").as_uri()
            part = Path(folder, "the part.cdl")
            part.write_text("arch aarch64\nobjects { bell = notification }\ncaps { t { 1: bell (W) } }\n", encoding="utf-8")
            text = 'arch aarch64 include "the part.cdl"\nobjects { t = cnode (2 bits) }\ncaps { t { 2: bell (R) 3: t } }\n'
            self.editor.uri = uri
            self.assertEqual(self.editor.open(text), [])
            found = self.editor.at("definition", 2, 16)["result"]
            self.assertEqual(found, {"uri": part.as_uri(), "range": {"start": {"line": 1, "character": 10}, "end": {"line": 1, "character": 14}}})
            self.assertIn("slot 1 of t holds bell (W)", self.editor.at("hover", 2, 16)["result"]["contents"]["value"])
            changes = self.editor.at("rename", 2, 16, newName="gong")["result"]["changes"]
            self.assertEqual(apply(text, changes[uri]), text.replace("bell", "gong"))
            before = part.read_text(encoding="utf-8")
            self.assertEqual(apply(before, changes[part.as_uri()]), before.replace("bell", "gong"))
            part.write_text("objects { bell = notifcation }", encoding="utf-8")
            told = self.editor.change(text)
            self.assertEqual([each["message"] for each in told], [f"`notifcation` is not an object type\ndid you mean `notification`?\nin {part}"])
            self.assertEqual(told[0]["range"]["start"], {"line": 0, "character": 0})

    def test_components(self) -> None:
        """Their parts have a hover and a definition; their programs need not be there."""
        self.editor.open(SPEC)
        self.assertIn("`sink.cnode`", self.editor.at("hover", 6, 15)["result"]["contents"]["value"])
        found = self.editor.change(SPEC + "policies { isolated sink, tap }\n")
        self.assertEqual([each["severity"] for each in found], [1, 1])
        self.assertIn("can affect", found[0]["message"])

    def test_any_message_is_survived(self) -> None:
        """Texts changed at random, places anywhere, parameters of any shape: an answer to each request."""
        random = Random(7)
        shapes: list[Any] = [None, 3, -1, 1 << 70, "x", [], {}, [{}], {"uri": URI}, {"line": -1, "character": 0}, True]
        text = SPEC
        self.editor.open(text)
        for _ in range(300):
            begin, length = random.randrange(len(text) + 1), random.randrange(12)
            text = text[:begin] + random.choice(["", "}", "{ ", '"', "/*", "sink", "[9", "\x00", "é", SPEC]) + text[begin + length :]
            text = text[:4000]
            self.editor.change(text)
            method = random.choice(["hover", "definition", "rename", "formatting"])
            place = {"line": random.randrange(12), "character": random.randrange(40)}
            parameters = {"textDocument": {"uri": URI}, "position": place, "newName": "x"}
            if random.random() < 0.3:
                parameters[random.choice(list(parameters))] = random.choice(shapes)
            answer = self.editor.request(f"textDocument/{method}", **parameters)
            self.assertTrue("result" in answer or "error" in answer)

    def test_formatting(self) -> None:
        """One edit for all, none when nothing changes, none of a spec with mistakes."""
        self.editor.open("arch aarch64 objects {t=cnode(4 bits)}caps{t{t}}")
        ask = {"textDocument": {"uri": URI}, "options": {"tabSize": 4, "insertSpaces": True}}
        edits = self.editor.request("textDocument/formatting", **ask)["result"]
        self.assertEqual(edits[0]["newText"], "arch aarch64\n\nobjects { t = cnode (4 bits) }\n\ncaps { t { t } }\n")
        self.editor.change(edits[0]["newText"])
        self.assertEqual(self.editor.request("textDocument/formatting", **ask)["result"], [])
        self.editor.change("arch aarch64 objects {")
        self.assertIn("mistakes", self.editor.request("textDocument/formatting", **ask)["error"]["message"])

    def test_long_messages_end_the_server(self) -> None:
        """With a sentence that has the limit in it; nothing is reserved for what was announced."""
        for sent, said in (
            (b"Content-Length: 99999999999999\r\n\r\n", b"capdl: a message of 99999999999999 bytes, more than 67108864\n"),
            (b"x" * 2000, b"capdl: a header of more than 1000 bytes\n"),
        ):
            done = subprocess.run([CAPDL, "lsp"], input=sent, capture_output=True, timeout=30, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, b"", said))

    def test_wrong_messages_are_answered(self) -> None:
        """No JSON, no method, no such file, missing parameters: an error each, and the server goes on."""
        self.editor.send(b"{")
        self.assertEqual(self.editor.receive()["error"]["code"], -32700)
        self.editor.send(b"[]")
        self.assertEqual(self.editor.receive()["error"]["code"], -32700)
        self.editor.send(b'{"id": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b', "method": "shutdown"}')
        self.assertEqual(self.editor.receive()["error"]["code"], -32700)
        self.editor.send({"id": [1], "method": "shutdown"})
        self.assertEqual(self.editor.receive()["error"]["code"], -32600)
        self.editor.send({"id": 9, "method": 9})
        self.assertEqual(self.editor.receive()["id"], 9)
        self.assertEqual(self.editor.request("textDocument/nothing")["error"]["code"], -32601)
        self.assertEqual(self.editor.request("textDocument/hover")["error"]["code"], -32602)
        self.assertIn("not open", self.editor.at("hover", 0, 0)["error"]["message"])
        self.editor.send({"method": "textDocument/didChange", "params": {}})
        self.editor.send({"method": "textDocument/didChange", "params": {"textDocument": {"uri": URI}, "contentChanges": []}})
        self.editor.open(SPEC)
        self.assertIsNone(self.editor.at("hover", 1000, 1000)["result"])
        for wrong in (-1, 0.5, 1e99, 1 << 70, "1", None):
            self.assertEqual(self.editor.at("hover", 0, wrong)["error"]["code"], -32602)  # type: ignore[arg-type]
            self.assertEqual(self.editor.at("hover", wrong, 0)["error"]["code"], -32602)  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
